/** A point of a measurement: x in minutes. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Slope {
  /** Of y in a minute. */
  readonly perMinute: number;
  /** Half the width of its interval, at 99 % confidence. */
  readonly bound: number;
  readonly mean: number;
}

export interface Verdict extends Slope {
  /** Of the second half alone: what flattens was a beginning, and no leak. */
  readonly late: Slope;
  readonly grows: boolean;
}

/** Of the normal distribution, two-sided: there are enough points for it. */
const Z_99 = 2.576;
/** Growth is told from noise; and of what is certain, less than so much of the whole in a minute is none. */
const NONE = 0.001;

/**
 * Least squares. Pure.
 * @throws RangeError with fewer than three points, or all at one instant
 */
export function slopeOf(points: readonly Point[]): Slope {
  if (points.length < 3) throw new RangeError('a slope needs three points');
  const n = points.length;
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / n;
  const mean = points.reduce((sum, { y }) => sum + y, 0) / n;
  const spread = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  if (spread === 0) throw new RangeError('a slope needs more than one instant');
  const perMinute = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - mean), 0) / spread;
  const left = points.reduce((sum, { x, y }) => sum + (y - mean - perMinute * (x - meanX)) ** 2, 0);
  return { perMinute, bound: Z_99 * Math.sqrt(left / (n - 2) / spread), mean };
}

/** Whether it certainly grows, by enough to matter, and goes on to. @throws RangeError with fewer than six points */
export function verdictOf(points: readonly Point[]): Verdict {
  const late = slopeOf(points.slice(Math.floor(points.length / 2)));
  const slope = slopeOf(points);
  return { ...slope, late, grows: isGrowth(slope) && isGrowth(late) };
}

const isGrowth = ({ perMinute, bound, mean }: Slope): boolean => perMinute - bound > mean * NONE;
