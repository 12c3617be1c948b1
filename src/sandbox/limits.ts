import type { Clock } from '../platform/clock.js';
import { randomText } from './world.js';

/**
 * Milliseconds since the start, by the clock or by real time, whichever has moved further at each look.
 * A test that moves its clock moves the limits; one that holds it still does not freeze them.
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

const WINDOW_MS = 1000;

/** For a call of that client now: null when it may pass, else how long to wait, ms. A refused call does not count. */
export type RateLimit = (clientId: string) => number | null;

/** At most `maxRps` calls per client in any sliding second. */
export function createRateLimit(maxRps: number, timeLine: () => number): RateLimit {
  const passedMs = new Map<string, number[]>();
  return (clientId) => {
    const nowMs = timeLine();
    const recent = (passedMs.get(clientId) ?? []).filter((atMs) => atMs > nowMs - WINDOW_MS);
    passedMs.set(clientId, recent);
    if (recent.length >= maxRps) return (recent[0] ?? nowMs) + WINDOW_MS - nowMs;
    recent.push(nowMs);
    return null;
  };
}

export type Tokens = ReturnType<typeof createTokens>;

/** Access tokens: one per client every `everyMs`; earlier ones stay good for their `ttlS`. */
export function createTokens(everyMs: number, ttlS: number, timeLine: () => number) {
  const lastMs = new Map<string, number>();
  const tokens = new Map<string, { readonly clientId: string; readonly untilMs: number }>();
  return {
    ttlS,
    /** @returns a token; or how long to wait, ms, when the client had one too lately */
    grant(clientId: string): string | number {
      const nowMs = timeLine();
      const waitMs = (lastMs.get(clientId) ?? -everyMs) + everyMs - nowMs;
      if (waitMs > 0) return waitMs;
      const token = randomText(40);
      lastMs.set(clientId, nowMs);
      tokens.set(token, { clientId, untilMs: nowMs + ttlS * 1000 });
      return token;
    },
    /** Whose token that is; null when nobody's, or no longer. */
    holder(token: string): string | null {
      const found = tokens.get(token);
      return found !== undefined && timeLine() < found.untilMs ? found.clientId : null;
    },
  };
}
