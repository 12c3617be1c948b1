import { Worker } from 'bullmq';

/** A worker of a queue that can also be ended where there is no Redis to ask. */
export class QueueWorker extends Worker {
  /**
   * Ends it as it stands, for one whose `close()` waits in vain: for a Redis that is away, or a connection that was
   * never there. Nothing is asked of Redis, and what was asked ends with the connection that it shares; a job that
   * it had is found when its lock ends.
   */
  async abandon(): Promise<void> {
    await this.pause(true);
    await this.lockManager.close();
    await this.backend.close(true);
  }
}
