import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { mastersOf, type RedisConnection } from './redis.js';

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
async function* scan(redis: RedisConnection, pattern: string): AsyncIterable<readonly string[]> {
  // Redis reads `[`, `?` and `\` in a pattern; ours are names, with `*` alone.
  const match = pattern.replaceAll(/[[\]?\\]/g, '\\$&');
  for (const node of await mastersOf(redis)) yield* node.scanStream({ match, count: COUNT });
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

/**
 * '' stands for no value, before and after. KEYS: the value. ARGV: as it was read, as it is to be. Returns 1 when done.
 */
const COMPARE_AND_SET = scriptOf(`
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2]) end
return 1`);

/** Of several writers one always succeeds; this many failures in a row mean a fault. */
const MAX_TRIES = 200;

/**
 * Compare-and-set, retried: stores what `how` makes of the value; null: none. `how` is pure, and returns `read` itself
 * where nothing changes.
 */
export async function updateValue(
  redis: RedisConnection,
  key: string,
  how: (read: Buffer | null) => Buffer | null,
): Promise<void> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const read = await redis.getBuffer(key);
    const to = how(read);
    if (to === read) return;
    if ((await COMPARE_AND_SET(redis, [key], [read ?? '', to ?? ''])) === 1) return;
  }
  throw new Error(`${key} was changed by others ${MAX_TRIES} times in a row`);
}

/** Some of many at a time: Redis does nothing else while it carries out one command. */
export function* chunked<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}

/** Redis holds JSON under this key that Palier does not write there: another version did, or it was altered. */
export class StoredJsonUnreadable extends Error {
  readonly code = 'stored_json_unreadable';
  constructor(key: string, options: ErrorOptions) {
    super(`What Redis holds under ${key} is not what this Palier writes there`, options);
    this.name = 'StoredJsonUnreadable';
  }
}

/**
 * Reads JSON that Redis holds; null: there is none.
 * @param form ends in `.catch(null)` where what another version wrote counts as none
 * @throws StoredJsonUnreadable, which names the key
 */
export function parseStored<T>(form: z.ZodType<T>, key: string, text: string | null): T | null {
  if (text === null) return null;
  try {
    return form.parse(JSON.parse(text));
  } catch (cause) {
    throw new StoredJsonUnreadable(key, { cause });
  }
}
