import { raceAbort } from './race-abort.js';
import type { RedisConnection } from './redis.js';
import { redisCause, type RedisCause } from './redis-faults.js';

/** Whether Redis takes a write now. Null: it does. Never rejects. */
export type WriteProbe = () => Promise<RedisCause | null>;

/** An answer serves all who ask within a second: a stranger who asks for ever costs Redis nothing. */
const KEPT_MS = 1000;

/**
 * Asks by a small write, since a Redis that is full or a replica still answers a PING.
 * @param redis a connection that fails fast
 * @param key of our own, in the slot of what is to be written; it expires by itself
 * @param limitMs how long the answer may take
 */
export function createWriteProbe(redis: RedisConnection, key: string, limitMs = 1000): WriteProbe {
  // A command that gives up says only that; the connection's last error says why.
  let connectionError: unknown = null;
  redis.on('error', (error: unknown) => {
    connectionError = error;
  });
  const probe = async (): Promise<RedisCause | null> => {
    try {
      await raceAbort(redis.set(key, '1', 'EX', 60), AbortSignal.timeout(limitMs));
      connectionError = null;
      return null;
    } catch (error) {
      const cause = redisCause(error);
      return cause.fault === 'absent' && connectionError !== null ? redisCause(connectionError) : cause;
    }
  };
  let last: Promise<RedisCause | null> | null = null;
  let askedMs = -Infinity;
  return () => {
    const nowMs = performance.now();
    if (last === null || nowMs - askedMs >= KEPT_MS) {
      last = probe();
      askedMs = nowMs;
    }
    return last;
  };
}
