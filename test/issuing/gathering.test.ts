import fc from 'fast-check';
import { leavesInMs } from '../../src/issuing/gathering.js';

const PACE = { gatherMs: 2000, batchMax: 500 };

test.each([
  ['a full batch leaves at once', { waiting: 500, waitedMs: 0, moreMayCome: true }, 0],
  ['who has just come gathers', { waiting: 3, waitedMs: 0, moreMayCome: false }, 2000],
  ['for the rest of the time', { waiting: 3, waitedMs: 1500, moreMayCome: false }, 500],
  ['and leaves then, if nobody is evaluated', { waiting: 3, waitedMs: 2000, moreMayCome: false }, 0],
  ['while others are, it is looked at again soon', { waiting: 3, waitedMs: 2000, moreMayCome: true }, 500],
  ['but not beyond the limit', { waiting: 3, waitedMs: 9900, moreMayCome: true }, 100],
  ['at which they leave', { waiting: 3, waitedMs: 10_000, moreMayCome: true }, 0],
])('%s', (_, gathered, inMs) => {
  expect(leavesInMs(gathered, PACE)).toBe(inMs);
});

test('whoever looks again when told to is done within five times as long, in few looks', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60_000 }),
      fc.integer({ min: 1, max: 499 }),
      fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
      (gatherMs, waiting, evaluated) => {
        let waitedMs = 0;
        for (const moreMayCome of evaluated) {
          const inMs = leavesInMs({ waiting, waitedMs, moreMayCome }, { ...PACE, gatherMs });
          if (inMs === 0) break;
          waitedMs += inMs;
        }
        expect(leavesInMs({ waiting, waitedMs, moreMayCome: false }, { ...PACE, gatherMs })).toBe(0);
        expect(waitedMs).toBeGreaterThanOrEqual(gatherMs);
        expect(waitedMs).toBeLessThanOrEqual(5 * gatherMs);
      },
    ),
  );
});
