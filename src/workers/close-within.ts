/** How often it is looked whether there is anything to wait for. */
const LOOK_EVERY_MS = 500;

/** What of a worker is needed to end it. */
export interface Closing {
  close(): Promise<void>;
  cancelAllJobs(reason?: string): void;
  /** Ends it as it stands, and asks Redis nothing. */
  abandon(): Promise<void>;
}

/**
 * Ends a worker. `worker.close()` waits for its jobs, and for what it asks Redis, however long they take.
 * - Past the limit its jobs are given back.
 * - Where Redis is away and the worker has no job, nothing is waited for: it is abandoned.
 * @param isInVain asked every half second; true twice in a row ends the waiting
 */
export async function closeWithin(worker: Closing, limitMs: number, isInVain: () => boolean): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let looking: NodeJS.Timeout | undefined;
  const givenUp = new Promise<'late' | 'in vain'>((resolve) => {
    timer = setTimeout(() => resolve('late'), limitMs);
    let before = false;
    looking = setInterval(() => {
      const now = isInVain();
      if (before && now) resolve('in vain');
      before = now;
    }, LOOK_EVERY_MS);
  });
  const end = await Promise.race([worker.close(), givenUp]);
  clearTimeout(timer);
  clearInterval(looking);
  if (end === 'late') worker.cancelAllJobs('the process stops');
  if (end === 'in vain') await worker.abandon();
}
