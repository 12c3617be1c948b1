/** What a job did, for its one line in the log. */
export interface JobResult {
  /** Always the same words for the same outcome. */
  readonly did: string;
  /** Ids, which join it to other lines, and numbers. Never an address. */
  readonly facts: Readonly<Record<string, unknown>>;
  /**
   * The job wrote nothing but jobs of its own queue. They are on the server that stores its completion: both are lost,
   * or neither.
   */
  readonly onlyQueued?: boolean;
}

/** Does one job. The signal aborts when the job no longer belongs to this process. */
export type JobHandler<Parts, Job> = (parts: Parts, job: Job, signal: AbortSignal) => Promise<JobResult>;

/** Progress of a long job, stored with it: the run after an interrupted one finds it in `before`. */
interface JobProgress {
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
