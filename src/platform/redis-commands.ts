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

/** What Redis tells of the keys that match, node by node; it may tell a key twice while it grows its table. */
async function* scan(redis: RedisConnection, match: string): AsyncIterable<readonly string[]> {
  // Redis reads `[`, `?` and `\` in a pattern; ours are names, with `*` alone.
  const pattern = match.replaceAll(/[[\]?\\]/g, '\\$&');
  for (const node of redis instanceof Cluster ? redis.nodes('master') : [redis])
    for (let cursor: string | null = '0'; cursor !== null;) {
      const [next, keys]: [string, string[]] = await node.scan(cursor, 'MATCH', pattern, 'COUNT', COUNT);
      yield keys;
      cursor = next === '0' ? null : next;
    }
}

/**
 * The keys that match, some at a time, each once, of every node. What is made meanwhile may be missed. Their names stay in
 * memory: some eighty bytes each.
 */
export async function* scanKeys(redis: RedisConnection, match: string): AsyncIterable<readonly string[]> {
  const told = new Set<string>();
  for await (const keys of scan(redis, match)) {
    const fresh = keys.filter((key) => !told.has(key) && told.add(key));
    if (fresh.length > 0) yield fresh;
  }
}

/** About how many keys match. */
export async function countKeys(redis: RedisConnection, match: string): Promise<number> {
  let count = 0;
  for await (const keys of scan(redis, match)) count += keys.length;
  return count;
}
