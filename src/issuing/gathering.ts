/** What waits for one badge. */
export interface Gathered {
  readonly waiting: number;
  /** How long the oldest of them has waited, milliseconds. */
  readonly waitedMs: number;
  /** People are being evaluated, of whom more may come due. */
  readonly moreMayCome: boolean;
}

export interface GatherPace {
  /** How long awards of one badge gather before they leave together, milliseconds. */
  readonly gatherMs: number;
  /** How many leave at most in one issue call. */
  readonly batchMax: number;
}

/** While people are evaluated, awards gather so much longer: a class may take a slow machine a while. */
const LONGER = 5;

/**
 * How long until they leave, milliseconds; 0: now. A full batch leaves at once; another when its oldest has waited
 * long enough, and nobody is left who could join it, or that takes too long. Each batch costs a few calls of OBF. Pure.
 */
export function leavesInMs(
  { waiting, waitedMs, moreMayCome }: Gathered,
  { gatherMs, batchMax }: GatherPace,
): number {
  if (waiting >= batchMax) return 0;
  if (waitedMs < gatherMs) return gatherMs - waitedMs;
  const leftMs = LONGER * gatherMs - waitedMs;
  // Looked at again soon: when everybody is evaluated, nobody is to wait on.
  return moreMayCome && leftMs > 0 ? Math.min(leftMs, Math.ceil(gatherMs / 4)) : 0;
}
