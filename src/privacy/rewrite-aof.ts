import type { Logger } from '../platform/logger.js';
import { mastersOf, type RedisConnection } from '../platform/redis.js';

export interface RewriteParts {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly log: Logger;
}

/** Rewriting costs a server a fork and its whole memory on disk. */
const EVERY_S = 3600;

/**
 * What was erased stands in Redis' append-only file until it is rewritten: asks for that, at most once an hour over all
 * processes. What is asked for in between is remembered, and done by the sweep. Failing, it is logged, and never thrown.
 */
export async function requestAofRewrite(parts: RewriteParts): Promise<void> {
  await parts.redis.set(wantedKey(parts.prefix), '1');
  await rewriteAofIfWanted(parts);
}

/** Idempotent. */
export async function rewriteAofIfWanted({ redis, prefix, log }: RewriteParts): Promise<void> {
  if ((await redis.exists(wantedKey(prefix))) === 0) return;
  if ((await redis.set(askedKey(prefix), '1', 'EX', EVERY_S, 'NX')) === null) return;
  // First: an erasure that follows is not covered by this rewriting.
  await redis.del(wantedKey(prefix));
  try {
    const states = await Promise.all(
      (await mastersOf(redis)).map(async (node) => {
        if (/^aof_enabled:0/m.test(await node.info('persistence'))) return 'off';
        await node.bgrewriteaof();
        return 'asked';
      }),
    );
    const isAsked = states.includes('asked');
    log.info({ servers: states.length }, isAsked ? ASKED : 'Redis keeps no append-only file to rewrite');
  } catch (err) {
    if (isForbidden(err)) {
      log.warn({ err }, FORBIDDEN);
      return;
    }
    await redis.set(wantedKey(prefix), '1');
    // One that was begun before the erasure does not cover it: the next sweep asks again.
    if (isInProgress(err)) await redis.del(askedKey(prefix));
    else
      log.warn({ err }, 'Redis was not asked to rewrite its append-only file; asked again within the hour');
  }
}

const ASKED = 'Redis was asked to rewrite its append-only file, which held what was erased';
const FORBIDDEN =
  'Redis forbids BGREWRITEAOF: what was erased stands in its append-only file until it rewrites it by itself';

const wantedKey = (prefix: string): string => `${prefix}:aof:wanted`;
const askedKey = (prefix: string): string => `${prefix}:aof:asked`;

const isForbidden = (error: unknown): boolean =>
  error instanceof Error && /^(NOPERM|ERR unknown command)/.test(error.message);
const isInProgress = (error: unknown): boolean =>
  error instanceof Error && error.message.includes('already in progress');
