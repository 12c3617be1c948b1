import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { journalLine, journalLineSchema, type JournalEntry } from '../../src/earners/journal-entry.js';
import { asAwardId, asEarnerKey, asEventId } from '../../src/ids.js';
import { journalQueryOf } from '../../src/ops/shared/journal-selection.js';
import { markKey } from '../../src/platform/key-guard.js';
import {
  closeRedis,
  openOperator,
  type RedisAddress,
  type RedisConnection,
} from '../../src/platform/redis.js';
import { createVault } from '../../src/platform/vault.js';
import { earnerKeyOf } from '../../src/earners/person.js';
import { DATA_PREFIX } from '../../src/queue/jobs.js';
import { classOf, entryOf, NOON_S, ZONE } from '../journal/support.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { storesIn } from '../support/stores.js';
import { jsonOf, palier, type Ran } from './support/cli.js';

const HOUR_S = 3600;
/** Always the same: keys of people made from it are searched for names. */
const key = Buffer.alloc(32, 7);
const vault = createVault(key);
const LOU = 'Lou.Martin@example.org';
const lou = earnerKeyOf(vault, LOU);

let redis: TestRedis;
beforeAll(async () => {
  redis = await testRedis();
  await markKey(redis.connection, redis.prefix, vault);
  await storesIn(redis.connection, redis.prefix, vault).journal.write(Object.values(ENTRIES));
});
afterAll(() => redis.close());

const G2 = asEventId('G2');
/** Somebody's day, and Lou's. */
const ENTRIES = {
  first: entryOf({ atS: NOON_S - 24 * HOUR_S, event: asEventId('G0') }),
  flagged: entryOf({ kind: 'flagged', event: null }),
  other: entryOf({ earner: asEarnerKey('k2'), award: asAwardId('communiquer-2') }),
  lou: entryOf({ earner: lou, event: G2 }),
  blocked: entryOf({ kind: 'blocked', earner: lou, event: G2, atS: NOON_S + 24 * HOUR_S, cause: 'ops' }),
} satisfies Record<string, JournalEntry>;
type Name = keyof typeof ENTRIES;

const env = () => ({ REDIS_URL: redis.url, PALIER_KEY: key.toString('base64') });
/** No rules are there: what was done is told while their files have a fault. */
const inRedis = () => ({ env: env(), cwd: tmpdir(), dataPrefix: redis.prefix });
async function audit(...options: string[]): Promise<Ran> {
  const ran = await palier(['audit', ...options], inRedis());
  expect([...ran.out, ...ran.err].join('\n')).not.toMatch(/lou|martin|example/i);
  return ran;
}
const named = ({ out }: Ran): readonly (string | undefined)[] =>
  out.map((line) => {
    const told = JSON.stringify(journalLineSchema.parse(JSON.parse(line)));
    return Object.entries(ENTRIES).find(([, entry]) => JSON.stringify(journalLine(entry)) === told)?.[0];
  });

const ALL: readonly Name[] = ['first', 'flagged', 'other', 'lou', 'blocked'];
test.each<[string[], readonly Name[]]>([
  [[], ALL],
  [['--json'], ALL],
  [
    ['--from', '2026-11-23'],
    ['flagged', 'other', 'lou', 'blocked'],
  ],
  [
    ['--until', '2026-11-23'],
    ['first', 'flagged', 'other', 'lou'],
  ],
  [
    ['--from', '2026-11-23', '--until', '2026-11-23'],
    ['flagged', 'other', 'lou'],
  ],
  [['--from', '2026-11-22T12:01', '--until', '2026-11-23T12:00'], []],
  [['--from', '2026-11-22T12:00', '--until', '2026-11-23T12:00'], ['first']],
  [['--award', 'communiquer-2'], ['other']],
  [['--kind', 'blocked'], ['blocked']],
  [
    ['--event', 'G2'],
    ['lou', 'blocked'],
  ],
  [['--event', 'G2', '--kind', 'issued'], ['lou']],
  [
    ['--earner', lou],
    ['lou', 'blocked'],
  ],
  [
    ['--earner', ` ${LOU.toUpperCase()} `],
    ['lou', 'blocked'],
  ],
  [['--earner', LOU, '--from', '2026-11-24'], ['blocked']],
  [['--earner', LOU, '--event', 'G0'], []],
  [['--award', 'none-of-them'], []],
])('%j: these lines', async (options, names) => {
  const ran = await audit(...options);
  // What is written at the same moment may come in any order.
  expect(named(ran).toSorted()).toEqual([...names].toSorted());
  expect({ exit: ran.exit, err: ran.err }).toEqual({
    exit: 0,
    err: names.length > 0 ? [] : ["Rien de tel n'est inscrit."],
  });
});

test('in English, nothing is said so too', async () => {
  const ran = await audit('--event', 'G404', '--lang', 'en');
  expect(ran).toEqual({ exit: 0, out: [], err: ['Nothing of the kind is written.'] });
});

test.each([
  [['--from', 'hier'], /^--from attend une date \(2026-01-31, 2026-01-31T14:00\)\.$/],
  [['--until', '2026-02-31'], /^--until attend une date /],
  [['--until', '2026'], /^--until attend une date /],
  [
    ['--kind', 'isued'],
    /^Sorte de faits inconnue « isued » : vouliez-vous dire « issued » \? \(connus : issued, /,
  ],
  [['--kind', LOU], /^Sorte de faits inconnue « \[address\] » \(connus/],
  [['--earner', 'lou martin'], /^Ce n'est ni une adresse électronique, ni la clé/],
  [['--earner', 'lou@martin@example.org'], /^Ce n'est pas une adresse électronique/],
  [['--earner', `${'l'.repeat(243)}@example.org`], /^Ce n'est pas une adresse électronique/],
])('%j is typed wrongly: 2, and Redis is not asked', async (options, message) => {
  const ran = await palier(['audit', ...options], { env: { ...env(), REDIS_URL: 'redis://127.0.0.1:1' } });
  expect(ran).toMatchObject({ exit: 2, out: [] });
  expect(ran.err).toEqual([expect.stringMatching(message)]);
});

test('it needs the key that Redis was filled under', async () => {
  const without = { ...inRedis(), env: { REDIS_URL: redis.url } };
  expect(await palier(['audit', '--earner', lou], without)).toMatchObject({
    exit: 1,
    err: [expect.stringMatching(/^PALIER_KEY : la variable manque/)],
  });
  const another = { ...env(), PALIER_KEY: randomBytes(32).toString('base64') };
  const ran = await palier(['audit', '--earner', LOU, '--json'], { ...without, env: another });
  expect(jsonOf(ran)).toMatchObject({ ok: false, error: { code: 'key_changed' } });
});

test('Redis that does not answer is told', async () => {
  const ran = await palier(['audit'], { ...inRedis(), env: { ...env(), REDIS_URL: 'redis://127.0.0.1:1' } });
  expect(ran).toMatchObject({ exit: 1, err: [expect.stringMatching(/^Redis ne répond pas/)] });
});

test.each([
  ['2026-11-23', Date.UTC(2026, 10, 22, 23), Date.UTC(2026, 10, 23, 23)],
  ['2026-10-25', Date.UTC(2026, 9, 24, 22), Date.UTC(2026, 9, 25, 23)],
  ['2026-11-23T14:00', Date.UTC(2026, 10, 23, 13), Date.UTC(2026, 10, 23, 13)],
  ['2026-11-23T14:00Z', Date.UTC(2026, 10, 23, 14), Date.UTC(2026, 10, 23, 14)],
])('%s, in the zone of the scheme: a day has its beginning and its end', (typed, fromMs, untilMs) => {
  const filter = journalQueryOf({ from: typed, until: typed, kind: null, award: null, event: null }, ZONE);
  expect(filter).toEqual({ fromS: fromMs / 1000, untilS: untilMs / 1000 });
});

describe('Ctrl-C ends it before its end', () => {
  let stop: () => void;
  const onInterrupt = (act: () => void) => {
    stop = act;
    return () => undefined;
  };
  const context = () => ({ ...inRedis(), onInterrupt });
  const INTERRUPTED = { exit: 1, err: [expect.stringMatching(/^Interrompu avant la fin/)] };

  test('while lines are told', async () => {
    let told = 0;
    const out = (): void => {
      told += 1;
      stop();
    };
    expect(await palier(['audit'], { ...context(), streams: { out } })).toMatchObject(INTERRUPTED);
    expect(told).toBe(1);
  });

  test('while nothing that is read matches', async () => {
    const openRedis = (address: RedisAddress): RedisConnection => {
      const connection = openOperator(address);
      const read = connection.mgetBuffer.bind(connection) as (...args: unknown[]) => Promise<never>;
      jest.spyOn(connection, 'mgetBuffer').mockImplementation((...args: unknown[]) => {
        stop();
        return read(...args);
      });
      return connection;
    };
    const ran = await palier(['audit', '--award', 'none-of-them'], { ...context(), openRedis });
    expect(ran).toMatchObject({ ...INTERRUPTED, out: [] });
  });
});

describe('as a process, with more than a pipe holds', () => {
  const entries = classOf(1000);
  let server: OwnRedis;
  beforeAll(async () => {
    server = await ownRedis();
    const connection = openOperator(server.address);
    await storesIn(connection, DATA_PREFIX, vault).journal.write(entries);
    closeRedis(connection);
  });
  afterAll(() => server.stop());

  const start = () => {
    const child = spawn(process.execPath, [resolve('dist/ops/cli/main.js'), 'audit'], {
      cwd: tmpdir(),
      env: {
        PATH: process.env['PATH'] ?? '',
        REDIS_URL: server.url,
        PALIER_KEY: key.toString('base64'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const errors: string[] = [];
    child.stderr.on('data', (chunk) => errors.push(String(chunk)));
    return { child, errors };
  };

  test('every line is there, once', async () => {
    const { child, errors } = start();
    const told: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) told.push(line);
    expect(errors).toEqual([]);
    expect(told.toSorted()).toEqual(entries.map((entry) => JSON.stringify(journalLine(entry))).toSorted());
  });

  test('a reader who leaves ends it, and is no error', async () => {
    const { child, errors } = start();
    await once(child.stdout, 'data');
    child.stdout.destroy();
    expect([...((await once(child, 'close')) as unknown[]), ...errors]).toEqual([0, null]);
  });
});
