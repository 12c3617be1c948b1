/** What waits for one badge. */
export interface Gathered {
  readonly waiting: number;
  /** How long the oldest of them has waited, milliseconds. */
  readonly waitedMs: number;
  /** How long ago the newest of them came, milliseconds. */
  readonly quietForMs: number;
  /** Notices are read or people evaluated, of whom more may come due. */
  readonly moreMayCome: boolean;
}

export interface GatherPace {
  /** How long nothing has come before awards leave, milliseconds. */
  readonly quietMs: number;
  /** How long awards of one badge gather at most while more may come, milliseconds. */
  readonly gatherMs: number;
  /** How many leave at most in one issue call. */
  readonly batchMax: number;
}

/** Looks come at distances of this part of the time waited: few in all, and none much too late. */
const PART = 1 / 4;

/**
 * How long until they leave, or are to be looked at again, milliseconds; 0: they leave now. A full batch leaves at
 * once; another as soon as nothing more is on its way. Each batch costs a few calls of OBF. Pure.
 */
export function leavesInMs(
  { waiting, waitedMs, quietForMs, moreMayCome }: Gathered,
  { quietMs, gatherMs, batchMax }: GatherPace,
): number {
  const leftMs = gatherMs - waitedMs;
  if (waiting >= batchMax || leftMs <= 0) return 0;
  const lookMs = moreMayCome ? waitedMs * PART : 0;
  return Math.ceil(Math.min(leftMs, Math.max(quietMs - quietForMs, lookMs)));
}
