/** What a job did: its one line in the log. */
export interface JobResult {
  /** In the same words whenever the same was done. */
  readonly did: string;
  /** Ids that join it to other lines, and numbers. Never an address. */
  readonly facts: Readonly<Record<string, unknown>>;
  /**
   * Nothing was written but jobs of its own queue, which are on the same server: they are lost together with the
   * news that this one is over, or not at all.
   */
  readonly onlyQueued?: boolean;
}

/** Does one job. The signal aborts when it is no longer this process' to do. */
export type JobHandler<Parts, Job> = (parts: Parts, job: Job, signal: AbortSignal) => Promise<JobResult>;

/** How far a long job is, kept with it; a run that follows an interrupted one finds it. */
export interface JobProgress {
  readonly before: unknown;
  readonly report: (progress: object) => Promise<void>;
}

/** Does one job that takes long. */
export type LongWork<Parts, Job> = (
  parts: Parts,
  job: Job,
  signal: AbortSignal,
  progress: JobProgress,
) => Promise<JobResult>;
