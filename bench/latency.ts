import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { DEFAULT_PREFIX, QUEUES } from '../src/queue/jobs.js';
import type { ReceivedCall } from '../src/sandbox/types.js';
import { ownRedis } from '../test/support/own-redis.js';
import { openSmallFleet, type SmallFleet } from '../test/support/small-fleet.js';
import { until } from '../test/support/until.js';
import { atMost, tableOf, type Goal, type Part } from './report.js';

/** How long OBF takes to answer, milliseconds. */
const OBF_MS = 20;
/** Between two awards nothing happens for so long, milliseconds. */
const REST_MS = 300;
const MEDIAN_MS = 500;
const P99_MS = 1500;

/** One award, from the POST of the webhook until its issue call reached OBF. */
interface Award {
  readonly ms: number;
  /** What OBF received meanwhile, the issue call included. */
  readonly calls: readonly ReceivedCall[];
}

/**
 * Single awards on an idle system: `web` and one worker as they are deployed, at OBF's usual rate, on a Redis of its
 * own. Each person has one badge of two; the webhook tells of the other. Needs `dist`; some two minutes.
 */
export async function benchLatency(quick: boolean): Promise<Pick<Part, 'text' | 'goals'>> {
  const redis = await ownRedis();
  const fleet = await openSmallFleet({ REDIS_URL: redis.url });
  const queues = new Redis(redis.url);
  try {
    const people = Array.from({ length: quick ? 20 : 100 }, (_, at) => `personne.${at}@example.org`);
    fleet.sandbox.fault({ route: /./, kind: 'slow', ms: OBF_MS, times: 1_000_000 });
    const [web] = [fleet.start('web'), fleet.start('worker')];
    const url = await fleet.urlOf(web);
    await tell(fleet, url, 'P1', 'A', people);
    // The tokens of all clients are there, as in any process that has run for an hour.
    await tell(fleet, url, 'P2', 'B', ['ailleurs@example.org']);
    await until(() => clientsAsked(fleet).size === 3, 'first calls', 60_000);
    const awards: Award[] = [];
    for (const person of people) {
      await idle(queues);
      awards.push(await award(fleet, url, person));
    }
    return { text: textOf(awards), goals: goalsOf(awards.map(({ ms }) => ms)) };
  } finally {
    queues.disconnect();
    await fleet.close();
    await redis.stop();
  }
}

async function award(fleet: SmallFleet, url: string, person: string): Promise<Award> {
  const { sandbox } = fleet;
  const before = sandbox.calls.length;
  const issue = (): ReceivedCall | undefined =>
    sandbox.issues().find(({ recipients }) => recipients.includes(person));
  const toldMs = Date.now();
  await tell(fleet, url, 'P2', 'B', [person]);
  const { atMs } = await until(issue, `award of ${person}`, 60_000);
  return { ms: atMs - toldMs, calls: sandbox.calls.slice(before).filter((call) => call.atMs <= atMs) };
}

async function tell(
  fleet: SmallFleet,
  url: string,
  clientId: string,
  badgeId: string,
  recipients: readonly string[],
): Promise<void> {
  const status = await fleet.notify(url, fleet.sandbox.issueByHand({ clientId, badgeId, recipients }));
  if (status !== 202) throw new Error(`a notice was answered ${status}`);
}

const clientsAsked = ({ sandbox }: SmallFleet): ReadonlySet<string | null> =>
  new Set(sandbox.calls.filter(({ route }) => route !== 'POST token').map(({ clientId }) => clientId));

/** No job waits or runs, but those of the clock. */
async function idle(redis: Redis): Promise<void> {
  const keys = QUEUES.flatMap((name) =>
    ['wait', 'active'].map((list) => `${DEFAULT_PREFIX}:${name}:${list}`),
  );
  const jobs = async (): Promise<number> => {
    const counts = await Promise.all(keys.map((key) => redis.llen(key)));
    return counts.reduce((sum, count) => sum + count, 0);
  };
  await until(async () => (await jobs()) === 0, 'idle queues', 60_000);
  await pause(REST_MS);
}

/** @param part 0.5: the median */
const quantile = (numbers: readonly number[], part: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.ceil(part * numbers.length) - 1] ?? NaN;

const goalsOf = (each: readonly number[]): readonly Goal[] => [
  atMost('from the webhook to the issue call, ms, median', MEDIAN_MS, quantile(each, 0.5)),
  atMost('from the webhook to the issue call, ms, p99', P99_MS, quantile(each, 0.99)),
];

function textOf(awards: readonly Award[]): string {
  const ms = awards.map((one) => one.ms);
  const mean = (of: (call: ReceivedCall) => boolean): string =>
    (awards.reduce((sum, { calls }) => sum + calls.filter(of).length, 0) / awards.length).toFixed(1);
  const head = ['quickest, ms', 'median', 'p99', 'slowest', 'calls of the partner each', 'of the Région'];
  const row = [
    ...[0, 0.5, 0.99, 1].map((part) => quantile(ms, Math.max(part, 1 / ms.length))),
    mean(({ clientId }) => clientId !== 'REGION'),
    mean(({ clientId }) => clientId === 'REGION'),
  ];
  return `${awards.length} single awards on an idle system; OBF answers in ${OBF_MS} ms.\n\n${tableOf(head, [row])}`;
}
