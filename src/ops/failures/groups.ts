import { failureCause, shownReason } from '../../queue/failure-kind.js';
import { newestFailed, type Failure, type JobRef } from '../../queue/failed-jobs.js';
import { QUEUES, type QueueName } from '../../queue/names.js';
import type { Queues } from '../../queue/replay.js';
import { REST } from './reasons/other.js';

/** Jobs that failed for one reason. */
export interface FailureGroup {
  readonly key: string;
  /** One of their reasons, as it may be shown, and whose it is. */
  readonly sample: { readonly queue: QueueName; readonly reason: string };
  readonly queues: ReadonlySet<QueueName>;
  /** Unix milliseconds. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** Newest first. */
  readonly jobs: readonly JobRef[];
}

export interface Failures {
  /** Of the newest, the largest first. */
  readonly groups: readonly FailureGroup[];
  /** All that stand in failed. */
  readonly total: number;
  /** Those that are older than the newest, and in no group. */
  readonly more: number;
}

/** So many of each queue are looked at, the newest. */
export const NEWEST = 2000;
/** More reasons than these make one group. */
export const MAX_GROUPS = 100;

/** The failed jobs of all queues by reason. */
export async function readFailures(queues: Queues): Promise<Failures> {
  const found = await Promise.all(
    QUEUES.map(async (queue) => ({ queue, ...(await newestFailed(queues[queue], NEWEST)) })),
  );
  const total = found.reduce((sum, one) => sum + one.total, 0);
  const failures = found.flatMap(({ queue, failures: some }) => some.map((one) => ({ queue, ...one })));
  return { groups: groupFailures(failures), total, more: Math.max(0, total - failures.length) };
}

type Growing = { -readonly [K in keyof FailureGroup]: FailureGroup[K] } & {
  readonly queues: Set<QueueName>;
  readonly jobs: JobRef[];
};

/** Pure. In whatever order they come. */
export function groupFailures(
  failures: readonly (Failure & { readonly queue: QueueName })[],
): readonly FailureGroup[] {
  const groups = new Map<string, Growing>();
  for (const { queue, id, failedMs, reason } of failures.toSorted((a, b) => b.failedMs - a.failedMs)) {
    const { key: own } = failureCause(reason, queue);
    const key = groups.has(own) || groups.size < MAX_GROUPS ? own : REST.key;
    const group = groups.get(key) ?? {
      key,
      sample: { queue, reason: shownReason(reason) },
      queues: new Set(),
      firstMs: failedMs,
      lastMs: failedMs,
      jobs: [],
    };
    groups.set(key, group);
    group.queues.add(queue);
    group.firstMs = failedMs;
    group.jobs.push({ queue, id });
  }
  return [...groups.values()].toSorted((a, b) => b.jobs.length - a.jobs.length);
}
