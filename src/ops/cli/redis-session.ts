import {
  raceAbort,
  closeRedis,
  hostsOf,
  type RedisAddress,
  type RedisConnection,
} from '../../platform/redis.js';
import { codeOf, isRedisError, refusalOf, RedisRefused } from '../../platform/redis-faults.js';
import { watchRefusals } from '../../platform/redis-health.js';
import type { Context } from './context.js';
import { Problem } from './problem.js';
import type { Localized } from '../shared/words.js';

/** Redis gave no usable answer. */
export class RedisSilent extends Error {
  constructor(
    readonly words: Localized,
    options?: ErrorOptions,
  ) {
    super(words.en, options);
    this.name = 'RedisSilent';
  }
}

/**
 * Opens Redis, sees that it answers, does `work`, and closes it whatever happens.
 * @throws RedisSilent when it does not answer within `patienceMs.redis`, lets nobody in, or fails later
 */
export async function withRedis<T>(
  { openRedis, patienceMs }: Pick<Context, 'openRedis' | 'patienceMs'>,
  address: RedisAddress,
  work: (redis: RedisConnection) => Promise<T>,
): Promise<T> {
  const redis = openRedis(address);
  let last: unknown = null;
  // The connection is tried again and again; what a command then tells is only that it gave up.
  redis.on('error', (error) => {
    last = error;
  });
  try {
    await answered(redis, patienceMs.redis, address, () => last);
    return await work(redis);
  } catch (error) {
    throw isRedisError(error) ? new RedisSilent(failureWords(error, address), { cause: error }) : error;
  } finally {
    closeRedis(redis);
  }
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
    if (!(error instanceof RedisSilent)) throw error;
    throw new Problem('redis_silent', [error.words], undefined, { cause: error });
  }
}

async function answered(
  redis: RedisConnection,
  patienceMs: number,
  address: RedisAddress,
  lastError: () => unknown,
): Promise<void> {
  const watch = watchRefusals(redis, address);
  try {
    await raceAbort(Promise.race([redis.ping(), watch.refused]), AbortSignal.timeout(patienceMs));
  } catch (error) {
    const refusal = error instanceof RedisRefused ? error : refusalOf(lastError() ?? error, address);
    throw new RedisSilent(refusal?.words ?? wordsOf(lastError() ?? error, address), { cause: error });
  } finally {
    watch.stop();
  }
}

/** It answered at first. Every command may be typed again: what was done meanwhile does no harm. */
function failureWords(error: Error, address: RedisAddress): Localized {
  const refusal = refusalOf(error, address);
  if (refusal !== null) return refusal.words;
  const [code = ''] = error.message.split(' ', 1);
  const said = error.name === 'ReplyError' ? { fr: error.message, en: error.message } : SILENCE;
  const { fr, en } = REASONS[code] ?? said;
  const where = hostsOf(address);
  return {
    fr: `Redis a fait défaut en cours de route (${where}) : ${fr}. Réglez cela, puis retapez la commande.`,
    en: `Redis failed on the way (${where}): ${en}. Mend that, then type the command again.`,
  };
}

/** By the code of the network, or the first word of Redis' own answer. */
const REASONS: Readonly<Record<string, Localized>> = {
  ECONNREFUSED: { fr: "rien n'écoute à cette adresse", en: 'nothing listens at this address' },
  ENOTFOUND: { fr: "ce nom d'hôte est inconnu", en: 'this host name is unknown' },
  ECONNRESET: {
    fr: 'la connexion est coupée aussitôt (un port TLS veut rediss://)',
    en: 'the connection is cut off at once (a TLS port wants rediss://)',
  },
  EAI_AGAIN: { fr: "ce nom d'hôte ne se résout pas", en: 'this host name cannot be resolved' },
  LOADING: { fr: 'Redis relit encore ses données', en: 'Redis is still loading its data' },
  OOM: { fr: 'sa mémoire est pleine (maxmemory)', en: 'its memory is full (maxmemory)' },
  READONLY: { fr: "c'est une réplique, où rien ne s'écrit", en: 'it is a replica, where nothing is written' },
  MISCONF: { fr: "il n'arrive plus à écrire sur son disque", en: 'it can no longer write to its disk' },
};

const SILENCE: Localized = { fr: 'pas de réponse à temps', en: 'no answer in time' };

function wordsOf(error: unknown, address: RedisAddress): Localized {
  const { fr, en } = REASONS[codeOf(error)] ?? SILENCE;
  const where = hostsOf(address);
  return {
    fr: `Redis ne répond pas (${where}) : ${fr}. Vérifiez REDIS_URL, et que Redis est démarré.`,
    en: `Redis does not answer (${where}): ${en}. Check REDIS_URL, and that Redis runs.`,
  };
}
