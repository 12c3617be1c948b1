import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { RedisConnection } from '../platform/redis.js';
import { scriptOf } from '../platform/script.js';

/** How many bytes a word's number takes. */
export const WORD_BYTES = 3;

/**
 * What thousands of entries say alike (which award, under which version, of which partner's webhook) is told by
 * a number: some of a hash, so that everybody gives a word the same one at any time, be Redis emptied
 * meanwhile. Of two words that meet, the second is written out in full.
 */
export const wordNumberOf = (word: string): number =>
  createHash('sha256').update(word).digest().readUIntBE(0, WORD_BYTES);

export interface Words {
  /** @returns null when the number stands for another word */
  numberOf(word: string): Promise<number | null>;
  /** Once more, after what names them was written: a Redis that was emptied before has forgotten them. */
  enter(words: Iterable<string>): Promise<void>;
  /** What each stands for; those that nobody entered are missing. */
  find(numbers: Iterable<number>): Promise<ReadonlyMap<number, string>>;
}

/** KEYS: the book. ARGV: a number, its word. Returns the word that the number stands for. */
const ENTER = scriptOf(`
redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
return redis.call('HGET', KEYS[1], ARGV[1])`);

/** One hash: number -> word. */
export function createWords(redis: RedisConnection, key: string): Words {
  const known = new Map<number, string>();
  const enter = async (word: string): Promise<number | null> => {
    const number = wordNumberOf(word);
    const stands = z.string().parse(await ENTER(redis, [key], [number, word]));
    known.set(number, stands);
    return stands === word ? number : null;
  };
  return {
    async numberOf(word) {
      const number = wordNumberOf(word);
      return known.get(number) === word ? number : enter(word);
    },
    async enter(words) {
      await Promise.all([...new Set(words)].map(enter));
    },
    async find(numbers) {
      const asked = [...new Set(numbers)];
      if (asked.some((number) => !known.has(number)))
        for (const [number, word] of Object.entries(await redis.hgetall(key)))
          known.set(Number(number), word);
      return new Map(
        asked.flatMap((number) => {
          const word = known.get(number);
          return word === undefined ? [] : [[number, word] as const];
        }),
      );
    },
  };
}
