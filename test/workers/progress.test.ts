import { setImmediate } from 'node:timers/promises';
import { throttleProgress } from '../../src/workers/apply-scheme.js';

test('progress is kept one write at a time, and not more often than every half second', async () => {
  let [nowMs, failing] = [1000, false];
  jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const kept: number[] = [];
  let written = (): void => {};
  const report = throttleProgress(async ({ done }) => {
    kept.push(done);
    await new Promise<void>((resolve) => (written = resolve));
    if (failing) throw new Error('Redis is away');
  });
  const writeEnds = async (): Promise<void> => {
    written();
    await setImmediate();
  };
  report(1, 9);
  nowMs += 5000;
  report(2, 9);
  await writeEnds();
  report(3, 9);
  nowMs += 499;
  report(4, 9);
  nowMs += 1;
  report(5, 9);
  expect(kept).toEqual([1, 5]);
  // One that fails is followed by the next all the same.
  failing = true;
  await writeEnds();
  nowMs += 500;
  report(6, 9);
  await writeEnds();
  nowMs += 500;
  report(7, 9);
  expect(kept).toEqual([1, 5, 6, 7]);
});
