import fc from 'fast-check';
import { batchDelayMs } from '../../src/issuing/outbox.js';
import { isTriedAgain } from '../../src/workers/issue/gather-awards.js';

const PACE = { quietMs: 100, gatherMs: 10_000, batchMax: 500 };

test.each([
  ['a full batch leaves at once', [500, 0, 0, true], 0],
  ['who has just come waits for a quiet moment', [1, 0, 0, false], 100],
  ['for the rest of it', [1, 30, 30, false], 70],
  ['and leaves then', [1, 100, 100, false], 0],
  ['another who comes begins the quiet anew', [2, 100, 20, false], 80],
  ['while more may come, it is looked at again soon', [1, 100, 100, true], 25],
  ['the longer they have waited, the later', [3, 4000, 900, true], 1000],
  ['but not beyond the limit', [3, 9900, 900, true], 100],
  ['nor for a quiet that would end beyond it', [3, 9950, 0, false], 50],
  ['at which they leave', [3, 10_000, 0, true], 0],
] as const)('%s', (_, [waiting, waitedMs, quietForMs, moreMayCome], inMs) => {
  expect(batchDelayMs({ waiting, waitedMs, quietForMs, moreMayCome }, PACE)).toBe(inMs);
});

test('whoever looks again when told to leaves within the limit, after a quiet or at the limit, in few looks', () => {
  const looks = fc.array(fc.record({ comes: fc.boolean(), moreMayCome: fc.boolean() }), { maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 60_000 }), looks, (gatherMs, seen) => {
      const pace = { ...PACE, gatherMs };
      let [waitedMs, quietForMs] = [0, 0];
      for (const { comes, moreMayCome } of seen) {
        if (comes) quietForMs = 0;
        const inMs = batchDelayMs({ waiting: 1, waitedMs, quietForMs, moreMayCome }, pace);
        if (inMs === 0) {
          expect(waitedMs >= gatherMs || (!moreMayCome && quietForMs >= PACE.quietMs)).toBe(true);
          return;
        }
        waitedMs += inMs;
        quietForMs += inMs;
        expect(waitedMs).toBeLessThanOrEqual(gatherMs);
      }
    }),
  );
  let waitedMs = 0;
  let looked = 0;
  for (; waitedMs < PACE.gatherMs; looked += 1)
    waitedMs += batchDelayMs({ waiting: 1, waitedMs, quietForMs: waitedMs, moreMayCome: true }, PACE);
  expect(looked).toBeLessThanOrEqual(25);
});

test('a batch that failed is tried again for a week, an hour to a day apart', () => {
  const HOUR_MS = 3_600_000;
  const tries: number[] = [];
  let failedMs = 0;
  for (let nowMs = 0; nowMs < 10 * 24 * HOUR_MS; nowMs += HOUR_MS / 4)
    if (isTriedAgain(0, failedMs, nowMs)) {
      tries.push(nowMs / HOUR_MS);
      failedMs = nowMs;
    }
  expect(tries).toEqual([1, 2, 4, 8, 16, 32, 56, 80, 104, 128, 152]);
});
