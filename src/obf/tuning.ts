/** Times that follow from OBF's rules. Tests shorten them; nothing else should. */
export interface Tuning {
  /** OBF makes one token per client in so many milliseconds. */
  readonly tokenSpacingMs: number;
  /** How long a call waits for a token that another process asks for, or that OBF would refuse yet. */
  readonly tokenWaitMs: number;
  /** How long OBF may take to make a token. */
  readonly tokenTimeoutMs: number;
}

export const TUNING: Tuning = { tokenSpacingMs: 10_000, tokenWaitMs: 15_000, tokenTimeoutMs: 10_000 };
