import { randomUUID } from 'node:crypto';
import type { RedisConnection } from './redis.js';

/** A process that dies holds up the others for so long, milliseconds. */
export const LOCK_MS = 10_000;

/** KEYS: the lock. ARGV: whose it is, and for how long, ms. */
const KEEP = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;
const GIVE_BACK = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`;

/** One process at a time, of all. */
export interface Lock {
  /** Known to the scripts that write under it. */
  readonly token: string;
  /** For `LOCK_MS` more. False: it was lost, and somebody else may have it. */
  keep(): Promise<boolean>;
  giveBack(): Promise<void>;
}

/** Null: somebody has it. */
export async function takeLock(redis: RedisConnection, key: string): Promise<Lock | null> {
  const token = randomUUID();
  if ((await redis.set(key, token, 'PX', LOCK_MS, 'NX')) !== 'OK') return null;
  return {
    token,
    keep: async () => (await redis.eval(KEEP, 1, key, token, LOCK_MS)) === 1,
    async giveBack() {
      await redis.eval(GIVE_BACK, 1, key, token);
    },
  };
}
