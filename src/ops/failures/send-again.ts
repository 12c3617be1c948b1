import type { Queue } from 'bullmq';

/**
 * Gives one failed job its full attempts again. May be repeated.
 * @returns false when it is not failed any more: somebody else has sent it, or removed it
 */
export async function sendAgain(queue: Queue, id: string): Promise<boolean> {
  const job = await queue.getJob(id);
  if (job === undefined) return false;
  try {
    await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
    return true;
  } catch (error) {
    if (await job.isFailed()) throw error;
    return false;
  }
}
