import { setImmediate } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import type { Config } from '../../config.js';
import { createEarnerStore } from '../../earners/store.js';
import { asClientId } from '../../ids.js';
import { createQuota } from '../../issuing/quota.js';
import { RegionUnreadable } from '../../workers/ingest/region-account-sync.js';
import { ObfError } from '../../obf/errors.js';
import { createObf } from '../../obf/obf.js';
import { createLogger, describeError, type Logger } from '../../platform/logger.js';
import { createRedisClock } from '../../platform/redis-clock.js';
import { isRedisError, redisCause, RedisRefused, refusalOf } from '../../platform/redis-faults.js';
import { watchRefusals } from '../../platform/redis-health.js';
import {
  closeRedis,
  hostsOf,
  raceAbort,
  type RedisAddress,
  type RedisConnection,
} from '../../platform/redis.js';
import { createVault } from '../../platform/vault.js';
import { openQueue, openQueues, type Queues } from '../../queue/enqueue.js';
import type { QueueName } from '../../queue/jobs.js';
import type { Scheme } from '../../rules/types.js';
import type { PlanParts } from '../../scheme/make-plan.js';
import { createSchemes } from '../../scheme/schemes.js';
import { AwardInFlight } from '../../workers/in-flight.js';
import { partnerKeys } from '../../workers/partner-keys.js';
import { type Pipeline, wirePipeline } from '../../workers/pipeline.js';
import { PACE } from '../../workers/stores.js';
import type { Localized } from '../shared/words.js';
import type { Context } from './context.js';
import { Problem } from './problem.js';
import { requireReadable, requireScheme, requireSettings } from './settings.js';

const NEEDED = [
  'REDIS_URL',
  'OBF_BASE_URL',
  'OBF_CLIENT_ID',
  'OBF_CLIENT_SECRET',
  'OBF_MAX_RPS',
  'PALIER_KEY',
  'PALIER_KEY_OLD',
  'TZ_SCHEME',
];

/** Redis gave no usable answer. */
export class RedisUnusable extends Error {
  constructor(
    readonly words: Localized,
    options?: ErrorOptions,
  ) {
    super(words.en, options);
    this.name = 'RedisUnusable';
  }
}

/**
 * Opens Redis, waits for its first answer, does `work`, and closes it whatever happens.
 * @throws RedisUnusable when it does not answer within `patienceMs.redis`, lets nobody in, or fails later
 */
export async function withRedis<T>(
  { openRedis, patienceMs }: Pick<Context, 'openRedis' | 'patienceMs'>,
  address: RedisAddress,
  work: (redis: RedisConnection) => Promise<T>,
): Promise<T> {
  const redis = openRedis(address);
  // A command that gives up says only that; the connection's last error says why.
  let connectionError: unknown = null;
  redis.on('error', (error) => {
    connectionError = error;
  });
  try {
    await firstAnswer(redis, patienceMs.redis, address, () => connectionError);
    return await work(redis);
  } catch (error) {
    if (!isRedisError(error)) throw error;
    throw new RedisUnusable(failureWords(error, address), { cause: error });
  } finally {
    closeRedis(redis);
  }
}

async function firstAnswer(
  redis: RedisConnection,
  patienceMs: number,
  address: RedisAddress,
  connectionError: () => unknown,
): Promise<void> {
  const watch = watchRefusals(redis, address);
  try {
    await raceAbort(Promise.race([redis.ping(), watch.refused]), AbortSignal.timeout(patienceMs));
  } catch (error) {
    const cause = connectionError() ?? error;
    const refusal = error instanceof RedisRefused ? error : refusalOf(cause, address);
    throw new RedisUnusable(refusal?.words ?? silenceWords(cause, address), { cause: error });
  } finally {
    watch.stop();
  }
}

function silenceWords(error: unknown, address: RedisAddress): Localized {
  const { fr, en, mend } = redisCause(error);
  const where = hostsOf(address);
  return {
    fr: `Redis ne répond pas (${where}) : ${fr}. ${mend.fr}`,
    en: `Redis does not answer (${where}): ${en}. ${mend.en}`,
  };
}

/** Redis answered at first. Every command may be typed again: what was done meanwhile does no harm. */
function failureWords(error: Error, address: RedisAddress): Localized {
  const refusal = refusalOf(error, address);
  if (refusal !== null) return refusal.words;
  const { fr, en, mend } = redisCause(error);
  const where = hostsOf(address);
  return {
    fr: `Redis a fait défaut en cours de route (${where}) : ${fr}. ${mend.fr} Puis retapez la commande.`,
    en: `Redis failed on the way (${where}): ${en}. ${mend.en} Then type the command again.`,
  };
}

/** As `withRedis`, for a command that cannot go on without. @throws Problem */
export async function requireRedis<T>(
  context: Context,
  address: RedisAddress,
  work: (redis: RedisConnection) => Promise<T>,
): Promise<T> {
  try {
    return await withRedis(context, address, work);
  } catch (error) {
    if (!(error instanceof RedisUnusable)) throw error;
    throw new Problem('redis_silent', [error.words], { cause: error });
  }
}

/** For the parts below: a command itself says what went wrong. */
const silentLog = (): Logger => createLogger('silent', 'cli', { write: () => undefined });

/** Opens a queue, does `work`, and closes it; the connection stays the caller's. */
export async function withQueue<T>(
  { queuePrefix }: Pick<Context, 'queuePrefix'>,
  redis: RedisConnection,
  name: QueueName,
  work: (queue: Queue) => Promise<T>,
): Promise<T> {
  const queue = openQueue(name, redis, silentLog(), queuePrefix);
  try {
    return await work(queue);
  } finally {
    await queue.close();
  }
}

/** As `withQueue`, for all of them. */
export async function withQueues<T>(
  { queuePrefix }: Pick<Context, 'queuePrefix'>,
  redis: RedisConnection,
  work: (queues: Queues) => Promise<T>,
): Promise<T> {
  const queues = openQueues((name) => openQueue(name, redis, silentLog(), queuePrefix));
  try {
    return await work(queues);
  } finally {
    await Promise.all(Object.values(queues).map((queue) => queue.close()));
  }
}

/** Issuing is the queue of awards: notices and evaluation go on while it is paused. */
export const isIssuingPaused = (
  context: Pick<Context, 'queuePrefix'>,
  redis: RedisConnection,
): Promise<boolean> => withQueue(context, redis, 'awards', (awards) => awards.isPaused());

/**
 * Wires the pipeline without starting a worker, does `work`, and closes what was opened.
 * A partner whose key is not set has no account in it.
 * @param more variables that the command needs besides
 * @throws Problem when the environment, the scheme or Redis stand in the way, or PALIER_KEY is another
 */
export async function withPipeline<T>(
  context: Context,
  work: (pipeline: Pipeline, config: Config) => Promise<T>,
  more: readonly string[] = [],
): Promise<T> {
  const config = requireSettings(context, [...NEEDED, ...more]);
  const scheme = await requireScheme(context, config.configDir, config.timeZone);
  return requireRedis(context, config.redis, async (redis) => {
    const { pipeline, close } = wirePipeline({
      config,
      scheme,
      secrets: partnerKeys(scheme, context.env).secrets,
      redis,
      log: silentLog(),
      clock: context.clock,
      prefixes: { queues: context.queuePrefix, data: context.dataPrefix },
      ...(context.pace === undefined ? {} : { pace: context.pace }),
    });
    try {
      await requireReadable(redis, context.dataPrefix, pipeline.vault);
      // From here on, `clock` is Redis' time.
      await pipeline.now();
      return await work(pipeline, config);
    } finally {
      await close();
      await releaseLocks(redis);
    }
  });
}

/**
 * As `withPipeline`, for a change about a person.
 * @throws Problem also when an award of theirs is in flight, or the Région's account cannot be read
 */
export async function withPipelineForPerson<T>(
  context: Context,
  work: (pipeline: Pipeline) => Promise<T>,
): Promise<T> {
  try {
    return await withPipeline(context, work);
  } catch (cause) {
    if (cause instanceof AwardInFlight) throw new Problem('still_under_way', [IN_FLIGHT], { cause });
    if (!(cause instanceof RegionUnreadable) && !(cause instanceof ObfError)) throw cause;
    throw new Problem('region_unreadable', [unreadableWords(cause)], { cause });
  }
}

const IN_FLIGHT = {
  fr: "Un badge de cette personne est en cours d'envoi ou de retrait, ou ce qui vient d'arriver pour elle est encore en traitement : rien n'a été changé. Retapez la commande dans une minute ; si cela dure, « npx palier stats » dit ce qui attend.",
  en: 'An award of this person is being issued or taken back, or what has just come in for them is still being dealt with: nothing was changed. Type the command again in a minute; if it lasts, "npx palier stats" tells what waits.',
};

function unreadableWords(cause: Error): Localized {
  const why = String(describeError(cause)['message']);
  return {
    fr: `Le compte OBF de la Région ne peut pas être lu, et rien n'a été changé (${why}). « npx palier check » dit pourquoi ; retapez ensuite la commande.`,
    en: `The Région's OBF account cannot be read, and nothing was changed (${why}). "npx palier check" tells why; then type the command again.`,
  };
}

const RELEASE_WITHIN_MS = 1000;

/** An OBF call that was given up still has a lock to release in Redis: it gets the time. */
export async function releaseLocks(redis: RedisConnection): Promise<void> {
  await setImmediate();
  await raceAbort(redis.ping(), AbortSignal.timeout(RELEASE_WITHIN_MS)).catch(() => undefined);
}

/**
 * Opens what a plan is made with, does `work`, and closes it. Queues are not opened: BullMQ would leave its
 * mark in Redis, and a plan changes nothing there.
 * @param readScheme reads the scheme that the plan is for
 * @throws Problem when the environment, the scheme or Redis stand in the way, or PALIER_KEY is another
 */
export async function withPlanParts<T>(
  context: Context,
  readScheme: (config: Config) => Promise<Scheme>,
  work: (session: {
    readonly parts: PlanParts;
    readonly scheme: Scheme;
    readonly maxRps: number;
  }) => Promise<T>,
): Promise<T> {
  const config = requireSettings(context, NEEDED);
  const scheme = await readScheme(config);
  return requireRedis(context, config.redis, async (redis) => {
    const { dataPrefix: prefix, clock } = context;
    const vault = createVault(config.palierKey, config.palierKeyOld);
    await requireReadable(redis, prefix, vault);
    const region = asClientId(config.obfClientId);
    const obf = createObf({
      baseUrl: config.obfBaseUrl,
      maxRps: config.obfMaxRps,
      secrets: new Map([[region, config.obfClientSecret]]),
      redis,
      prefix,
      vault,
    });
    const account = obf.account(region);
    if (account === null) throw new Error("The Région's own client has no account");
    const parts: PlanParts = {
      people: { redis, prefix, region, earners: createEarnerStore(redis, prefix, vault) },
      schemes: createSchemes({ redis, prefix, vault }, scheme),
      quota: createQuota(redis, prefix, account, createRedisClock(redis, prefix).now, PACE.quota),
      pace: PACE,
      clock,
    };
    try {
      return await work({ parts, scheme, maxRps: config.obfMaxRps });
    } finally {
      obf.close();
    }
  });
}
