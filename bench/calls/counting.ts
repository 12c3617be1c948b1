import type { ReceivedCall } from '../../src/sandbox/types.js';
import type { Counted } from './types.js';

/** What OBF received since an earlier look at the same journal. */
export function countCalls(calls: readonly ReceivedCall[], seconds: number): Counted {
  const paid = calls.filter(({ route }) => route !== 'POST token');
  const byRoute: Record<string, number> = {};
  for (const { clientId, route } of paid) {
    const key = `${clientId ?? 'nobody'} ${route}`;
    byRoute[key] = (byRoute[key] ?? 0) + 1;
  }
  return { byRoute, total: paid.length, tokens: calls.length - paid.length, seconds };
}

/** How long so many calls take when each client may make `rps` in a second: the busiest client's time. */
export function secondsAt(rps: number, calls: readonly ReceivedCall[]): number {
  const each = new Map<string | null, number>();
  for (const { clientId, route } of calls)
    if (route !== 'POST token') each.set(clientId, (each.get(clientId) ?? 0) + 1);
  return Math.max(0, ...each.values()) / rps;
}
