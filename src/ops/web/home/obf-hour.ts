import type { ClientId } from '../../../ids.js';
import { asClientId } from '../../../ids.js';
import type { ObfCounts } from './obf-counts.js';

/** How OBF answered between two instants. */
export interface ObfAnswers {
  /** How long that is, seconds. */
  readonly overS: number;
  readonly calls: number;
  /** OBF said no, but for what follows. */
  readonly refused: number;
  /** It asked to wait: 429. */
  readonly throttled: number;
  /** It failed, or no whole answer came. */
  readonly failed: number;
  /** Half, and 95 of 100, of the answers came within so many seconds; null: none came. */
  readonly p50S: number | null;
  readonly p95S: number | null;
  /** Whose API key OBF refused, and never took. */
  readonly keysRefused: readonly ClientId[];
}

/** Pure. What was counted from `before` to `now`. Counts that were lost meanwhile begin at 0 again. */
export function answersBetween(before: ObfCounts, now: ObfCounts): ObfAnswers {
  const calls = grown(before.calls, now.calls);
  const within = grown(before.within, now.within);
  const [given, refused] = [grown(before.given, now.given), grown(before.refused, now.refused)];
  const of = (...classes: readonly string[]): number =>
    classes.reduce((sum, one) => sum + (calls.get(one) ?? 0), 0);
  return {
    overS: Math.max(0, now.atS - before.atS),
    calls: [...calls.values()].reduce((sum, n) => sum + n, 0),
    refused: of('4xx'),
    throttled: of('429'),
    failed: of('5xx', 'none'),
    p50S: quantile(within, 0.5),
    p95S: quantile(within, 0.95),
    keysRefused: [...refused]
      .filter(([client, n]) => n > 0 && (given.get(client) ?? 0) === 0)
      .map(([client]) => asClientId(client)),
  };
}

function grown(
  before: Readonly<Record<string, number>>,
  now: Readonly<Record<string, number>>,
): ReadonlyMap<string, number> {
  const since = (name: string, value: number): number => {
    const known = before[name] ?? 0;
    return value < known ? value : value - known;
  };
  return new Map(Object.entries(now).map(([name, value]) => [name, since(name, value)]));
}

/**
 * As Prometheus' `histogram_quantile`: within a bucket evenly spread; above the last limit, that limit.
 * @param within each limit in seconds, `+Inf` the last -> how many took no longer
 */
export function quantile(within: ReadonlyMap<string, number>, share: number): number | null {
  const buckets = [...within]
    .map(([le, count]) => ({ limitS: le === '+Inf' ? Infinity : Number(le), count }))
    .toSorted((a, b) => a.limitS - b.limitS);
  const rank = share * (buckets.at(-1)?.count ?? 0);
  if (rank === 0) return null;
  const at = buckets.findIndex(({ count }) => count >= rank);
  const [below, bucket] = [buckets[at - 1] ?? { limitS: 0, count: 0 }, buckets[at]];
  if (bucket === undefined) return null;
  if (bucket.limitS === Infinity) return below.limitS;
  const part = (rank - below.count) / (bucket.count - below.count);
  return below.limitS + (bucket.limitS - below.limitS) * part;
}
