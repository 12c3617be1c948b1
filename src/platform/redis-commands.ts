import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { mastersOf, type RedisConnection } from './redis.js';

/**
 * Makes a script that Redis runs atomically: sent once to each server, then called by its hash. The caller checks the
 * answer. @param text Lua
 */
export function scriptOf(text: string) {
  const sha = createHash('sha1').update(text).digest('hex');
  return async (
    redis: RedisConnection,
    keys: readonly string[],
    args: readonly (string | number | Buffer)[],
  ): Promise<unknown> => {
    try {
      return await redis.evalsha(sha, keys.length, ...keys, ...args);
    } catch (error) {
      // This node has not received the script yet, or was restarted.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return redis.eval(text, keys.length, ...keys, ...args);
    }
  };
}

/** Keys that Redis walks at a time, which blocks it for well under a millisecond. */
const SCAN_COUNT = 1000;

/** Yields the keys that match, node by node. Redis may repeat a key while it grows its table. */
async function* scan(redis: RedisConnection, pattern: string): AsyncIterable<readonly string[]> {
  // `[`, `?` and `\` are special in Redis' patterns; ours use `*` alone.
  const match = pattern.replaceAll(/[[\]?\\]/g, '\\$&');
  for (const node of await mastersOf(redis)) yield* node.scanStream({ match, count: SCAN_COUNT });
}

/**
 * Yields the keys of every node that match, in chunks, each once. May miss keys that are made meanwhile. Keeps their names
 * in memory: some eighty bytes each.
 */
export async function* scanKeys(redis: RedisConnection, match: string): AsyncIterable<readonly string[]> {
  const seen = new Set<string>();
  for await (const keys of scan(redis, match)) {
    const unseen = keys.filter((key) => !seen.has(key) && seen.add(key));
    if (unseen.length > 0) yield unseen;
  }
}

/** Counts the keys that match, approximately. */
export async function countKeys(redis: RedisConnection, match: string): Promise<number> {
  let count = 0;
  for await (const keys of scan(redis, match)) count += keys.length;
  return count;
}

/** KEYS: the value. ARGV: the value as it was read, the new one; '' for none. Returns 1 when it was set. */
const COMPARE_AND_SET = scriptOf(`
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2]) end
return 1`);

/** Of several writers one always succeeds; this many failures in a row mean a fault. */
const MAX_TRIES = 200;

/**
 * Replaces a value (null: none) by what `change` returns: a compare-and-set, retried. `change` is pure, and returns its
 * argument when nothing changes.
 */
export async function updateValue(
  redis: RedisConnection,
  key: string,
  change: (read: Buffer | null) => Buffer | null,
): Promise<void> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const read = await redis.getBuffer(key);
    const changed = change(read);
    if (changed === read) return;
    if ((await COMPARE_AND_SET(redis, [key], [read ?? '', changed ?? ''])) === 1) return;
  }
  throw new Error(`Redis: others changed ${key} ${MAX_TRIES} times in a row, so it was not written`);
}

/** Splits a list for several commands: Redis does nothing else during one command. */
export function* chunked<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}

/** Redis holds JSON that this Palier does not write there: another version did, or it was altered. */
export class StoredJsonUnreadable extends Error {
  readonly code = 'stored_json_unreadable';
  constructor(key: string, options: ErrorOptions) {
    super(`What Redis holds under ${key} is not what this Palier writes there`, options);
    this.name = 'StoredJsonUnreadable';
  }
}

/**
 * Parses JSON that Redis holds; null: there is none.
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
