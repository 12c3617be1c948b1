import { createHash } from 'node:crypto';
import type { RedisConnection } from './redis.js';

type Argument = string | number | Buffer;
/** Asks Redis to run a script in one step. What it answers is the caller's to check. */
export type Script = (
  redis: RedisConnection,
  keys: readonly string[],
  args: readonly Argument[],
) => Promise<unknown>;

/** A script that is sent once to each Redis, and then named. @param text Lua */
export function scriptOf(text: string): Script {
  const sha = createHash('sha1').update(text).digest('hex');
  return async (redis, keys, args) => {
    try {
      return await redis.evalsha(sha, keys.length, ...keys, ...args);
    } catch (error) {
      // This node has not seen the script yet, or was started anew.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return redis.eval(text, keys.length, ...keys, ...args);
    }
  };
}
