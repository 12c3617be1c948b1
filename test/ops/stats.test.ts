import { asAwardId, asBadgeId, asClientId, asEarnerKey, asEventId, asSchemeVersion } from '../../src/ids.js';
import type { JournalEntry } from '../../src/earners/journal-entry.js';
import { issuedSection, oneAwaySection, partnersSection } from '../../src/ops/cli/stats.js';
import type { StoredPopulation } from '../../src/scheme/population.js';
import { createPartnerActivity } from '../../src/earners/partner-activity.js';
import { parse } from '../support/house.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { jsonOf } from './support/cli.js';
import { runningPalier, type RunningPalier } from './support/running-palier.js';

const scheme = parse(SMALL_SCHEME, SMALL_PARTNERS);
const clock = () => Date.UTC(2026, 0, 15, 12);
const atS = (...at: Parameters<typeof Date.UTC>): number => Date.UTC(...at) / 1000;
const COMM_1 = asAwardId('communiquer-1');
let redis: TestRedis;
const opened: RunningPalier[] = [];
beforeAll(async () => {
  redis = await testRedis();
});
afterAll(async () => {
  await redis.close();
  await Promise.all(opened.map((palier) => palier.close()));
});

describe('badges issued', () => {
  const asked: unknown[] = [];
  const journalOf = (days: Readonly<Record<string, Readonly<Record<string, number>>>>) => ({
    issuedByDay: (query: unknown) => {
      asked.push(query);
      const entries = Object.entries(days).map(
        ([day, counts]) =>
          [
            day,
            new Map(Object.entries(counts).map(([id, count]) => [asAwardId(id), count] as const)),
          ] as const,
      );
      return Promise.resolve(new Map(entries));
    },
  });

  test('each award by month, those that the scheme no longer has too', async () => {
    const days = {
      '2026-01-02': { 'communiquer-1': 3 },
      '2025-12-31': { 'communiquer-1': 4, ancien: 1 },
      '2025-12-01': { 'communiquer-1': 5 },
    };
    const { lines, json } = await issuedSection.tell({ scheme, clock, journal: journalOf(days) });
    expect(lines.map(({ fr }) => fr)).toEqual([
      '« Communiquer : je pratique » : 12 (déc. 2025 : 9, janv. 2026 : 3)',
      '« Communiquer : je maîtrise » : 0',
      '« ancien » : 1 (déc. 2025 : 1)',
    ]);
    expect(lines[0]?.en).toBe('"Communiquer : je pratique": 12 (Dec 2025: 9, Jan 2026: 3)');
    expect(json).toEqual([
      { award: 'communiquer-1', total: 12, months: { '2025-12': 9, '2026-01': 3 } },
      { award: 'communiquer-2', total: 0, months: {} },
      { award: 'ancien', total: 1, months: { '2025-12': 1 } },
    ]);
  });

  test('of twelve months, as the zone of the scheme has them', async () => {
    asked.length = 0;
    await issuedSection.tell({ scheme, clock: () => Date.UTC(2026, 0, 31, 23, 30), journal: journalOf({}) });
    expect(asked).toEqual([{ fromS: atS(2025, 1, 28, 23) }]);
  });

  test('by the account itself, in the command', async () => {
    const palier = await runningPalier({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS });
    opened.push(palier);
    const issued = (event: string): JournalEntry => ({
      kind: 'issued',
      atS: atS(2026, 0, 2, 12),
      earner: asEarnerKey(`k-${event}`),
      award: COMM_1,
      badgeId: asBadgeId('R1'),
      assertions: [],
      cause: null,
      version: null,
      event: asEventId(event),
      detail: null,
    });
    await palier.pipeline.journal.write([issued('e1'), issued('e2'), issued('e1')]);
    const { issued: told } = jsonOf(await palier.type(['stats', '--json'], { clock })) as {
      issued: unknown[];
    };
    const text = await palier.type(['stats'], { clock });
    expect(told[0]).toEqual({ award: COMM_1, total: 2, months: { '2026-01': 2 } });
    expect(text.out).toContain('  « Communiquer : je pratique » : 2 (janv. 2026 : 2)');
  });
});

test('a partner that has fallen silent, or was never heard of, stands out', async () => {
  const news = createPartnerActivity(redis.connection, redis.prefix);
  const stored = { eventId: asEventId('e1'), atS: atS(2026, 0, 15) };
  await news.seen(asClientId('P1'), { ...stored, happenedS: atS(2026, 0, 15, 9) });
  await news.seen(asClientId('P2'), { ...stored, happenedS: atS(2025, 11, 16, 12) });
  await news.seen(asClientId('GONE'), { ...stored, happenedS: atS(2020, 1) });
  const { lines, json } = await partnersSection.tell({ scheme, clock, news });
  expect(lines.map(({ fr }) => fr)).toEqual([
    '! Organisme sans clé : jamais rien reçu, ni trouvé dans OBF',
    '! Organisme deux : il y a 30 jours (le 16 déc. 2025, 13:00)',
    'Organisme un : le 15 janv. 2026, 10:00',
  ]);
  expect(lines[1]?.en).toMatch(/^! Organisme deux: 30 days ago \(Dec 16, 2025, 1:00.PM\)$/);
  expect(json).toEqual([
    {
      client_id: 'P3',
      name: 'Organisme sans clé',
      silent: true,
      quiet_days: null,
      last_event: null,
      last_event_s: null,
      stored_s: null,
    },
    expect.objectContaining({ client_id: 'P2', silent: true, quiet_days: 30, last_event: 'e1' }),
    expect.objectContaining({ client_id: 'P1', silent: false, quiet_days: 0 }),
  ]);
  const aSecondSooner = () => clock() - 1000;
  const sooner = await partnersSection.tell({ scheme, clock: aSecondSooner, news });
  expect(sooner.lines[1]?.fr).toMatch(/^Organisme deux : il y a 29 jours/);
});

test('who takes no part is not waited for', async () => {
  const inactive = parse(SMALL_SCHEME, 'partners: [{ client_id: P1, active: false }]');
  const news = { all: () => Promise.resolve(new Map()) };
  expect((await partnersSection.tell({ scheme: inactive, clock, news })).lines).toEqual([
    { fr: 'aucun partenaire actif', en: 'no active partner' },
  ]);
});

describe('one badge away', () => {
  const tell = (census: StoredPopulation | null) =>
    oneAwaySection.tell({ scheme, clock, census: { read: () => Promise.resolve(census) } });
  const counted: StoredPopulation = {
    atS: atS(2026, 0, 15, 8, 48),
    version: scheme.version,
    people: 90,
    oneAway: new Map([[COMM_1, 41]]),
  };

  test('not counted yet: says what does it', async () => {
    expect(await tell(null)).toEqual({
      lines: [
        {
          fr: "pas encore compté : c'est fait chaque nuit ; « npx palier simulate » le dit tout de suite",
          en: 'not counted yet: it is done every night; "npx palier simulate" tells at once',
        },
      ],
      json: null,
    });
  });

  test('of each active award, and how long ago', async () => {
    const { lines, json } = await tell(counted);
    expect(lines.map(({ fr }) => fr)).toEqual([
      'compté il y a 3 h 12 min',
      '« Communiquer : je pratique » : 41 personnes',
      '« Communiquer : je maîtrise » : 0 personne',
    ]);
    expect(json).toEqual({
      counted_at_s: counted.atS,
      age_s: 3 * 3600 + 12 * 60,
      version: scheme.version,
      current: true,
      awards: [
        { award: 'communiquer-1', people: 41 },
        { award: 'communiquer-2', people: 0 },
      ],
    });
  });

  test('under other rules: says so', async () => {
    const { lines, json } = await tell({ ...counted, version: asSchemeVersion('of-last-year') });
    expect(lines[1]?.fr).toBe(
      "! sous d'autres règles que celles d'aujourd'hui : « npx palier simulate » le dit tout de suite",
    );
    expect(json).toMatchObject({ current: false, version: 'of-last-year' });
  });
});
