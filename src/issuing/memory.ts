import { randomUUID } from 'node:crypto';
import type { Clock } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';

/**
 * Whether Redis still is the Redis that was written to. When it was emptied under our hands, when a replica
 * took over that had not got everything yet, or when it was started anew from a file that lacks the last
 * second, an issue call may be on its way of which nothing is remembered; nothing may be sent until it shows
 * in OBF.
 */
export interface Memory {
  /** Since when Redis remembers, Unix milliseconds; 0: longer than any process at work. */
  sinceMs(): Promise<number>;
}

/** What the key holds: `<name of this memory> <since> <history of its servers>`. */
interface Remembered {
  readonly name: string;
  readonly sinceMs: number;
  readonly history: string;
}

const write = ({ name, sinceMs, history }: Remembered): string => `${name} ${sinceMs} ${history}`;

/**
 * @param prefix of the key
 * @param history names what the servers hold (see `Replicas.history`); another one: something may be lost
 */
export function createMemory(
  redis: RedisConnection,
  prefix: string,
  clock: Clock,
  history: () => Promise<string>,
): Memory {
  const key = `${prefix}:memory`;
  let known: string | null = null;
  const read = async (): Promise<Remembered> => {
    const [name = '', since = '0', of = ''] = ((await redis.get(key)) ?? '').split(' ');
    return { name, sinceMs: Number(since), history: of };
  };
  return {
    async sinceMs() {
      const now = await history();
      // Whoever has known another memory begins this one now; a process that has just started knows none.
      const fresh = { name: randomUUID(), sinceMs: known === null ? 0 : clock(), history: now };
      await redis.set(key, write(fresh), 'NX');
      const found = await read();
      const emptied = known !== null && known !== found.name && found.sinceMs === 0;
      known = found.name;
      if (!emptied && found.history === now) return found.sinceMs;
      const sinceMs = clock();
      await redis.set(key, write({ ...found, sinceMs, history: now }));
      return sinceMs;
    },
  };
}
