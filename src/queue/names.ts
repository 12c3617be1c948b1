/** The three queues, in the order of the data. */
export const QUEUES = ['notices', 'earners', 'awards'] as const;
export type QueueName = (typeof QUEUES)[number];

/** BullMQ's key prefix. The hash tag keeps each deployment's queue keys together in a Redis Cluster. */
export const DEFAULT_PREFIX = '{palier}';

/** Prefix of our own keys, which spread over a cluster by earner and by badge. */
export const DATA_PREFIX = 'palier';
