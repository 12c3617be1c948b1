import type { QueueName } from '../../queue/names.js';
import type { Failure } from './look.js';
import { reasonOf, shownReason } from './reason.js';
import { REST } from './reasons/other.js';

/** A failed job, wherever it stands. */
export interface JobRef {
  readonly queue: QueueName;
  readonly id: string;
}

/** Jobs that failed for one reason. */
export interface Group {
  readonly key: string;
  /** One of their reasons, as it may be shown, and whose it is. */
  readonly sample: { readonly queue: QueueName; readonly reason: string };
  readonly counts: ReadonlyMap<QueueName, number>;
  /** Unix milliseconds. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** The newest ones, newest first. */
  readonly newest: readonly JobRef[];
}

export interface Tally {
  add(queue: QueueName, failures: readonly Failure[]): void;
  /** The largest first. */
  groups(): readonly Group[];
}

/** Jobs of one group that are kept by name. */
export const MAX_NEWEST = 1000;
/** More reasons than these are counted together. */
export const MAX_GROUPS = 100;
/** How many reasons are remembered as they came: most jobs failed with the words of another. */
const MAX_KNOWN = 2000;

interface Growing {
  readonly key: string;
  readonly sample: Group['sample'];
  readonly counts: Map<QueueName, number>;
  firstMs: number;
  lastMs: number;
  newest: (JobRef & { readonly failedMs: number })[];
}

/** Counts failed jobs by reason, in whatever order they come; its size is bounded, however many there are. */
export function createTally(): Tally {
  const groups = new Map<string, Growing>();
  const known = new Map<string, string>();
  const keyOf = (queue: QueueName, reason: string): string => {
    const words = `${queue} ${reason}`;
    const key = known.get(words) ?? reasonOf(reason, queue).key;
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(words, key);
    return groups.has(key) || groups.size < MAX_GROUPS ? key : REST.key;
  };
  const count = (queue: QueueName, failure: Failure): void => {
    const key = keyOf(queue, failure.reason);
    const group = groups.get(key) ?? begun(key, queue, failure.reason);
    groups.set(key, group);
    grow(group, queue, failure);
  };
  return {
    add: (queue, failures) => failures.forEach((failure) => count(queue, failure)),
    groups: () => [...groups.values()].map(ended).toSorted((a, b) => sizeOf(b) - sizeOf(a)),
  };
}

const begun = (key: string, queue: QueueName, reason: string): Growing => ({
  key,
  sample: { queue, reason: shownReason(reason) },
  counts: new Map(),
  firstMs: Infinity,
  lastMs: -Infinity,
  newest: [],
});

function grow(group: Growing, queue: QueueName, { id, failedMs }: Failure): void {
  group.counts.set(queue, (group.counts.get(queue) ?? 0) + 1);
  group.firstMs = Math.min(group.firstMs, failedMs);
  group.lastMs = Math.max(group.lastMs, failedMs);
  group.newest.push({ queue, id, failedMs });
  if (group.newest.length >= 2 * MAX_NEWEST) group.newest = newestOf(group);
}

const newestOf = ({ newest }: Growing): Growing['newest'] =>
  newest.toSorted((a, b) => b.failedMs - a.failedMs).slice(0, MAX_NEWEST);

const ended = (group: Growing): Group => ({
  ...group,
  newest: newestOf(group).map(({ queue, id }) => ({ queue, id })),
});

export const sizeOf = ({ counts }: Pick<Group, 'counts'>): number =>
  [...counts.values()].reduce((sum, count) => sum + count, 0);
