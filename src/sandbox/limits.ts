import type { Clock } from '../platform/clock.js';
import type { SandboxOptions } from './types.js';
import { randomText } from './world.js';

/**
 * Milliseconds since the start, by the clock or by real time, whichever has moved further at each look.
 * A test that moves its clock moves the limits; one that holds it still does not freeze them.
 */
function createTimeLine(clock: Clock): () => number {
  let atMs = 0;
  let last = { clockMs: clock(), realMs: performance.now() };
  return () => {
    const now = { clockMs: clock(), realMs: performance.now() };
    atMs += Math.max(0, now.clockMs - last.clockMs, now.realMs - last.realMs);
    last = now;
    return atMs;
  };
}

const WINDOW_MS = 1000;

export type SandboxLimits = ReturnType<typeof createLimits>;

/** What each client is held to: its calls in any sliding second, and the spacing of its tokens, good for `tokenTtlS`. */
export function createLimits(options: SandboxOptions, clock: Clock) {
  const { tokenEveryMs = 10_000, tokenTtlS = 3600, maxRps = 10 } = options;
  const timeLine = createTimeLine(clock);
  const passedMs = new Map<string, number[]>();
  const grantedMs = new Map<string, number>();
  const tokens = new Map<string, { readonly clientId: string; readonly untilMs: number }>();
  return {
    tokenTtlS,
    /** For a call now: null when it may pass, else how long to wait, ms. A refused call does not count. */
    overRate(clientId: string): number | null {
      const nowMs = timeLine();
      const recent = (passedMs.get(clientId) ?? []).filter((atMs) => atMs > nowMs - WINDOW_MS);
      passedMs.set(clientId, recent);
      if (recent.length >= (maxRps ?? Infinity)) return (recent[0] ?? nowMs) + WINDOW_MS - nowMs;
      recent.push(nowMs);
      return null;
    },
    /** A token; or how long to wait, ms, when the client had one too lately. Earlier ones stay good. */
    grant(clientId: string): string | number {
      const nowMs = timeLine();
      const waitMs = (grantedMs.get(clientId) ?? -tokenEveryMs) + tokenEveryMs - nowMs;
      if (waitMs > 0) return waitMs;
      const token = randomText(40);
      grantedMs.set(clientId, nowMs);
      tokens.set(token, { clientId, untilMs: nowMs + tokenTtlS * 1000 });
      return token;
    },
    /** Whose token that is; null when nobody's, or no longer. */
    holder(token: string): string | null {
      const found = tokens.get(token);
      return found !== undefined && timeLine() < found.untilMs ? found.clientId : null;
    },
  };
}
