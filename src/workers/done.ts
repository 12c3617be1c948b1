/** What a job did: its one line in the log. */
export interface Done {
  /** In the same words whenever the same was done. */
  readonly did: string;
  /** Ids that join it to other lines, and numbers. Never an address. */
  readonly facts: Readonly<Record<string, unknown>>;
}
