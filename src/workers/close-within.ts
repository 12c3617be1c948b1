/** How often it is looked whether there is anything to wait for. */
const LOOK_EVERY_MS = 500;

/** What of a worker is needed to end it. */
export interface Closing {
  close(): Promise<void>;
  cancelAllJobs(reason?: string): void;
}

/**
 * Ends a worker. `worker.close()` waits for its jobs, and for what it asks Redis, however long they take.
 * - Past the limit its jobs are given back.
 * - Where Redis is away and the worker has no job, nothing is waited for: what it still asks ends with the connection.
 * @param isInVain asked every half second; true twice in a row ends the waiting
 */
export async function closeWithin(worker: Closing, limitMs: number, isInVain: () => boolean): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let looking: NodeJS.Timeout | undefined;
  const givenUp = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      worker.cancelAllJobs('the process stops');
      resolve();
    }, limitMs);
    let before = false;
    looking = setInterval(() => {
      const now = isInVain();
      if (before && now) resolve();
      before = now;
    }, LOOK_EVERY_MS);
  });
  await Promise.race([worker.close(), givenUp]);
  clearTimeout(timer);
  clearInterval(looking);
}
