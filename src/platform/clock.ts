import { setTimeout as pause } from 'node:timers/promises';
import type { RedisConnection } from './redis.js';
import { scriptOf } from './redis-commands.js';

/** The present, in Unix milliseconds. Handed in wherever time matters, so that tests can set it. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/** The present in whole Unix seconds, as OBF counts. */
export const secondsOf = (clock: Clock): number => Math.floor(clock() / 1000);

/** The present by Redis' clock, Unix milliseconds: what instants of several processes are compared by. */
export type RedisTime = () => Promise<number>;

/** KEYS[1] names the server to ask: in a cluster, the clocks of two masters differ. */
const TIME = scriptOf(`
local time = redis.call('TIME')
return time[1] * 1000 + math.floor(time[2] / 1000)`);

/**
 * A machine's own clock may be minutes off, and may jump. Redis' is one for all processes; between two answers a
 * monotonic one counts on.
 * @param prefix of our keys
 */
export function createRedisClock(redis: RedisConnection, prefix: string) {
  let offsetMs = Date.now() - performance.now();
  return {
    /** Asks Redis. @throws when it does not answer */
    now: async (): Promise<number> => {
      const ms = Number(await TIME(redis, [`${prefix}:memory`], []));
      offsetMs = ms - performance.now();
      return ms;
    },
    /** The same without asking, as far as the last answer goes; before the first, this machine's own time. */
    clock: (): number => Math.floor(offsetMs + performance.now()),
  };
}

/** The same over any connection, of whichever of its servers answers: where one skew more or less changes nothing. */
export async function redisNow(redis: Pick<RedisConnection, 'time'>): Promise<number> {
  const [seconds = 0, micros = 0] = await redis.time();
  return seconds * 1000 + Math.floor(micros / 1000);
}

const LOOK_EVERY_MS = 250;

/** Asks every so often until `done`; false when `withinMs` have passed. */
export async function waitUntil(
  withinMs: number,
  signal: AbortSignal,
  done: () => Promise<boolean>,
): Promise<boolean> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    if (await done()) return true;
    if (performance.now() >= endMs) return false;
    await pause(LOOK_EVERY_MS, undefined, { signal });
  }
}
