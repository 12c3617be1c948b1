import { setTimeout as pause } from 'node:timers/promises';
import type { EventRecord, Sandbox } from '../../src/sandbox/types.js';
import { startSandbox } from '../../src/sandbox/server.js';
import { openHouse, REGION, type House, type HouseOptions } from '../../test/support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../../test/support/small-scheme.js';
import { countCalls } from './counting.js';
import { straightforward, type Login } from './straightforward.js';
import type { Compared, Counted } from './types.js';

export interface SceneOptions {
  readonly earners: number;
  /** Calls per second and client. */
  readonly rps: number;
  /** Over how long the notices come, milliseconds. */
  readonly overMs: number;
  readonly house?: Partial<HouseOptions>;
}

const P2: Login = { clientId: 'P2', secret: 'p2' };
const OURS: Login = { clientId: REGION, secret: 'region' };

const peopleOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `eleve.${at}@example.org`);

/** A class of so many, all of whom come due by one event of which a webhook tells. */
export const aClass = async (options: SceneOptions): Promise<Compared> => ({
  what: `a class of ${options.earners}, all due, one webhook`,
  per: options.earners,
  goal: 10 / options.earners,
  ours: await ourWay(options, (issue) => [issue(peopleOf(options.earners))]),
  straightforward: await theirWay(options, [peopleOf(options.earners)]),
});

/** As many events of one recipient each, of which each makes its person due. */
export const singles = async (options: SceneOptions): Promise<Compared> => ({
  what: `${options.earners} single-recipient events within ${options.overMs / 1000} s`,
  per: options.earners,
  goal: 2.1,
  ours: await ourWay(options, (issue) => peopleOf(options.earners).map((one) => issue([one]))),
  straightforward: await theirWay(
    options,
    peopleOf(options.earners).map((one) => [one]),
  ),
});

type Issue = (recipients: readonly string[]) => () => EventRecord;

/** Everybody has one of two badges already; the second comes by what is told now. */
async function ourWay(
  { earners, rps, overMs, house: more }: SceneOptions,
  events: (issue: Issue) => readonly (() => EventRecord)[],
): Promise<Counted> {
  const house = await openHouse({
    scheme: SMALL_SCHEME,
    partners: SMALL_PARTNERS,
    maxRps: rps,
    pace: { quietMs: 100, gatherMs: 10_000, mirrorMaxAgeMs: 15_000 },
    sandbox: { issuingLimit: 50_000, maxRps: rps + 2 },
    ...more,
  });
  try {
    await warm(house, earners);
    const before = house.sandbox.calls.length;
    const startedMs = performance.now();
    const told = events((recipients) => () => house.issue({ clientId: 'P2', badgeId: 'B', recipients }));
    for (const [at, issue] of told.entries()) {
      await pause(Math.max(0, (at * overMs) / told.length - (performance.now() - startedMs)));
      if ((await house.notify(issue())) !== 202) throw new Error('a notice was not accepted');
    }
    while (house.awards().length < earners) await pause(20);
    const seconds = (performance.now() - startedMs) / 1000;
    await house.idle();
    const given = house.awards();
    if (new Set(given).size !== earners || given.length !== earners) throw new Error('not one award each');
    return countCalls(house.sandbox.calls.slice(before), seconds);
  } finally {
    await house.close();
  }
}

/** The first badge of everybody, and the tokens of all: what any process has that runs for an hour. */
async function warm(house: House, earners: number): Promise<void> {
  const first = house.issue({ clientId: 'P1', badgeId: 'A', recipients: peopleOf(earners) });
  const other = house.issue({ clientId: 'P2', badgeId: 'B', recipients: ['ailleurs@example.org'] });
  for (const event of [first, other])
    if ((await house.notify(event)) !== 202) throw new Error('a notice was not accepted');
  await house.idle();
}

async function theirWay({ rps }: SceneOptions, events: readonly (readonly string[])[]): Promise<Counted> {
  const sandbox = await startSandbox({ maxRps: null, tokenEveryMs: 0 });
  try {
    for (const { clientId: id, secret } of [P2, OURS]) sandbox.addClient({ id, secret, name: id });
    sandbox.addBadge({ clientId: 'P2', id: 'B', name: 'B' });
    sandbox.addBadge({ clientId: REGION, id: 'R1', name: 'R1' });
    return await straightforward(sandbox, P2, OURS, issued(sandbox, events), 'R1', rps);
  } finally {
    await sandbox.close();
  }
}

const issued = (sandbox: Sandbox, events: readonly (readonly string[])[]): readonly EventRecord[] =>
  events.map((recipients) => sandbox.issueByHand({ clientId: 'P2', badgeId: 'B', recipients }));
