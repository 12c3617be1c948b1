import type { Queue } from 'bullmq';
import { withoutAddresses } from '../../platform/logger.js';
import { isMeant, type ReplayFilter } from '../../queue/replay.js';

/** Failed jobs with one reason in common. */
export interface FailedGroup {
  readonly reason: string;
  readonly count: number;
}

const PAGE = 200;
const MAX_REASON_CHARS = 300;

/** What stands in a queue's failed jobs, the most frequent reason first. */
export async function failedByReason(
  queue: Queue,
  filter: ReplayFilter = {},
): Promise<readonly FailedGroup[]> {
  const counts = new Map<string, number>();
  for (let at = 0; ; at += PAGE) {
    const page = await queue.getFailed(at, at + PAGE - 1);
    for (const job of page.filter((one) => isMeant(one, filter))) {
      const reason = shown(job.failedReason);
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
    if (page.length < PAGE) break;
  }
  return [...counts].map(([reason, count]) => ({ reason, count })).toSorted((a, b) => b.count - a.count);
}

export const totalOf = (groups: readonly FailedGroup[]): number =>
  groups.reduce((sum, { count }) => sum + count, 0);

/** A reason is one line, whatever was thrown. */
const shown = (reason: string): string => {
  const line = withoutAddresses(reason).replaceAll(/\s+/g, ' ').trim();
  return line.length > MAX_REASON_CHARS ? `${line.slice(0, MAX_REASON_CHARS - 1)}…` : line;
};
