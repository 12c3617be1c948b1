import { setTimeout as pause } from 'node:timers/promises';
import type { RedisConnection } from './redis.js';
import { scriptOf } from './redis-commands.js';

/** Returns now, Unix milliseconds. An argument wherever time matters, so that tests can set it. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/** Returns now in whole Unix seconds, OBF's unit. */
export const secondsOf = (clock: Clock): number => Math.floor(clock() / 1000);

/** Reads Redis' clock, Unix milliseconds, which instants of several processes are compared by. */
export type RedisTime = () => Promise<number>;

/** KEYS[1] selects the server: in a cluster, the clocks of two masters differ. */
const TIME = scriptOf(`
local time = redis.call('TIME')
return time[1] * 1000 + math.floor(time[2] / 1000)`);

/**
 * Creates a clock that follows Redis', which is one for all processes. A machine's own clock may be minutes off, and may
 * jump: between two answers a monotonic one counts on.
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
    /** Continues from the last answer without asking; before the first, this machine's own time. */
    clock: (): number => Math.floor(offsetMs + performance.now()),
  };
}

/** Reads the clock of whichever server answers, where the skew between two servers does not matter. */
export async function redisNow(redis: Pick<RedisConnection, 'time'>): Promise<number> {
  const [seconds = 0, micros = 0] = await redis.time();
  return seconds * 1000 + Math.floor(micros / 1000);
}

const POLL_EVERY_MS = 250;

/** Polls until `isDone`; false when `withinMs` have passed. */
export async function waitUntil(
  withinMs: number,
  signal: AbortSignal,
  isDone: () => Promise<boolean>,
): Promise<boolean> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    if (await isDone()) return true;
    if (performance.now() >= endMs) return false;
    await pause(POLL_EVERY_MS, undefined, { signal });
  }
}
