/**
 * The queues, in the order of the data. What the door takes in is stored as `arrivals`; a worker makes each of
 * them a job of its own in `notices`.
 */
export const QUEUES = ['arrivals', 'notices', 'earners', 'awards'] as const;
export type QueueName = (typeof QUEUES)[number];

/** BullMQ's key prefix. The hash tag keeps each deployment's queue keys together in a Redis Cluster. */
export const DEFAULT_PREFIX = '{palier}';

/** Prefix of our own keys, which spread over a cluster by earner and by badge. */
export const DATA_PREFIX = 'palier';
