/** The times that issuing keeps, milliseconds, and the size of what leaves at once. */
export const ISSUING_PACE = {
  /** How long nothing has come before awards leave. */
  quietMs: 100,
  /** How long awards of one badge gather at most while more may come. */
  gatherMs: 10_000,
  /** How many leave at most in one issue call. */
  batchMax: 500,
  /** How long after the first refusal the account is looked at again; the distance doubles up to the second. */
  holdFirstMs: 5 * 60_000,
  holdMaxMs: 3_600_000,
  /** How long one issue call may take in all. */
  sendWithinMs: 20_000,
  /** How long after a call of unknown outcome OBF is believed; above `sendWithinMs`. */
  settleMs: 30_000,
  quota: {
    /** Issuing pauses rather than leave fewer than so many. */
    floor: 50,
    largeBatch: 100,
    /** How old a reading may be before a large batch, and otherwise. */
    freshMs: 10 * 60_000,
    maxAgeMs: 24 * 3_600_000,
  },
};
export type IssuingPace = Readonly<typeof ISSUING_PACE>;
