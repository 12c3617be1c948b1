import { polledClients } from '../../src/workers/poll-events.js';
import { openHouse, type House } from '../../test/support/house.js';
import { SMALL_SCHEME } from '../../test/support/small-scheme.js';
import { countCalls, type CountedScene } from './counted.js';

export interface PollingOptions {
  readonly partners: number;
  readonly periods: number;
  readonly rps: number;
}

/** Of so many partners, one has more events than a page of OBF's list holds. */
const LARGE_EVERY = 10;
const LARGE = 1200;
const SMALL = 20;

/**
 * Every account is polled so many times, and there is nothing new. A period is what the clock sets off: one job an
 * account; they are put into the queue here without waiting for the clock.
 */
export async function polling({ partners, periods, rps }: PollingOptions): Promise<CountedScene> {
  const house = await openHouse({ scheme: SMALL_SCHEME, partners: partnersOf(partners), maxRps: rps });
  try {
    await fill(house);
    await period(house);
    const ours = await countCalls(house, async () => {
      for (let at = 0; at < periods; at += 1) await period(house);
      return performance.now();
    });
    const per = (partners + 1) * periods;
    return {
      what: `${partners} partners and the Région polled ${periods} times, nothing new`,
      per,
      goal: per,
      ours,
      straightforward: per,
    };
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
async function fill({ sandbox, pipelines: [{ events: index, accounts }], scheme }: House): Promise<void> {
  for (const [at, { clientId, badges }] of scheme.partners.entries()) {
    const badgeId = badges[0]?.badgeId ?? '';
    for (let count = at % LARGE_EVERY === 0 ? LARGE : SMALL; count > 0; count -= 1)
      sandbox.issueByHand({ clientId, badgeId, recipients: ['lou@example.org'] });
    for (let offset = 0, rows = 1; rows > 0; offset += rows) {
      const page = await accounts(clientId)?.events({ offset });
      await index.put(clientId, page?.rows ?? []);
      rows = page?.rows.length ?? 0;
    }
  }
}

const partnersOf = (count: number): string =>
  ['partners:', ...Array.from({ length: count }, (_, at) => partnerOf(at + 1))].join('\n');

const partnerOf = (at: number): string => `  - client_id: P${at}
    name: Organisme ${at}
    secret_env: KEY_P${at}
    badges:
      - { id: B${at}, name: Badge ${at}, competency: communiquer, level: ${at % 2 === 0 ? 1 : 2} }`;
