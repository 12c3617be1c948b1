import { shownReason } from '../../queue/failure-kind.js';
import type { Failure } from '../../queue/failed-jobs.js';

/** Failed jobs with one reason in common. */
export interface FailedGroup {
  readonly reason: string;
  readonly count: number;
}

const MAX_REASON_CHARS = 300;

/** Pure. By reason, the most frequent first. */
export function failedByReason(failures: readonly Pick<Failure, 'reason'>[]): readonly FailedGroup[] {
  const counts = new Map<string, number>();
  for (const failure of failures) {
    const reason = shownReason(failure.reason, MAX_REASON_CHARS);
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts].map(([reason, count]) => ({ reason, count })).toSorted((a, b) => b.count - a.count);
}
