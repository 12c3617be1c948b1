import type { Queue } from 'bullmq';
import { ATTEMPTS, connectionOf } from '../../src/queue/enqueue.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import { jsonOf } from './support/cli.js';
import { runningPalier, type RunningPalier } from './support/running-palier.js';

const HOUR_MS = 3_600_000;
let palier: RunningPalier;
let queues: RunningPalier['pipeline']['queues'];
beforeEach(async () => {
  palier = await runningPalier({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS });
  ({ queues } = palier.pipeline);
});
afterEach(() => palier.close());

/** A notice of an event that OBF does not know, for the workers to fail on. */
const unknownEvent = (eventId: string) =>
  queues.notices.add(
    'event',
    { kind: 'event', clientId: 'P1', eventId, source: 'webhook' },
    {
      jobId: `issued.P1.${eventId}`,
      attempts: ATTEMPTS,
      backoff: { type: 'custom' },
      removeOnComplete: true,
    },
  );
/** A job that no version of ours wrote. */
const garbage = (queue: Queue, id: string) => queue.add('x', { kind: 'x' }, { jobId: id, attempts: 1 });

async function failed(): Promise<Record<string, string[]>> {
  const found = await Promise.all(
    Object.entries(queues).map(async ([name, queue]) => [
      name,
      (await queue.getFailed()).map(({ id }) => id ?? ''),
    ]),
  );
  return Object.fromEntries(found) as Record<string, string[]>;
}

/** Two notices and one award stand in failed; only the worker that sends again still runs. */
async function threeFailed(): Promise<void> {
  const stop = palier.work();
  await unknownEvent('E1');
  await garbage(queues.notices, 'n.1');
  await garbage(queues.awards, 'a.1');
  await until(async () => Object.values(await failed()).flat().length === 3, 'three failed jobs');
  await stop();
  palier.work(['maintenance']);
}
const waiting = async (queue: Queue) => (await queue.getWaiting()).map(({ id }) => id).toSorted();

test('everything that failed goes back to work, with its full attempts, and the counts are told', async () => {
  await threeFailed();
  const ran = await palier.type(['replay']);
  expect(ran).toEqual({
    exit: 0,
    err: [],
    out: [
      'arrivals : 0 renvoyés au travail',
      'notices : 2 renvoyés au travail',
      'earners : 0 renvoyés au travail',
      'awards : 1 renvoyés au travail',
      'maintenance : 0 renvoyés au travail',
      'mails : 0 renvoyés au travail',
    ],
  });
  expect(await failed()).toEqual({
    arrivals: [],
    notices: [],
    earners: [],
    awards: [],
    maintenance: [],
    mails: [],
  });
  const job = await queues.notices.getJob('issued.P1.E1');
  expect(job).toMatchObject({ attemptsMade: 0, attemptsStarted: 0, opts: { attempts: ATTEMPTS } });
  expect((await palier.type(['replay'])).out).toEqual(["Rien de tel n'est en échec."]);
});

test('what failed because OBF refused is awarded after a replay', async () => {
  palier.sandbox.fault({ kind: 'status', status: 404, route: 'GET recipient', times: 2 });
  palier.sandbox.issueByHand({ clientId: 'P1', badgeId: 'A', recipients: ['lou@example.org'] });
  palier.sandbox.issueByHand({ clientId: 'P2', badgeId: 'B', recipients: ['lou@example.org'] });
  palier.work();
  await palier.type(['reconcile']);
  await until(async () => (await failed())['notices']?.length === 2, 'failed notices');
  await palier.type(['replay', '--queue', 'notices', '--error', 'recipient']);
  await until(() => palier.awards().length > 0, 'award');
  await palier.idle();
  expect(palier.awards()).toEqual(['R1 lou@example.org']);
});

test.each([
  [['--queue', 'awards'], [], ['a.1']],
  [['--error', 'ZODerror'], ['n.1'], ['a.1']],
  [['--error', 'nothing like it'], [], []],
  [['--since', '1h'], ['issued.P1.E1', 'n.1'], ['a.1']],
  [['--since', '1970-01-01'], ['issued.P1.E1', 'n.1'], ['a.1']],
  [['--queue', 'notices', '--error', 'GET event'], ['issued.P1.E1'], []],
])('only what is asked for: %j', async (options, notices, awards) => {
  await threeFailed();
  await palier.type(['replay', ...options]);
  expect([await waiting(queues.notices), await waiting(queues.awards)]).toEqual([notices, awards]);
});

test('a queue of its own for what is about everybody: it alone is sent back', async () => {
  const stop = palier.work();
  await garbage(queues.awards, 'a.1');
  await garbage(queues.maintenance, 'm.1');
  await until(async () => Object.values(await failed()).flat().length === 2, 'two failed jobs');
  await stop();
  palier.work(['maintenance']);
  const { out } = await palier.type(['replay', '--queue', 'maintenance']);
  expect(out).toEqual(['maintenance : 1 renvoyés au travail']);
  expect([await waiting(queues.awards), (await failed())['awards']]).toEqual([[], ['a.1']]);
});

test('what a worker whose clock is ahead has left in failed goes back with the rest', async () => {
  await threeFailed();
  const inTenMinutes = Date.now() + HOUR_MS / 6;
  await connectionOf(queues.notices).zadd(queues.notices.toKey('failed'), inTenMinutes, 'issued.P1.E1');
  expect((await palier.type(['replay', '--dry-run'])).out[1]).toBe('notices : 2 à renvoyer');
  await palier.type(['replay']);
  expect(await waiting(queues.notices)).toEqual(['issued.P1.E1', 'n.1']);
  expect((await failed())['notices']).toEqual([]);
});

test('what failed before the instant stays where it is', async () => {
  await threeFailed();
  const inAnHour = () => Date.now() + HOUR_MS;
  const { out } = await palier.type(['replay', '--since', '30m'], { clock: inAnHour });
  expect(out).toEqual(["Rien de tel n'est en échec."]);
  expect(Object.values(await failed()).flat()).toHaveLength(3);
});

test('without a worker it is asked for, and said so; it is done when one runs', async () => {
  await garbage(queues.awards, 'a.1');
  const stop = palier.work(['awards']);
  await until(async () => (await failed())['awards']?.length === 1, 'a failed job');
  await stop();
  const ran = await palier.type(['replay'], { patienceMs: { redis: 500, obf: 500 } });
  expect(ran).toEqual({
    exit: 1,
    err: [],
    out: [expect.stringMatching(/^Le renvoi est demandé, mais aucun processus « worker » ne l'a commencé/)],
  });
  expect((await failed())['awards']).toEqual(['a.1']);
  palier.work(['maintenance']);
  await until(async () => (await failed())['awards']?.length === 0, 'the replay');
  expect(await waiting(queues.awards)).toEqual(['a.1']);
});

test('a dry run tells the counts by reason, and sends nothing', async () => {
  await threeFailed();
  const ran = await palier.type(['replay', '--dry-run']);
  expect(ran.exit).toBe(0);
  expect(ran.out.slice(0, 2)).toEqual(['arrivals : 0 à renvoyer', 'notices : 2 à renvoyer']);
  expect(ran.out.slice(2, 4).toSorted()).toEqual([
    expect.stringMatching(/^ {2}1 × OBF GET event: 404 /),
    expect.stringMatching(/^ {2}1 × ZodError: /),
  ]);
  expect(jsonOf(await palier.type(['replay', '--dry-run', '--json']))).toMatchObject({
    dry_run: true,
    queues: { notices: { count: 2 }, earners: { count: 0, reasons: [] }, awards: { count: 1 } },
  });
  expect(Object.values(await failed()).flat()).toHaveLength(3);
});

test.each([
  [
    ['--queue', 'notice'],
    'File inconnue « notice » : vouliez-vous dire « notices » ? (connus : arrivals, notices, earners, awards, maintenance, mails)',
  ],
  [
    ['--queue', 'zzzzzzzz'],
    'File inconnue « zzzzzzzz » (connus : arrivals, notices, earners, awards, maintenance, mails)',
  ],
  [['--since', 'hier'], '--since attend une durée (30m, 2h, 3j) ou une date (2026-01-31, 2026-01-31T14:00).'],
  [['--since', '2999-01-01'], "--since est dans l'avenir : rien ne peut avoir échoué depuis."],
])('wrong usage %j exits 2', async (options, message) => {
  expect(await palier.type(['replay', ...options])).toEqual({ exit: 2, out: [], err: [message] });
});
