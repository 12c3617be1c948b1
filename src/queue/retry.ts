/**
 * How long failed work is tried again. Capped exponential back-off with full jitter: waits grow to
 * `CAP_MS`, and 60 of them reach over 24 hours.
 */
export const ATTEMPTS = 60;
/** A queue whose limiter stands at so much is paused by OBF; the jobs that are counted there never reach it. */
export const PAUSED_AT = 1_000_000_000;
const BASE_MS = 1000;
const CAP_MS = 60 * 60 * 1000;

/**
 * The wait before the next attempt, milliseconds.
 * @param attempt how many attempts were made, from 1
 * @param retryAfterMs what OBF asked for, if it did: never less than that
 * @param random a number in [0, 1)
 */
export function backoffMs(attempt: number, retryAfterMs: number | null, random: number): number {
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt - 1, 30));
  const wait = ceiling / 2 + random * (ceiling / 2);
  return Math.round(Math.max(wait, retryAfterMs ?? 0));
}
