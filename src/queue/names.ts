/**
 * The queues, in the order of the data. What comes in is stored as `arrivals`, one job a tick; a worker makes each
 * notice a job of its own in `notices`. `awards` is issuing, and pausing it stops issuing alone.
 * `maintenance` is what is about everybody: it never waits behind a pause, and never holds a slot of issuing.
 */
export const QUEUES = ['arrivals', 'notices', 'earners', 'awards', 'maintenance'] as const;
export type QueueName = (typeof QUEUES)[number];

/** BullMQ's key prefix. In a cluster each queue has its own: see `prefixOf`. */
export const DEFAULT_PREFIX = '{palier}';

/**
 * A queue's prefix. A queue's keys must be in one slot, which its hash tag sees to; that all queues are in the
 * same one would make one server of a cluster the bottleneck, so there each has a tag of its own
 * (`{palier:awards}`). On one server, also behind sentinels, the name stays what it always was: work that waits
 * there is found after an update.
 */
export const prefixOf = (prefix: string, name: QueueName, isCluster: boolean): string =>
  isCluster ? prefix.replace(/\}$/, `:${name}}`) : prefix;

/** What is written to see whether notices can be: of the slot in which they are stored. */
export const writeProbeKey = (prefix: string, isCluster: boolean): string =>
  `${prefixOf(prefix, 'arrivals', isCluster)}:writable`;

/** Prefix of our own keys, which spread over a cluster by earner and by badge. */
export const DATA_PREFIX = 'palier';
