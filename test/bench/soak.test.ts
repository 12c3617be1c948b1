import { leastOfEach, slopeOf, verdictOf, type Point } from '../../bench/soak/slope.js';
import { randomOf, type Random } from '../chaos/random.js';
import { runSoak } from '../../bench/soak/run.js';

const series = (of: (x: number) => number): readonly Point[] =>
  Array.from({ length: 200 }, (_, at) => ({ x: at / 20, y: of(at / 20) }));
/** The same every time. */
const noise = (x: number): number => 2000 * Math.sin(x * 9973);
const MIB = 1_048_576;

test('a line has its slope, and no doubt about it', () => {
  expect(slopeOf(series((x) => 100 + 3 * x))).toMatchObject({ perMinute: expect.closeTo(3, 6) as unknown });
  expect(() => slopeOf([{ x: 0, y: 0 }])).toThrow(RangeError);
});

test('noise is flat, a leak grows, a beginning that flattens does not', () => {
  expect(verdictOf(series((x) => 30 * MIB + noise(x))).grows).toBe(false);
  expect(verdictOf(series((x) => 30 * MIB + noise(x) + 100_000 * x)).grows).toBe(true);
  expect(verdictOf(series((x) => 30 * MIB + noise(x) + 500_000 * Math.min(x, 3))).grows).toBe(false);
});

describe('a heap that is high now is high two seconds later, too', () => {
  /** Of each point seven tenths are the one before it, as a worker's heap was measured to be. */
  const drifting = (random: Random, perPoint: number): readonly Point[] => {
    let drift = 0;
    return Array.from({ length: 150 }, (_, at) => {
      drift = 0.7 * drift + random.between(-100_000, 100_000);
      return { x: at / 30, y: 22 * MIB + drift + perPoint * at };
    });
  };
  const certain = (perPoint: number): number => {
    const random = randomOf('a soak');
    const slopes = Array.from({ length: 400 }, () => slopeOf(drifting(random, perPoint)));
    return slopes.filter(({ perMinute, bound }) => perMinute > bound).length;
  };

  test('drifting is not growing: hardly once in a hundred', () => {
    expect(certain(0)).toBeLessThanOrEqual(6);
  });
  test('and a leak under it is found', () => {
    expect(certain(5000)).toBeGreaterThan(390);
  });
  test('and so is one that bends, of which each point is as the one before it', () => {
    expect(verdictOf(series((x) => 27 * MIB + 2000 * x * x)).grows).toBe(true);
    expect(verdictOf(series((x) => 27 * MIB + 60_000 * Math.sqrt(x))).grows).toBe(true);
  });
});

test('what is in hand for a while is no growth, and hides none', () => {
  const inHand = (x: number): number => (Math.floor(x * 20) % 5 < 3 ? 130_000 : 0);
  const grows = (perMinute: number): boolean =>
    verdictOf(
      leastOfEach(
        series((x) => 22 * MIB + inHand(x) + perMinute * x),
        10,
      ),
    ).grows;
  expect([grows(0), grows(4000)]).toEqual([false, true]);
  expect(leastOfEach(series(inHand), 10)).toHaveLength(20);
  expect(leastOfEach(series(inHand).slice(0, 15), 10)).toEqual([{ x: 3 / 20, y: 0 }]);
});

test('real processes under steady load: nothing is lost on the way, and Redis holds no key more', async () => {
  const result = await runSoak({ minutes: 0.05, perSecond: 20, people: 20, warmNotices: 100 });
  expect(result).toMatchObject({ notices: 60, name: 'soak' });
  expect(result.keysMore).toBeLessThanOrEqual(3);
  expect(result.peakRssBytes).toBeGreaterThan(10 * MIB);
  expect(result.peakRssBytes).toBeLessThan(256 * MIB);
}, 90_000);
