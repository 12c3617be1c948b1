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
