import { CRASH_POINTS } from './mayhem.js';
import { runChaos } from './run.js';

/** One seed of `npm run test:chaos`, small enough for every run of the tests. */
test('seed 7, 60 earners: whatever is done to it, one badge for each who is due it', async () => {
  const report = await runChaos({ seed: 7, earners: 60, withChanges: true });
  expect(report.violations).toEqual([]);
  // A run in which nothing happened would hold too.
  expect(report.awards.given).toBeGreaterThan(36);
  expect(Object.keys(report.crashed).length).toBeGreaterThan(CRASH_POINTS.length / 2);
  expect(report.faults).not.toEqual({});
  expect(report.blows).toMatchObject({ 'kill-redis': 1, 'freeze-redis': 1, 'kill-web': 1 });
}, 600_000);
