import { randomUUID } from 'node:crypto';
import type { Clock } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';

/**
 * Whether Redis still is the Redis that this process knew. When it was emptied under our hands, an issue
 * call may be on its way of which nothing is remembered; nothing may be sent until it shows in OBF.
 */
export interface Memory {
  /** Since when Redis remembers, Unix milliseconds; 0: longer than any process at work. */
  sinceMs(): Promise<number>;
}

/** @param prefix of the key, which holds `<name of this memory>:<since>` */
export function createMemory(redis: RedisConnection, prefix: string, clock: Clock): Memory {
  const key = `${prefix}:memory`;
  let known: string | null = null;
  const read = async (): Promise<[string, number]> => {
    const [name = '', since = '0'] = ((await redis.get(key)) ?? '').split(' ');
    return [name, Number(since)];
  };
  return {
    async sinceMs() {
      // Whoever has known another memory begins this one now; a process that has just started knows none.
      await redis.set(key, `${randomUUID()} ${known === null ? 0 : clock()}`, 'NX');
      const [name, since] = await read();
      const lost = known !== null && known !== name && since === 0;
      if (lost) await redis.set(key, `${name} ${clock()}`);
      known = name;
      return lost ? clock() : since;
    },
  };
}
