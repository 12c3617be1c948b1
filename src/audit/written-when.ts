import { dayOf, monthOf } from './calendar.js';
import { ROWS_A_TIME } from './scripts.js';
import type { AuditStore } from './store.js';
import type { AuditQuery } from './types.js';
import type { Walk } from './walking.js';

/** By how much Redis' clock may be behind OBF's, and how long after it happened a thing may be written. */
const EARLY_MS = 86_400_000;
const LATE_MS = 7 * 86_400_000;

type Rows = Pick<Walk, 'first' | 'before'>;

/**
 * The rows among which what happened in a period is looked for: those that were written in it and soon after;
 * to the account's end where it tells that a month became known long after, as after a loss of Redis.
 */
export async function rowsOfPeriod(store: AuditStore, { fromS, untilS }: AuditQuery): Promise<Rows> {
  const { redis, layout, log } = store;
  const length = await log.length();
  const first = fromS === undefined ? 0 : await rowAt(store, fromS * 1000 - EARLY_MS);
  if (untilS === undefined || (await wasLate(store, { fromS, untilS }))) return { first, before: length };
  const [next] = await redis.zrangebyscore(
    layout.times,
    `(${untilS * 1000 + LATE_MS}`,
    '+inf',
    'LIMIT',
    0,
    1,
  );
  return { first, before: next === undefined ? length : Math.min(length, Number(next)) };
}

/** A row, not long before the first that was written at this instant or later. All before it were written earlier. */
async function rowAt({ redis, layout }: AuditStore, ms: number): Promise<number> {
  const [row] = await redis.zrevrangebyscore(layout.times, ms, '-inf', 'LIMIT', 0, 1);
  return Number(row ?? 0);
}

/** Whether a month of the period was told of for the first time when it was long over. */
async function wasLate(
  { redis, layout, timeZone }: AuditStore,
  { fromS, untilS }: { readonly fromS: number | undefined; readonly untilS: number },
): Promise<boolean> {
  const from = fromS === undefined ? '' : monthOf(dayOf(fromS, timeZone));
  const until = monthOf(dayOf(untilS - 1, timeZone));
  const months = Object.entries(await redis.hgetall(layout.months));
  const rows = months.filter(([month]) => month >= from && month <= until).map(([, row]) => Number(row));
  const times = await Promise.all(
    rows.map(
      async (row) =>
        (await redis.zscore(layout.times, row)) ??
        redis.zscore(layout.times, Math.floor(row / ROWS_A_TIME) * ROWS_A_TIME),
    ),
  );
  return times.some((ms) => Number(ms ?? 0) > untilS * 1000 + LATE_MS);
}
