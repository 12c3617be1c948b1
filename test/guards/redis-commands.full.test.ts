import { Redis } from 'ioredis';
import { openHouse, type House } from '../support/house.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { commandsIn, whenQuiet } from '../support/commands.js';

/**
 * How many commands Redis is sent for one notice, from the door to the end of the evaluation that it sets off, what
 * scripts do within counted too. In the quiet state: one notice after the other, of people who are
 * known, and are due nothing. What goes on anyway (waiting for jobs, adding up the figures) is left out.
 *
 * As measured (205 and 23), for a notice that comes alone: its arrival, its notice and an evaluation are three jobs, and
 * each event's row is kept. Commands are cheap, what is lost is not.
 */
const AT_MOST = { total: 211, evals: 24 };
const NOTICES = 20;

let redis: OwnRedis;
let admin: Redis;
let house: House;
const outer = process.env['TEST_REDIS_URL'];
const lines: string[] = [];

beforeAll(async () => {
  redis = await ownRedis();
  admin = new Redis(redis.url);
  process.env['TEST_REDIS_URL'] = redis.url;
  house = await openHouse({
    scheme: SMALL_SCHEME,
    partners: SMALL_PARTNERS,
    pace: { mirrorMaxAgeMs: 600_000 },
    logTo: { write: (line) => void lines.push(line) },
  });
});
afterAll(async () => {
  await house.close();
  process.env['TEST_REDIS_URL'] = outer;
  admin.disconnect();
  await redis.stop();
});

test('commands per notice', async () => {
  const evaluated = (): number => lines.filter((line) => line.includes('earner evaluated')).length;
  const tell = async (at: number): Promise<void> => {
    const before = evaluated();
    const recipients = [`personne.${at}@example.org`];
    await house.notify(house.issue({ clientId: 'P1', badgeId: 'A', recipients }));
    await whenQuiet(admin, () => evaluated() > before);
  };
  for (let at = 0; at < 3; at += 1) await tell(at);
  const sent: ReadonlyMap<string, number>[] = [];
  for (let at = 0; at < NOTICES; at += 1) {
    await admin.config('RESETSTAT');
    await tell(at % 3);
    sent.push(await commandsIn(admin));
  }
  // The middle one: some have more, as the clock sets something off meanwhile (figures, locks).
  const [commands = new Map<string, number>()] = sent
    .toSorted((one, other) => sumOf(one) - sumOf(other))
    .slice(NOTICES / 2);
  const total = sumOf(commands);
  const evals = (commands.get('evalsha') ?? 0) + (commands.get('eval') ?? 0);
  const told = JSON.stringify([...commands].toSorted(([, a], [, b]) => b - a));
  expect([total <= AT_MOST.total, total, told]).toEqual([true, total, told]);
  expect([evals <= AT_MOST.evals, evals]).toEqual([true, evals]);
});

const sumOf = (commands: ReadonlyMap<string, number>): number =>
  [...commands.values()].reduce((sum, calls) => sum + calls, 0);
