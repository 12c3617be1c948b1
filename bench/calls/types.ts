/** Calls that OBF received, tokens apart: one of a warm start is kept for its whole life. */
export interface Counted {
  /** How often each route was called, by `client route`. */
  readonly byRoute: Readonly<Record<string, number>>;
  readonly total: number;
  readonly tokens: number;
  /** From the first notice to the last award, seconds, at the rate that was kept. */
  readonly seconds: number;
}

/** One comparison: Palier beside what one would write in an hour. */
export interface Compared {
  readonly what: string;
  /** What is counted against: awards, or partners and periods. */
  readonly per: number;
  readonly ours: Counted;
  readonly straightforward: Counted;
  /** The most calls that the goal allows for each of `per`. */
  readonly goal: number;
}

export interface CallsResult {
  readonly name: 'calls';
  /** By key, as `docs/performance.json` has them. */
  readonly figures: Readonly<Record<string, number>>;
  readonly compared: readonly Compared[];
}
