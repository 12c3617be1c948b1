import { setTimeout as pause } from 'node:timers/promises';
import { ObfNotSent, ObfThrottled } from '../../obf/errors.js';
import { isRedisError } from '../../platform/redis-faults.js';
import { backoffMs } from '../../queue/enqueue.js';

/** With waits that double from a second on: one to two minutes in all. */
const TRIES = 8;

export interface RetryOptions {
  /** How often, where there was no answer; 1: the caller is to know at once. */
  readonly tries?: number;
  /** A number in [0, 1) at each call. */
  readonly random?: () => number;
  readonly wait?: (forMs: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Calls again where nothing came of it: when OBF asks to wait, however often; when OBF or Redis gave no answer, a few
 * times. What takes hours is not given up for what passes in a minute.
 * @param call may be repeated
 * @throws what it threw last; the signal's reason
 */
export async function retryTransient<T>(
  call: () => Promise<T>,
  signal: AbortSignal,
  { tries = TRIES, random = Math.random, wait = waiting }: RetryOptions = {},
): Promise<T> {
  for (let failed = 0; ;) {
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      const isTransient = error instanceof ObfNotSent || isRedisError(error);
      if (error instanceof ObfThrottled) await wait(error.retryAfterMs, signal);
      else if (!isTransient || (failed += 1) >= tries) throw error;
      else await wait(backoffMs(failed, null, random()), signal);
    }
  }
}

const waiting = (forMs: number, signal: AbortSignal): Promise<void> => pause(forMs, undefined, { signal });

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
    await waiting(LOOK_EVERY_MS, signal);
  }
}
