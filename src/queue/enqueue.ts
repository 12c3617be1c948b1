import type { JobsOptions, JobState, Queue } from 'bullmq';
import { redisCause } from '../platform/redis-faults.js';
import { ATTEMPTS } from './retry.js';

export interface NewJob {
  readonly id: string;
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Earliest start, milliseconds from now. */
  readonly delayMs?: number;
}

/** How many runs of one id may overlap before we say that something is wrong. */
const MAX_OVERLAP = 8;
/** How many jobs are on their way to Redis at once: enough to fill its pipeline, few enough to stop in time. */
const CHUNK = 500;

/** States in which a job's next run may be over, or have begun already. */
const NEEDS_CARE: ReadonlySet<State> = new Set(['active', 'failed', 'completed']);

type State = JobState | 'unknown';

/** Redis could not take a job in time. The job may be there all the same: ids make a repeat safe. */
export class EnqueueError extends Error {
  readonly code = 'enqueue_failed';
}

/**
 * Sees to it that a run of this job *starts after* this call: a waiting one will do, a failed one is
 * given its full attempts again, and beside a running one (which may have read the world before the
 * change) a follow-up is added. BullMQ's `add` alone drops all three silently.
 */
export async function enqueue(queue: Queue, job: NewJob): Promise<void> {
  for (const id of runsOf(job.id)) if (await willRun(queue, { ...job, id })) return;
  throw new EnqueueError(`${queue.name}: ${MAX_OVERLAP} runs of one job overlap`);
}

/** The ids of the runs of one job that may overlap, its own first. */
export const runsOf = (id: string): readonly string[] =>
  Array.from({ length: MAX_OVERLAP }, (_, run) => (run === 0 ? id : `${id}.${run}`));

/**
 * Looked at before it is added, never after: a quick worker may take the new job at once, and its run is
 * a good one. Any run that starts after this look knows what the caller knows.
 */
async function willRun(queue: Queue, job: NewJob): Promise<boolean> {
  const state = await stateOf(queue, job.id);
  if (state === 'active') return false;
  if (state === 'failed' || state === 'completed') await revive(queue, job.id, state);
  else if (state === 'unknown') await add(queue, job);
  return true;
}

const add = (queue: Queue, job: NewJob): Promise<unknown> => queue.add(job.name, job.data, optionsOf(job));

/** What every job of ours is added with. */
export const optionsOf = ({ id, delayMs }: Pick<NewJob, 'id' | 'delayMs'>): JobsOptions => ({
  jobId: id,
  attempts: ATTEMPTS,
  backoff: { type: 'custom' },
  removeOnComplete: true,
  ...(delayMs === undefined ? {} : { delay: delayMs }),
});

/** Adds the job unless there is one of its id already, in whatever state: a failed one stays for ops. */
export async function enqueueIfAbsent(queue: Queue, job: NewJob): Promise<void> {
  await add(queue, job);
}

/**
 * A job that nobody has begun says so itself. Only for the others BullMQ is asked, which walks through
 * the waiting ones: a backlog of a hundred thousand would be walked for every new job.
 */
async function stateOf(queue: Queue, id: string): Promise<State> {
  const client = await queue.getBackend().client;
  const fields = ['timestamp', 'processedOn', 'finishedOn'] as const;
  const [made, begun, ended] = await client.hmget(queue.toKey(id), ...fields);
  if (made === null) return 'unknown';
  if (begun !== null || ended !== null) return queue.getJobState(id);
  return 'waiting';
}

async function revive(queue: Queue, id: string, from: 'failed' | 'completed'): Promise<void> {
  const job = await queue.getJob(id);
  try {
    await job?.retry(from, { resetAttemptsMade: true, resetAttemptsStarted: true });
  } catch (error) {
    // Somebody else was quicker: what matters is that it no longer lies there.
    if ((await stateOf(queue, id)) === from) throw error;
  }
}

/** The same for many jobs; the first that fails ends it. Jobs before it are stored, so that a repeat finds them waiting. */
export async function enqueueAll(queue: Queue, jobs: readonly NewJob[]): Promise<void> {
  for (let at = 0; at < jobs.length; at += CHUNK) await enqueueChunk(queue, jobs.slice(at, at + CHUNK));
}

/** Jobs that nobody told before are the usual case: they are looked at together, and leave together. */
async function enqueueChunk(queue: Queue, jobs: readonly NewJob[]): Promise<void> {
  const seen = await Promise.all(jobs.map(async (job) => ({ job, state: await stateOf(queue, job.id) })));
  const fresh = seen.filter(({ state }) => state === 'unknown').map(({ job }) => job);
  await queue.addBulk(fresh.map((job) => ({ name: job.name, data: job.data, opts: optionsOf(job) })));
  const others = seen.filter(({ state }) => NEEDS_CARE.has(state));
  await Promise.all(others.map(({ job }) => enqueue(queue, job)));
}

/**
 * Adding under a deadline of our own: a Redis that is frozen, or was never there, keeps `add` waiting.
 * @throws EnqueueError after `deadlineMs`, or when Redis fails before
 */
export async function withinDeadline(
  queue: Queue,
  adding: () => Promise<unknown>,
  deadlineMs: number,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    const late = (): void => reject(new EnqueueError(`${queue.name}: no answer from Redis in time`));
    timer = setTimeout(late, deadlineMs);
  });
  try {
    await Promise.race([adding(), deadline]);
  } catch (cause) {
    if (cause instanceof EnqueueError) throw cause;
    throw new EnqueueError(`${queue.name}: Redis did not take a job: ${redisCause(cause).en}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}
