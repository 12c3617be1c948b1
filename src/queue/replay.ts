import type { Job, Queue } from 'bullmq';

/** Which failed jobs are to be sent again; all that is given must match. */
export interface ReplayFilter {
  /** Part of the reason, in any letter case. */
  readonly error?: string;
  /** Failed at or after this instant, Unix milliseconds. */
  readonly sinceMs?: number;
}

const PAGE = 200;

/** Pure: whether one failed job is meant. */
export const isMeant = (
  job: Pick<Job, 'failedReason' | 'finishedOn'>,
  { error, sinceMs }: ReplayFilter,
): boolean =>
  (error === undefined || job.failedReason.toLowerCase().includes(error.toLowerCase())) &&
  (sinceMs === undefined || (job.finishedOn ?? 0) >= sinceMs);

/**
 * Gives failed jobs their full attempts again. Jobs that fail anew meanwhile are left as they are: the
 * ids are read before the first is sent.
 * @returns how many were sent again
 */
export async function replayFailed(
  queue: Queue,
  filter: ReplayFilter,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<number> {
  const meant: Job[] = [];
  for (let at = 0; ; at += PAGE) {
    const page = await queue.getFailed(at, at + PAGE - 1);
    meant.push(...page.filter((job) => isMeant(job, filter)));
    if (page.length < PAGE) break;
  }
  let sent = 0;
  for (const [at, job] of meant.entries()) {
    if (await sendAgain(job)) sent += 1;
    onProgress(at + 1, meant.length);
  }
  return sent;
}

/** False when somebody else has sent it again meanwhile. */
async function sendAgain(job: Job): Promise<boolean> {
  try {
    await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
    return true;
  } catch (error) {
    if (await job.isFailed()) throw error;
    return false;
  }
}
