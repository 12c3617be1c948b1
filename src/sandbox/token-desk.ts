import { madeUpToken } from './made-up-ids.js';

export type TokenGrant =
  | { readonly granted: true; readonly token: string; readonly expiresInS: number }
  | { readonly granted: false; readonly waitMs: number };

export interface TokenDesk {
  /** Makes a token, unless the client had one less than `everyMs` ago. Earlier tokens stay good. */
  grant(clientId: string): TokenGrant;
  /** Whose token that is; null when nobody's, or no longer. */
  holder(token: string): string | null;
}

/** @param timeLine milliseconds that only grow */
export function createTokenDesk(
  { everyMs, ttlS }: { everyMs: number; ttlS: number },
  timeLine: () => number,
): TokenDesk {
  const lastGrantMs = new Map<string, number>();
  const tokens = new Map<string, { clientId: string; untilMs: number }>();
  return {
    grant(clientId) {
      const nowMs = timeLine();
      const waitMs = (lastGrantMs.get(clientId) ?? -everyMs) + everyMs - nowMs;
      if (waitMs > 0) return { granted: false, waitMs };
      const token = madeUpToken();
      lastGrantMs.set(clientId, nowMs);
      tokens.set(token, { clientId, untilMs: nowMs + ttlS * 1000 });
      return { granted: true, token, expiresInS: ttlS };
    },
    holder(token) {
      const found = tokens.get(token);
      return found !== undefined && timeLine() < found.untilMs ? found.clientId : null;
    },
  };
}
