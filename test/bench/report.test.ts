import { goalsOf } from '../../bench/page.js';
import { reportOf, withPart, type Report } from '../../bench/report.js';

const run = (measured: string, more: object = {}) => ({
  machine: 'one',
  commit: 'abc1234',
  day: '2026-11-27',
  text: '',
  goals: [{ goal: 'a second: at least 4', measured, met: true }],
  ...more,
});
const runs = (...all: ReturnType<typeof run>[]) =>
  all.reduce((report: Report, one) => withPart(report, 'door', one, {}), reportOf('{}')).parts['door'];

test('the goals of a commit stand beside what they came to in the two runs before', () => {
  const part = runs(run('5.0'), run('5.1'), run('5.2'), run('5.3'));
  expect(part === undefined ? '' : goalsOf(part).split('\n').at(-1)).toBe(
    '| a second: at least 4 | 5.3 | met | 5.2; 5.1 |',
  );
});

test('what cannot be compared does not stand beside it', () => {
  const [goal] = run('').goals;
  for (const other of [
    { commit: 'def5678' },
    { machine: 'another' },
    { commit: '' },
    { goals: [{ ...goal, goal: 'quick', measured: '1' }] },
  ])
    expect(runs(run('5.0', other), run('5.1', other['commit'] === '' ? other : {}))?.earlier).toEqual([]);
  const alone = runs(run('5.0'));
  expect(alone === undefined ? '' : goalsOf(alone)).not.toContain('before');
});

test('a report keeps the other parts, and the figures that others read', () => {
  const before = reportOf(
    '{"door":{"noticesPerSecond":1},"parts":{"calls":{"machine":"m","day":"d","text":"t"}}}',
  );
  const after = withPart(before, 'door', run('5'), { door: { noticesPerSecond: 2 } });
  expect(after).toMatchObject({
    door: { noticesPerSecond: 2 },
    parts: { calls: { text: 't', earlier: [] } },
  });
});
