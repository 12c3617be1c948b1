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

/** Of what is certain, less than so much of the whole in a minute is none: a process would take a week to double. */
const NONE = 0.0001;

/**
 * Least squares. A heap that is high now is high two seconds later, too: points that follow one another say less than
 * as many that know nothing of each other, and the bound is as wide as that makes it (Santer et al. 2000, "Statistical
 * significance of trends and trend differences": the effective number of points). Pure.
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
  const left = points.map(({ x, y }) => y - mean - perMinute * (x - meanX));
  return { perMinute, bound: boundOf(left, spread), mean };
}

/** @param left what the line does not explain, in the order of time */
function boundOf(left: readonly number[], spread: number): number {
  const squares = left.reduce((sum, one) => sum + one ** 2, 0);
  if (squares === 0) return 0;
  // A growth that bends leaves much that a line does not explain, all of it alike: it is not to be taken for none.
  const worth = Math.max(left.length * ownShareOf(left, squares), Math.min(left.length, LEAST_WORTH));
  const freedom = worth - 2;
  return studentOf(freedom) * Math.sqrt(squares / freedom / spread);
}

/** How much of each point is news: 1 where none knows of the one before it. */
function ownShareOf(left: readonly number[], squares: number): number {
  const withNext = left.slice(1).reduce((sum, one, at) => sum + one * (left[at] ?? 0), 0);
  const alike = Math.max(0, withNext / squares);
  return (1 - alike) / (1 + alike);
}

/** Of the normal distribution, two-sided, at 99 %. */
const Z_99 = 2.576;

/** So many points stay, however alike they are. */
const LEAST_WORTH = 7;

/** The same of Student's, near enough from five degrees of freedom on (Abramowitz and Stegun, 26.7.5). */
const studentOf = (freedom: number): number =>
  Z_99 +
  (Z_99 ** 3 + Z_99) / (4 * freedom) +
  (5 * Z_99 ** 5 + 16 * Z_99 ** 3 + 3 * Z_99) / (96 * freedom ** 2);

/** Pure: of each so many points that follow one another, the lowest. What is left over at the end is none. */
export const leastOfEach = (points: readonly Point[], count: number): readonly Point[] =>
  Array.from({ length: Math.floor(points.length / count) }, (_, at) =>
    points.slice(at * count, (at + 1) * count).reduce((least, one) => (one.y < least.y ? one : least)),
  );

/** Whether it certainly grows, by enough to matter, and goes on to. @throws RangeError with fewer than six points */
export function verdictOf(points: readonly Point[]): Verdict {
  const late = slopeOf(points.slice(Math.floor(points.length / 2)));
  const slope = slopeOf(points);
  return { ...slope, late, grows: isGrowth(slope) && isGrowth(late) };
}

const isGrowth = ({ perMinute, bound, mean }: Slope): boolean => perMinute - bound > mean * NONE;
