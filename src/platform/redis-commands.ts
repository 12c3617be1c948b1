import { createHash } from 'node:crypto';
import { Cluster } from 'ioredis';
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

/** How many keys Redis walks at a time; it does nothing else meanwhile, for well under a millisecond. */
const COUNT = 1000;

/**
 * The keys that match, some at a time, each once, of every node. What is made meanwhile may be missed. Their names stay in
 * memory: some eighty bytes each.
 */
export async function* scanKeys(redis: RedisConnection, match: string): AsyncIterable<readonly string[]> {
  // Redis may tell a key twice while it grows its table.
  const told = new Set<string>();
  for (const node of redis instanceof Cluster ? redis.nodes('master') : [redis]) {
    for (let cursor = '0'; ;) {
      const [next, keys] = await node.scan(cursor, 'MATCH', escaped(match), 'COUNT', COUNT);
      const fresh = keys.filter((key) => !told.has(key) && told.add(key));
      if (fresh.length > 0) yield fresh;
      cursor = next;
      if (cursor === '0') break;
    }
  }
}

/** About how many keys match. */
export async function countKeys(redis: RedisConnection, match: string): Promise<number> {
  let count = 0;
  for (const node of redis instanceof Cluster ? redis.nodes('master') : [redis])
    for (let cursor = '0'; ;) {
      const [next, keys] = await node.scan(cursor, 'MATCH', escaped(match), 'COUNT', COUNT);
      count += keys.length;
      cursor = next;
      if (cursor === '0') break;
    }
  return count;
}

/** Redis reads `[`, `?` and `\` in a pattern; ours are names, with `*` alone. */
const escaped = (pattern: string): string => pattern.replaceAll(/[[\]?\\]/g, '\\$&');
