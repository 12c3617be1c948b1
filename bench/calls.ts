import { setTimeout as pause } from 'node:timers/promises';
import { polledClients } from '../src/workers/runtime/schedules.js';
import { type House, type HouseOptions, openHouse } from '../test/support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../test/support/small-scheme.js';
import { atMost, type Part, tableOf } from './report.js';
import { onOwnRedis } from './program.js';

/** Calls per second and client, as `OBF_MAX_RPS` has it. */
const RPS = 8;

/** Counts the calls that OBF receives, at its own rate, in real time: some four minutes. */
export async function benchCalls(quick: boolean): Promise<Part> {
  const earners = quick ? 100 : 1000;
  const scenes = [
    await onOwnRedis(() => aClass({ earners, rps: RPS, overMs: 0 })),
    await onOwnRedis(() => singles({ earners, rps: RPS, overMs: 60 * earners })),
    await onOwnRedis(() => polling({ partners: quick ? 30 : 300, periods: 3, rps: RPS })),
  ];
  const head = ['what', 'calls', 'each', `s at ${RPS} calls/s`, 'straightforward'];
  const rows = scenes.map(({ what, ours, per, straightforward }) => {
    const [each, seconds] = [(ours.total / per).toFixed(3), ours.seconds.toFixed(1)];
    return [what, ours.total, each, seconds, straightforward];
  });
  const goals = scenes.map(({ what, goal, ours }) => atMost(`${what}, calls`, goal, ours.total));
  return { text: tableOf(head, rows), goals };
}

interface SceneOptions {
  readonly earners: number;
  /** Calls per second and client. */
  readonly rps: number;
  /** Over how long the notices come, milliseconds. */
  readonly overMs: number;
  readonly house?: Partial<HouseOptions>;
}

const peopleOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `eleve.${at}@example.org`);

/** A class of so many, who all come due by one event and its webhook. */
export const aClass = (options: SceneOptions) =>
  awardAll(`a class of ${options.earners}, all due, one webhook`, 10, [peopleOf(options.earners)], options);

/** As many events of one recipient each, of which each makes its person due. */
export const singles = (options: SceneOptions) =>
  awardAll(
    `${options.earners} single-recipient events within ${options.overMs / 1000} s`,
    0.6 * options.earners,
    peopleOf(options.earners).map((one) => [one]),
    options,
  );

const SECOND = { clientId: 'P2', badgeId: 'B' };

/** Everybody has one of two badges already; the second comes by these notices. @param goal the most calls @throws unless each has one award */
async function awardAll(
  what: string,
  goal: number,
  events: readonly (readonly string[])[],
  { earners, rps, overMs, house: more }: SceneOptions,
) {
  const house = await openHouse({
    scheme: SMALL_SCHEME,
    partners: SMALL_PARTNERS,
    maxRps: rps,
    pace: { quietMs: 100, gatherMs: 10_000, mirrorMaxAgeMs: 15_000 },
    sandbox: { issuingLimit: 50_000, maxRps: rps + 2 },
    ...more,
  });
  try {
    // The first badge of everybody, and the tokens of all: what any process has that runs for an hour.
    await tell(house, { clientId: 'P1', badgeId: 'A' }, peopleOf(earners));
    await tell(house, SECOND, ['ailleurs@example.org']);
    await house.idle();
    const ours = await countCalls(house, async () => {
      const startedMs = performance.now();
      for (const [at, recipients] of events.entries()) {
        await pause(Math.max(0, (at * overMs) / events.length - (performance.now() - startedMs)));
        await tell(house, SECOND, recipients);
      }
      while (house.awards().length < earners) await pause(20);
      const overAtMs = performance.now();
      await house.idle();
      return overAtMs;
    });
    if (new Set(house.awards()).size !== earners || house.awards().length !== earners)
      throw new Error('not one award each');
    // What one writes in an hour reads each event and its recipients, and looks and issues once for each of them.
    return { what, per: earners, goal, ours, straightforward: 2 * events.length + 2 * earners };
  } finally {
    await house.close();
  }
}

async function tell(
  house: House,
  badge: { clientId: string; badgeId: string },
  recipients: readonly string[],
) {
  const status = await house.notify(house.issue({ ...badge, recipients }));
  if (status !== 202) throw new Error('a notice was not accepted');
}

/** Of so many partners, one has more events than a page of OBF's list holds. */
const LARGE_EVERY = 10;
const LARGE = 1200;
const SMALL = 20;

/**
 * Every account is polled so many times, and there is nothing new. A period is what the clock sets off: one job an
 * account; they are put into the queue here without waiting for the clock.
 */
export async function polling(options: { partners: number; periods: number; rps: number }) {
  const { partners, periods, rps } = options;
  const house = await openHouse({ scheme: SMALL_SCHEME, partners: partnersOf(partners), maxRps: rps });
  try {
    await fill(house);
    await period(house);
    const ours = await countCalls(house, async () => {
      for (let at = 0; at < periods; at += 1) await period(house);
      return performance.now();
    });
    const per = (partners + 1) * periods;
    const what = `${partners} partners and the Région polled ${periods} times, nothing new`;
    return { what, per, goal: per, ours, straightforward: per };
  } finally {
    await house.close();
  }
}

async function period(house: House): Promise<void> {
  const [pipeline] = house.pipelines;
  const jobs = polledClients(pipeline).map((clientId) => ({
    name: 'poll',
    data: { kind: 'poll', clientId },
    opts: { removeOnComplete: true },
  }));
  await pipeline.queues.notices.addBulk(jobs);
  await house.idle();
  if ((await house.failedReasons()).length > 0) throw new Error('a poll failed');
}

/** What every account has issued so far, read long ago. */
async function fill({ sandbox, pipelines: [{ events: index, obf }], scheme }: House): Promise<void> {
  for (const [at, { clientId, badges }] of scheme.partners.entries()) {
    const badgeId = badges[0]?.badgeId ?? '';
    for (let count = at % LARGE_EVERY === 0 ? LARGE : SMALL; count > 0; count -= 1)
      sandbox.issueByHand({ clientId, badgeId, recipients: ['lou@example.org'] });
    for (let offset = 0, rows = 1; rows > 0; offset += rows) {
      const page = await obf.account(clientId)?.events({ offset });
      await index.put(clientId, page?.rows ?? []);
      rows = page?.rows.length ?? 0;
    }
  }
}

const partnersOf = (count: number): string =>
  `partners:\n${Array.from({ length: count }, (_, at) => partnerOf(at + 1)).join('\n')}`;

const partnerOf = (at: number): string =>
  `  - { client_id: P${at}, name: Organisme ${at}, secret_env: KEY_P${at}, ` +
  `badges: [{ id: B${at}, name: Badge ${at}, competency: communiquer, level: ${at % 2 === 0 ? 1 : 2} }] }`;

/**
 * Counts what OBF receives while it is done, tokens apart, also by `client route`; and how long that took.
 * @param work resolves with the instant at which it was over
 */
export async function countCalls({ sandbox }: Pick<House, 'sandbox'>, work: () => Promise<number>) {
  const before = sandbox.calls.length;
  const startedMs = performance.now();
  const seconds = ((await work()) - startedMs) / 1000;
  const paid = sandbox.calls.slice(before).filter(({ route }) => route !== 'POST token');
  const byRoute: Record<string, number> = {};
  for (const { clientId, route } of paid)
    byRoute[`${clientId ?? 'nobody'} ${route}`] = (byRoute[`${clientId ?? 'nobody'} ${route}`] ?? 0) + 1;
  return { byRoute, total: paid.length, seconds };
}
