import type { Job, JobType, Queue } from 'bullmq';
import type { EarnerKey } from '../ids.js';
import { arrivalsJob, type Arrival } from '../queue/jobs.js';
import type { Pipeline } from './pipeline.js';
import { sortArrivals } from './sort-arrivals.js';

/** In the order in which a job goes through them. */
const STATES: readonly JobType[] = ['delayed', 'waiting', 'active', 'failed'];

/**
 * What came in for a person waits in a form that another version wrote, and this one cannot read: whether all of
 * it would be erased is not known. It is left as it is, and so are they.
 */
export class UnreadArrivals extends Error {
  readonly code = 'unread_arrivals';
  constructor(readonly jobs: readonly string[]) {
    super(
      `What came in for this person cannot be read by this version, in the queue "arrivals": ${jobs.join(', ')}. ` +
        'Have the version that stored it sort it (replay it there), or remove it; then try again',
    );
    this.name = 'UnreadArrivals';
  }
}

/** A job of arrivals that cannot be read. */
export interface UnreadJob {
  readonly id: string;
  /** All that stands in it. */
  readonly text: string;
}

/** What could not be made jobs of their own. */
export interface LeftOver {
  /** Whom what a worker is sorting at this instant is about: it may be made a job of once more. */
  readonly atWork: ReadonlySet<EarnerKey>;
  readonly unread: readonly UnreadJob[];
}

/** Those of the jobs that name one of these people: jobs name people by nothing but their keys. */
export const unreadAbout = (
  { unread }: Pick<LeftOver, 'unread'>,
  keys: Iterable<EarnerKey>,
): readonly string[] => {
  const all = [...keys];
  return unread.filter(({ text }) => all.some((key) => text.includes(key))).map(({ id }) => id);
};

/**
 * Makes all that came in until now jobs of their own, without waiting for a worker: whoever looks for what the
 * queues hold of a person then finds it by the ids of jobs alone. What cannot be read stays, and is told.
 */
export async function spreadArrivals({ queues, log }: Pick<Pipeline, 'queues' | 'log'>): Promise<LeftOver> {
  const atWork = new Set<EarnerKey>();
  const unread: UnreadJob[] = [];
  for (const id of await queues.arrivals.getRanges([...STATES], 0, -1, true)) {
    const job = await jobOf(queues.arrivals, id);
    if (job === null) continue;
    const arrivals = arrivalsIn(job);
    if (arrivals === null) {
      log.warn({ queue: 'arrivals', job: id }, 'what came in cannot be read by this version, and is left');
      unread.push({ id, text: JSON.stringify(job.data) });
      continue;
    }
    await sortArrivals({ queues }, { arrivals });
    if ((await queues.arrivals.remove(id)) === 1 || (await jobOf(queues.arrivals, id)) === null) continue;
    for (const one of arrivals) if (one.job.kind === 'credential') atWork.add(one.job.earner);
  }
  return { atWork, unread };
}

/** Null: it is gone. */
const jobOf = async (queue: Queue, id: string): Promise<Job | null> => (await queue.getJob(id)) ?? null;

/** Null: it is of a form that our door does not write. */
const arrivalsIn = (job: Job): readonly Arrival[] | null =>
  arrivalsJob.safeParse(job.data).data?.arrivals ?? null;
