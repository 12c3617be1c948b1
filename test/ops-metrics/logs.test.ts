import { openWatched, type Watched } from './watched.js';
import { REGION } from '../support/house.js';
import { until } from '../support/until.js';

type Line = Readonly<Record<string, unknown>>;

let watched: Watched;
let lines: Line[];
beforeEach(async () => {
  lines = [];
  const logTo = { write: (line: string) => void lines.push(JSON.parse(line) as Line) };
  watched = await openWatched({ workers: 2, logTo });
});
afterEach(() => watched.close());

const INFO = 30;
const jobLines = () => lines.filter((line) => line['queue'] !== undefined && line['job'] !== undefined);
const lineOf = (what: Line): Line | undefined =>
  lines.find((line) => Object.entries(what).every(([name, value]) => line[name] === value));

async function giveOneAward(): Promise<void> {
  const { house } = watched;
  const a = house.issue({ clientId: 'P1', badgeId: 'A', recipients: ['lou@example.org'] });
  const b = house.issue({ clientId: 'P2', badgeId: 'B', recipients: ['lou@example.org'] });
  expect(await house.notify(a)).toBe(202);
  await house.idle();
  expect(await house.notify(b)).toBe(202);
  await house.idle();
  expect(house.awards()).toEqual(['R1 lou@example.org']);
}

test('each run of a job is one line: what was done, how long it took, and nothing of a person', async () => {
  await giveOneAward();
  const done = (await watched.series()).filter(({ name }) => name === 'palier_jobs_total');
  expect(jobLines()).toHaveLength(done.reduce((sum, { value }) => sum + value, 0));
  for (const line of jobLines())
    expect(line).toMatchObject({
      level: INFO,
      kind: expect.any(String),
      attempt: 1,
      durationMs: expect.any(Number),
      msg: expect.stringMatching(/^[a-z ]{8,}$/),
    });
  expect(lines.map((line) => JSON.stringify(line)).join('\n')).not.toMatch(/@|lou\b/);
});

test('the lines of one award are joined, from the request to the event in OBF', async () => {
  await giveOneAward();
  const [event] = watched.house.sandbox.eventsOf(REGION, 'R1');
  const issued = lineOf({ msg: 'awards issued', event: event?.id });
  const [cause] = (issued ?? {})['causes'] as string[];
  const evaluated = lineOf({ msg: 'earner evaluated', cause });
  expect(evaluated).toMatchObject({ queue: 'earners', due: ['communiquer-1'] });
  const stored = lineOf({ msg: 'event stored', cause });
  expect(stored).toMatchObject({ queue: 'notices', client: 'P2', badge: 'B', earners: 1 });
  const request = lineOf({ msg: 'request', requestId: stored?.['request'] });
  expect(request).toMatchObject({ route: 'webhooks', status: 202, clientId: 'P2' });
  const formed = lines.find((line) => line['msg'] === 'batches formed');
  expect(formed?.['batches']).toEqual([issued?.['batch']]);
  expect(issued).toMatchObject({ badge: 'R1', earners: 1, queue: 'awards', kind: 'batch' });
});

test('a run that did not end well says what becomes of the job', async () => {
  const { house } = watched;
  house.sandbox.fault({ route: 'GET event', kind: 'status', status: 500 });
  house.sandbox.fault({ route: 'GET event', kind: 'status', status: 429, retryAfterS: 0 });
  house.sandbox.fault({ route: 'GET event', kind: 'status', status: 404 });
  const { id } = house.issue({ clientId: 'P1', badgeId: 'A', recipients: ['lou@example.org'] });
  expect(await watched.notify('P1', id)).toBe(202);
  // That the notices were sorted went well.
  const runs = () => jobLines().filter(({ queue }) => queue !== 'arrivals');
  const outcomes = () => runs().map((line) => line['outcome']);
  await until(() => outcomes().includes('failed'), 'job that failed for good');
  expect(outcomes()).toEqual(['retry', 'later', 'failed']);
  for (const line of runs())
    expect(line).toMatchObject({
      msg: 'job not done',
      job: `issued.P1.${id}`,
      durationMs: expect.any(Number),
    });
});
