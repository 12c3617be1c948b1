import type { Pipeline } from '../../workers/pipeline.js';
import { QUEUES } from '../../queue/names.js';
import { connectionOf, failureKeys } from './keys.js';
import { reasonOf } from './reason.js';
import { queuesOf, type Asked } from './replay.js';
import { createReplays, type Replays } from './replays.js';
import { createReplayStore, type ReplayStore } from './replay-store.js';
import { sendAgain } from './send-again.js';
import { newestOf } from './snapshot-store.js';
import { createSnapshots, type Seen } from './snapshots.js';
import { takeAway } from './take-away.js';
import type { JobRef } from './tally.js';

/** The failed jobs of all queues: how many there are and why, and sending them again. */
export interface Failures extends Replays, Pick<ReplayStore, 'find' | 'recent'> {
  /** What is known now, within some tenths of a second. */
  look(): Promise<Seen>;
  /** Some of a group's jobs, newest first; see `CountedGroup.listed`. */
  newest(group: string, page: { readonly from: number; readonly count: number }): Promise<readonly JobRef[]>;
  /** How many failed at or after an instant, exactly. */
  count(asked: Pick<Asked, 'queue' | 'sinceMs'>): Promise<number>;
  /** One job; false: it is failed no more. */
  sendOne(ref: JobRef): Promise<boolean>;
}

/** One for each process: whoever looks shares what is being counted. */
const known = new WeakMap<Pipeline['queues'], Failures>();

export function failuresOf(pipeline: Pipeline): Failures {
  const failures = known.get(pipeline.queues) ?? createFailures(pipeline);
  known.set(pipeline.queues, failures);
  return failures;
}

function createFailures({ queues, clock, log }: Pipeline): Failures {
  const [first] = QUEUES;
  const [redis, keys] = [connectionOf(queues[first]), failureKeys(queues[first])];
  const store = createReplayStore(redis, keys);
  const replays = createReplays({ queues, redis, keys, store, clock, log });
  const look = createSnapshots({ queues, redis, keys, clock }, () => store.isUnderWay(), log);
  return {
    ...replays,
    find: (id) => store.find(id),
    recent: () => store.recent(),
    look,
    newest: (group, page) => newestOf(redis, keys, group, page),
    async count(asked) {
      const sizes = await Promise.all(
        queuesOf({ ...asked, group: null }).map((name) =>
          redis.zcount(queues[name].toKey('failed'), asked.sinceMs ?? '-inf', '+inf'),
        ),
      );
      return sizes.reduce((sum, size) => sum + size, 0);
    },
    async sendOne({ queue, id }) {
      const job = await queues[queue].getJob(id);
      const sent = await sendAgain(queues[queue], id);
      if (!sent || job === undefined) return sent;
      const group = reasonOf(job.failedReason, queue).key;
      await takeAway(redis, keys, [{ queue, group, count: 1 }]);
      return sent;
    },
  };
}
