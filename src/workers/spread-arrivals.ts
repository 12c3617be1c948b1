import type { Job, JobType, Queue } from 'bullmq';
import type { EarnerKey } from '../ids.js';
import { arrivalsJob, type Arrival, type CredentialNotice } from '../queue/jobs.js';
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

/** A job of arrivals that a worker is carrying out: for as long as OBF takes. */
export interface CarriedJob {
  readonly id: string;
  /** When it came in, Unix milliseconds. */
  readonly sinceMs: number;
  /** Those that are about a person. */
  readonly credentials: readonly CredentialNotice[];
}

/** What was not made jobs of its own. */
export interface LeftOver {
  readonly carried: readonly CarriedJob[];
  readonly unread: readonly UnreadJob[];
}

/** Whom what is being carried out is about. */
export const earnersAtWork = ({ carried }: Pick<LeftOver, 'carried'>): ReadonlySet<EarnerKey> =>
  new Set(carried.flatMap(({ credentials }) => credentials.map(({ earner }) => earner)));

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
 * queues hold of a person then finds it by the ids of jobs alone. What a worker is carrying out is left to it, or
 * OBF would be asked for it once more at each look; what cannot be read stays. Both are told.
 */
export async function spreadArrivals({ queues, log }: Pick<Pipeline, 'queues' | 'log'>): Promise<LeftOver> {
  const carried: CarriedJob[] = [];
  const unread: UnreadJob[] = [];
  for (const id of await queues.arrivals.getRanges([...STATES], 0, -1, true)) {
    // Asked first: one that ends in between is gone, and is not taken for one that nobody has.
    const isHeld = await isLocked(queues.arrivals, id);
    const job = await jobOf(queues.arrivals, id);
    if (job === null) continue;
    const arrivals = arrivalsIn(job);
    if (arrivals === null) {
      log.warn({ queue: 'arrivals', job: id }, 'what came in cannot be read by this version, and is left');
      unread.push({ id, text: JSON.stringify(job.data) });
    } else if (isHeld || !(await isSorted({ queues }, id, arrivals))) {
      carried.push({ id, sinceMs: job.timestamp, credentials: arrivals.flatMap(credentialIn) });
    }
  }
  return { carried, unread };
}

/** False: a worker took it meanwhile, so that OBF may be asked for some of it twice. */
async function isSorted(
  { queues }: Pick<Pipeline, 'queues'>,
  id: string,
  arrivals: readonly Arrival[],
): Promise<boolean> {
  await sortArrivals({ queues }, { arrivals });
  return (await queues.arrivals.remove(id)) === 1 || (await jobOf(queues.arrivals, id)) === null;
}

/** A worker that lives holds the lock of its job; that of one that died ends within `lockMs`. */
async function isLocked(queue: Queue, id: string): Promise<boolean> {
  const client = await queue.getBackend().client;
  return (await client.get(queue.toKey(`${id}:lock`))) !== null;
}

/** Null: it is gone. */
const jobOf = async (queue: Queue, id: string): Promise<Job | null> => (await queue.getJob(id)) ?? null;

/** Null: it is of a form that our door does not write. */
const arrivalsIn = (job: Job): readonly Arrival[] | null =>
  arrivalsJob.safeParse(job.data).data?.arrivals ?? null;

const credentialIn = ({ job }: Arrival): readonly CredentialNotice[] =>
  job.kind === 'credential' ? [job] : [];
