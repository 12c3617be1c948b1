import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { DEFAULT_PREFIX, QUEUES } from '../src/queue/jobs.js';
import { openSmallFleet, type SmallFleet } from '../test/support/small-fleet.js';
import { until } from '../test/support/until.js';
import { onOwnRedis } from './program.js';
import { atMost, quantile, tableOf, type Part } from './report.js';

/** How long OBF takes to answer, and nothing happens between two awards, milliseconds. */
const [OBF_MS, REST_MS] = [20, 300];

/**
 * Single awards on an idle system, from the POST of the webhook until the issue call reached OBF: `web` and one worker
 * as they are deployed, at OBF's usual rate. Each person has one badge of two; the webhook tells of the other. Needs
 * `dist`; some two minutes.
 */
export const benchLatency = (quick: boolean): Promise<Part> =>
  onOwnRedis(async (redisUrl, admin) => {
    const fleet = await openSmallFleet({ REDIS_URL: redisUrl });
    try {
      const people = Array.from({ length: quick ? 20 : 100 }, (_, at) => `personne.${at}@example.org`);
      fleet.sandbox.fault({ route: /./, kind: 'slow', ms: OBF_MS, times: 1_000_000 });
      const [web] = [fleet.start('web'), fleet.start('worker')];
      const url = await fleet.urlOf(web);
      await tell(fleet, url, 'P1', 'A', people);
      // The tokens of all clients are there, as in any process that has run for an hour.
      await tell(fleet, url, 'P2', 'B', ['ailleurs@example.org']);
      const paid = () => fleet.sandbox.calls.filter(({ route }) => route !== 'POST token');
      const isWarm = (): boolean => new Set(paid().map(({ clientId }) => clientId)).size === 3;
      await until(isWarm, 'first calls', 60_000);
      const ms: number[] = [];
      for (const person of people) {
        await idle(admin);
        ms.push(await award(fleet, url, person));
      }
      return partOf(ms);
    } finally {
      await fleet.close();
    }
  });

/** How long it took, milliseconds. */
async function award(fleet: SmallFleet, url: string, person: string): Promise<number> {
  const toldMs = Date.now();
  await tell(fleet, url, 'P2', 'B', [person]);
  const { atMs } = await until(
    () => fleet.sandbox.issues().find(({ recipients }) => recipients.includes(person)),
    `award of ${person}`,
    60_000,
  );
  return atMs - toldMs;
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

/** No job waits or runs, but those of the clock. */
async function idle(redis: Redis): Promise<void> {
  const keys = QUEUES.flatMap((name) => [
    `${DEFAULT_PREFIX}:${name}:wait`,
    `${DEFAULT_PREFIX}:${name}:active`,
  ]);
  const isIdle = async (): Promise<boolean> =>
    (await Promise.all(keys.map((key) => redis.llen(key)))).every((jobs) => jobs === 0);
  await until(isIdle, 'idle queues', 60_000);
  await pause(REST_MS);
}

function partOf(ms: readonly number[]): Part {
  const row = [0, 0.5, 0.99, 1].map((part) => quantile(ms, part));
  const table = tableOf(['quickest, ms', 'median', 'p99', 'slowest'], [row]);
  return {
    text: `${ms.length} single awards on an idle system; OBF answers in ${OBF_MS} ms.\n\n${table}`,
    goals: [
      atMost('from the webhook to the issue call, ms, median', 500, quantile(ms, 0.5)),
      atMost('from the webhook to the issue call, ms, p99', 1500, quantile(ms, 0.99)),
    ],
  };
}
