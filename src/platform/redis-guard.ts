import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from './logger.js';
import { closeRedis, isCluster, openConsumer, type RedisAddress, type RedisConnection } from './redis.js';
import { refusalOf } from './redis-faults.js';
import { watchRefusals } from './refusal-watch.js';
import { judgeRedis, type RedisFinding, type RedisReport } from './redis-settings.js';

/** Palier would lose what it was given: it does not start on this Redis. */
export class RedisUnsafe extends Error {
  readonly code = 'redis_unsafe';
  constructor(readonly findings: readonly RedisFinding[]) {
    super(
      `Redis is not set for production, so nothing starts:\n${findings.map(({ en }) => `  ${en}`).join('\n')}`,
    );
    this.name = 'RedisUnsafe';
  }
}

const ASK_AGAIN_MS = 500;

/** Asks Redis what it is; waits for it as long as the connection does. */
export async function readRedisReport(redis: RedisConnection): Promise<RedisReport> {
  const nodes = await serversOf(redis);
  return judgeRedis(await Promise.all(nodes.map((node) => node.info())));
}

/** A cluster knows its masters once it has answered. */
async function serversOf(redis: RedisConnection) {
  if (!isCluster(redis)) return [redis];
  await redis.ping();
  return redis.nodes('master');
}

/**
 * At the start of a process, as soon as Redis answers.
 * @param production false: what is wrong is one warning in the log
 * @throws RedisUnsafe in production, when it could lose or throw away what it holds
 * @throws RedisRefused when it lets nobody in with what `REDIS_URL` says
 */
export async function requireSafeRedis(
  redis: RedisConnection,
  address: RedisAddress,
  production: boolean,
  log: Logger,
): Promise<void> {
  const watch = watchRefusals(redis, address);
  const findings = await Promise.race([findingsOf(redis, address, log), watch.refused]).finally(watch.stop);
  if (findings.length === 0) return;
  if (production) throw new RedisUnsafe(findings);
  log.warn({ redis: findings.map(({ en }) => en) }, 'Redis is not set for production');
}

/**
 * The same for a process that works before Redis is there: over a connection of its own, which waits as
 * long as it takes.
 * @throws RedisUnsafe, RedisRefused as above
 */
export async function requireSafeRedisAt(
  address: RedisAddress,
  production: boolean,
  log: Logger,
  also: (redis: RedisConnection) => Promise<void>,
): Promise<void> {
  const redis = openConsumer(address);
  redis.on('error', (err) => log.debug({ err }, 'Redis'));
  try {
    await requireSafeRedis(redis, address, production, log);
    await also(redis);
  } finally {
    closeRedis(redis);
  }
}

/** A host that forbids INFO is told of, and worked with: nothing says that it is set wrongly. */
async function findingsOf(
  redis: RedisConnection,
  address: RedisAddress,
  log: Logger,
): Promise<readonly RedisFinding[]> {
  for (;;) {
    try {
      return (await readRedisReport(redis)).findings;
    } catch (err) {
      const refusal = refusalOf(err, address);
      if (refusal !== null) throw refusal;
      if (isAnswer(err)) {
        log.warn({ err }, 'Redis does not say how it is set: see to noeviction and AOF yourself');
        return [];
      }
      // A node of a cluster that fails just now: another takes its place. Nobody waits for one that was closed.
      if (!isCluster(redis) || redis.status === 'end') throw err;
      await pause(ASK_AGAIN_MS);
    }
  }
}

/** Redis answered, and said no. */
const isAnswer = (error: unknown): boolean => error instanceof Error && error.name === 'ReplyError';
