import { setImmediate } from 'node:timers/promises';
import type { Config } from '../../config.js';
import { raceAbort, type RedisConnection } from '../../platform/redis.js';
import type { Scheme } from '../../rules/types.js';
import { partnerKeys } from '../../workers/partner-keys.js';
import { wirePipeline, type Pipeline } from '../../workers/pipeline.js';
import type { Context } from './context.js';
import { silentLog } from './queue-session.js';
import { requireScheme } from './read-scheme.js';
import { requireRedis } from './redis-session.js';
import { requireReadable, requireSettings } from './settings.js';

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

const LAST_WORDS_MS = 1000;

/**
 * Puts the pipeline together without starting a worker, does `work`, and closes what was opened.
 * A partner whose key is not set has no account in it.
 * @param more variables that the command needs besides
 * @throws Problem when the environment, the scheme or Redis stand in the way, or PALIER_KEY is another
 */
export async function withPipeline<T>(
  context: Context,
  more: readonly string[],
  work: (pipeline: Pipeline, config: Config) => Promise<T>,
): Promise<T> {
  const config = requireSettings(context, [...NEEDED, ...more]);
  const scheme = await requireScheme(context, config.configDir, config.timeZone);
  return requireRedis(context, config.redis, async (redis) => {
    const { pipeline, close } = wire(context, config, scheme, redis);
    try {
      await requireReadable(redis, context.dataPrefix, pipeline.vault);
      // From here on, `clock` is Redis' time.
      await pipeline.now();
      return await work(pipeline, config);
    } finally {
      await close();
      await lastWords(redis);
    }
  });
}

/** A call that was given up still has a lock to give back in Redis; one that is silent frees it by itself. */
async function lastWords(redis: RedisConnection): Promise<void> {
  await setImmediate();
  await raceAbort(redis.ping(), AbortSignal.timeout(LAST_WORDS_MS)).catch(() => undefined);
}

const wire = (context: Context, config: Config, scheme: Scheme, redis: RedisConnection) =>
  wirePipeline({
    config,
    scheme,
    secrets: partnerKeys(scheme, context.env).secrets,
    redis,
    log: silentLog(),
    clock: context.clock,
    prefixes: { queues: context.queuePrefix, data: context.dataPrefix },
    ...(context.pace === undefined ? {} : { pace: context.pace }),
  });
