import type { House } from '../../test/support/house.js';

/** Calls that OBF received, tokens apart. */
export interface Counted {
  /** How often each route was called, by `client route`. */
  readonly byRoute: Readonly<Record<string, number>>;
  readonly total: number;
  /** How long they took at the rate that was kept. */
  readonly seconds: number;
}

/** A scene, and what it is held to. */
export interface Scene {
  readonly what: string;
  /** What is counted against: awards, accounts. */
  readonly per: number;
  readonly ours: Pick<Counted, 'total' | 'seconds'>;
  /** The most calls that the goal allows. */
  readonly goal: number;
  /** The calls of what one writes in an hour, by arithmetic. */
  readonly straightforward: number;
}

export type CountedScene = Scene & { readonly ours: Counted };

/** Counts what OBF receives while it is done; resolves with the instant at which it was over. */
export async function countCalls(
  { sandbox }: Pick<House, 'sandbox'>,
  work: () => Promise<number>,
): Promise<Counted> {
  const before = sandbox.calls.length;
  const startedMs = performance.now();
  const seconds = ((await work()) - startedMs) / 1000;
  const paid = sandbox.calls.slice(before).filter(({ route }) => route !== 'POST token');
  const byRoute: Record<string, number> = {};
  for (const { clientId, route } of paid) {
    const key = `${clientId ?? 'nobody'} ${route}`;
    byRoute[key] = (byRoute[key] ?? 0) + 1;
  }
  return { byRoute, total: paid.length, seconds };
}
