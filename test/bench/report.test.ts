import { atLeast, atMost, median, pageOf, reportOf } from '../../bench/report.js';

const part = (text: string) => ({
  machine: 'one',
  commit: 'abc1234',
  day: '2026-11-27',
  text,
  goals: [atLeast('a second', 4, 5)],
});

test('the page has each part under its heading, with its machine, commit and goals', () => {
  const report = reportOf(JSON.stringify({ calls: part('calls said'), door: part('door said') }));
  expect(pageOf(report, { door: 'The door', calls: 'Calls', growth: 'Growth' })).toBe(
    `## The door\n\n${WHERE}\n\ndoor said\n\n${GOALS}\n\n## Calls\n\n${WHERE}\n\ncalls said\n\n${GOALS}`,
  );
});
const WHERE = 'one; 2026-11-27, commit abc1234.';
const GOALS = '| goal | measured |  |\n| --- | --- | --- |\n| a second: at least 4 | 5.00 | met |';

test('what was not measured meets no goal', () => {
  expect([atMost('calls', 10, median([])).met, atLeast('a second', 4, median([])).met]).toEqual([
    false,
    false,
  ]);
  expect([atMost('calls', 10, 10).met, atMost('calls', 10, 11).met]).toEqual([true, false]);
  expect([median([3, 1, 2]), median([7])]).toEqual([2, 7]);
});
