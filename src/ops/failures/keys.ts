import type { Queue } from 'bullmq';
import { Cluster, Redis } from 'ioredis';
import type { RedisConnection } from '../../platform/redis.js';
import { DEFAULT_PREFIX } from '../../queue/names.js';

/** Where the failed jobs are counted, and who sends them again. All have the queues' hash tag in common. */
export interface FailureKeys {
  /** When they were counted, and the groups that there are: a JSON text. */
  readonly about: string;
  /** How many of each queue and group: what is sent again is taken away at once. */
  readonly counts: string;
  /** Counts up with whatever is taken away. */
  readonly generation: string;
  /** Held by whoever counts. */
  readonly reading: string;
  /** The newest jobs of a group: a list. */
  readonly newest: (group: string) => string;
  /** Held by whoever sends again. */
  readonly sending: string;
  readonly replay: (id: string) => string;
  /** Replays, newest first: a list of ids. */
  readonly replays: string;
  /** Those that are not done: a list of ids. */
  readonly underWay: string;
}

/** The queue's own keys begin alike. */
export function failureKeys({ opts }: Queue): FailureKeys {
  const base = `${opts.prefix ?? DEFAULT_PREFIX}:failures`;
  return {
    about: `${base}:about`,
    counts: `${base}:counts`,
    generation: `${base}:generation`,
    reading: `${base}:reading`,
    newest: (group) => `${base}:newest:${group}`,
    sending: `${base}:sending`,
    replay: (id) => `${base}:replay:${id}`,
    replays: `${base}:replays`,
    underWay: `${base}:under-way`,
  };
}

/** The connection that a queue was opened over. @throws TypeError when it was opened otherwise */
export function connectionOf({ opts }: Queue): RedisConnection {
  const { connection } = opts;
  if (connection instanceof Redis || connection instanceof Cluster) return connection;
  throw new TypeError('A queue is opened over a connection of ours');
}
