import type { Clock } from '../platform/clock.js';

/**
 * Milliseconds since the start, by the clock or by real time, whichever has moved further at each
 * look: a test that moves its clock moves the limits, and one that holds it still does not freeze them.
 */
export function createTimeLine(clock: Clock): () => number {
  let atMs = 0;
  let last = { clockMs: clock(), realMs: performance.now() };
  return () => {
    const now = { clockMs: clock(), realMs: performance.now() };
    atMs += Math.max(0, now.clockMs - last.clockMs, now.realMs - last.realMs);
    last = now;
    return atMs;
  };
}
