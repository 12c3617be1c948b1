import fc from 'fast-check';
import { asAwardId, asClientId, asEventId, asSchemeVersion } from '../../src/ids.js';
import type { Now } from '../../src/ops/web/home/figures.js';
import { rowsOf } from '../../src/ops/web/home/read.js';
import {
  answersBetween,
  createObfSamples,
  quantile,
  sampleBefore,
  type ObfAnswers,
  type ObfCounts,
} from '../../src/ops/web/home/obf.js';
import { verdictOf, type Facts } from '../../src/ops/web/home/verdict.js';
import { TRANSLATORS } from '../../src/ops/web/words.js';
import { redisCause } from '../../src/platform/redis-faults.js';
import { parse } from '../support/house.js';
import { testRedis } from '../support/redis.js';

const { fr } = TRANSLATORS;
const NOW_S = 1_795_000_000;
const REGION = asClientId('REGION');
const P1 = asClientId('P1');

describe('the verdict', () => {
  const now: Now = {
    notices: { waiting: 0, oldestAgeS: 0 },
    earners: { waiting: 0, oldestAgeS: 0 },
    failed: 0,
    paused: false,
    holds: [],
    due: 0,
    unknown: { batches: 0, ageS: 0 },
    flags: { count: 0, listed: [] },
    quota: { reading: { left: 1000, readMs: NOW_S * 1000 }, floor: 50 },
    lateS: 0,
  };
  const answers: ObfAnswers = {
    overS: 3600,
    calls: 100,
    refused: 0,
    throttled: 0,
    failed: 0,
    p50S: 0.1,
    p95S: 0.4,
    keysRefused: [],
  };
  const good: Facts = {
    nowS: NOW_S,
    storage: null,
    now,
    lastHour: answers,
    lastMinutes: answers,
    partners: [],
    readProblems: [],
    unread: [],
    nameOf: (clientId) => `Organisme ${clientId}`,
    region: REGION,
    isChangeWaiting: false,
    unfinished: null,
    issuedLast30Days: 100,
  };
  const told = (facts: Partial<Facts>) =>
    verdictOf({ ...good, ...facts }, fr).map(({ kind, text, link }) => `${kind} ${link.href} ${text}`);
  const unfinished = (ageS: number) => ({
    version: asSchemeVersion('0123456789abcdef'),
    only: null,
    suppressEmail: false,
    startedS: NOW_S - ageS,
  });

  test('nothing to say, nothing said', () => {
    expect(verdictOf(good, fr)).toEqual([]);
    expect(told({ lastHour: null, lastMinutes: null })).toEqual([]);
    expect(told({ now: { ...now, quota: { reading: null, floor: 50 } } })).toEqual([]);
    expect(told({ now: { ...now, quota: { reading: { left: null, readMs: 0 }, floor: 50 } } })).toEqual([]);
  });

  test('what OBF shows badly is named by client, event and field', () => {
    const scope = { clientId: asClientId('P1'), list: 'recipients', eventId: asEventId('E1') } as const;
    const odd = { ...scope, fields: ['assertion_id'], missing: null, sinceS: NOW_S };
    const short = { ...scope, fields: [], missing: { seen: 2, expected: 5 }, sinceS: NOW_S - 90_000 };
    expect(told({ readProblems: [odd, short] })).toEqual([
      'watch /ops/echecs Organisme P1, événement E1 : une ligne est illisible (champ assertion_id).',
      "watch /ops/echecs Organisme P1, événement E1 : OBF en montre 2 sur 5 depuis plus d'un jour.",
    ]);
  });

  test.each<[string, Partial<Facts>, RegExp]>([
    ['no worker', { now: { ...now, lateS: 900 } }, /^bad \/ops\/queues .* 15 min de retard/],
    [
      'paused',
      { now: { ...now, paused: true, due: 1200 } },
      /^bad #maintenant .* 1\s200 badges dus attendent/,
    ],
    ['failed', { now: { ...now, failed: 100_000 } }, /^bad \/ops\/echecs 100\s000 travaux ont échoué/],
    [
      'waiting',
      { now: { ...now, notices: { waiting: 2, oldestAgeS: 600 } } },
      /^watch \/ops\/queues .*10 min/,
    ],
    [
      'earners',
      { now: { ...now, earners: { waiting: 3, oldestAgeS: 600 } } },
      /^watch \/ops\/queues Des portefeuilles attendent d’être évalués \(3\), le plus ancien depuis 10 min/,
    ],
    [
      'a full Redis',
      { storage: redisCause(new Error('OOM command not allowed')) },
      /^bad \/ops\/queues Redis : mémoire pleine\. Rien ne peut être enregistré, ni délivré : sa mémoire /,
    ],
    ['waiting long', { now: { ...now, notices: { waiting: 2, oldestAgeS: 3600 } } }, /^bad .*depuis 1 h/],
    ['unknown', { now: { ...now, unknown: { batches: 2, ageS: 60 } } }, /^watch #obf .*2 envois, le plus/],
    [
      'unknown long',
      { now: { ...now, unknown: { batches: 1, ageS: 600 } } },
      /^bad .* 1 envoi depuis 10 min/,
    ],
    [
      'quota out',
      { now: { ...now, quota: { reading: { left: 50, readMs: 0 }, floor: 50 } } },
      /^bad #maintenant .*épuisé : il reste 50 badges/,
    ],
    [
      'quota low',
      { now: { ...now, quota: { reading: { left: 149, readMs: 0 }, floor: 50 } } },
      /^watch .*encore délivrer 99 badges ; il en a délivré 100 en 30 jours/,
    ],
    ['change', { isChangeWaiting: true }, /^watch \/ops\/bareme Le barème a changé/],
    ['stopped', { unfinished: unfinished(600), isChangeWaiting: true }, /^bad \/ops\/bareme .*il y a 10 min/],
    ['flags', { now: { ...now, flags: { count: 3, listed: [] } } }, /^watch #a-examiner .* : 3\./],
    [
      'down',
      { lastMinutes: { ...answers, failed: 60 } },
      /^bad #obf .*60 appels sur 100 sont restés sans réponse/,
    ],
    ['slow', { lastMinutes: { ...answers, p95S: 6 } }, /^watch #obf .*plus de 6 s/],
    ['own key', { lastHour: { ...answers, keysRefused: [REGION] } }, /^bad #obf .*clé d’API de la Région/],
    [
      'a partner’s key',
      { lastHour: { ...answers, keysRefused: [P1] }, unread: [P1] },
      /^bad \/ops\/organismes\/P1 .*« Organisme P1 »/,
    ],
    ['unread', { unread: [P1] }, /^watch \/ops\/organismes .*1 \(Organisme P1\)/],
  ])('%s', (_, facts, words) => {
    expect(told(facts)).toEqual([expect.stringMatching(words)]);
  });

  test.each<[string, Partial<Facts>]>([
    ['an application that has just begun', { unfinished: unfinished(30), isChangeWaiting: true }],
    ['few calls', { lastMinutes: { ...answers, calls: 4, failed: 4, p95S: 20 } }],
    ['a quota for months', { now: { ...now, quota: { reading: { left: 150, readMs: 0 }, floor: 50 } } }],
  ])('%s is no matter', (_, facts) => {
    expect(told(facts)).toEqual([]);
  });
});

describe('how OBF answered', () => {
  const counts = (part: Partial<ObfCounts>): ObfCounts => ({
    atS: NOW_S,
    calls: {},
    within: {},
    given: {},
    refused: {},
    ...part,
  });

  test('between two instants: what was counted since', () => {
    const before = counts({
      atS: NOW_S - 3600,
      calls: { '2xx': 10, '4xx': 1 },
      within: { '0.1': 10, '1': 11, '+Inf': 11 },
      refused: { P1: 3, P2: 1 },
    });
    const now = counts({
      calls: { '2xx': 12, '4xx': 2, '429': 1, '5xx': 1, none: 1 },
      within: { '0.1': 12, '1': 16, '+Inf': 17 },
      given: { P2: 1, P3: 1 },
      refused: { P1: 4, P2: 2 },
    });
    expect(answersBetween(before, now)).toEqual({
      overS: 3600,
      calls: 6,
      refused: 1,
      throttled: 1,
      failed: 2,
      p50S: expect.closeTo(0.4),
      p95S: 1,
      keysRefused: ['P1'],
    });
  });

  test('counts that were lost with Redis begin anew', () => {
    const before = counts({ calls: { '2xx': 1000 } });
    expect(answersBetween(before, counts({ calls: { '2xx': 3 } })).calls).toBe(3);
  });

  test('nothing answered: no times', () => {
    expect(answersBetween(counts({}), counts({}))).toMatchObject({ calls: 0, p50S: null, p95S: null });
  });

  test('a quantile lies in the bucket of the answer that it is about', () => {
    const limits = [0.1, 0.5, 1, 5];
    const times = fc.array(fc.double({ min: 0.001, max: 4.9, noNaN: true }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(times, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, share) => {
        const within = new Map([
          ...limits.map((le) => [String(le), all.filter((s) => s <= le).length] as const),
          ['+Inf', all.length] as const,
        ]);
        const exact = all.toSorted((a, b) => a - b)[Math.ceil(share * all.length) - 1] ?? 0;
        const upper = limits.find((le) => exact <= le) ?? 0;
        const lower = limits.findLast((le) => le < exact) ?? 0;
        const found = quantile(within, share) ?? -1;
        expect(found).toBeGreaterThanOrEqual(lower);
        expect(found).toBeLessThanOrEqual(upper);
      }),
    );
  });

  test('samples of the last hour and some minutes are kept, once each five minutes', async () => {
    const redis = await testRedis();
    const samples = createObfSamples({ redis: redis.connection, prefix: redis.prefix });
    const startS = 300 * 1000;
    for (let minute = 0; minute < 180; minute += 1) {
      const atS = startS + minute * 60;
      if (await samples.isDue(atS)) await samples.keep(counts({ atS, calls: { '2xx': minute } }));
    }
    await samples.keep(counts({ atS: startS + 179 * 60 }));
    const kept = await samples.all();
    const endS = startS + 175 * 60;
    expect(kept.map(({ atS }) => atS)).toEqual(Array.from({ length: 14 }, (_, at) => endS - (13 - at) * 300));
    expect(kept.at(-1)?.calls).toEqual({ '2xx': 175 });
    expect(sampleBefore(kept, endS, 3600)?.atS).toBe(endS - 3600);
    expect(sampleBefore(kept, endS, 86_400)?.atS).toBe(endS - 13 * 300);
    expect(sampleBefore([], endS, 0)).toBeNull();
    await redis.close();
  });
});

test('awards by competency and level; one without goes by its name, one that is gone by its id', () => {
  const scheme = parse(
    `
scheme: Essai
competencies: { c: { name: Communiquer } }
awards:
  a1: { name: A, competency: c, level: 1, badge: R1, rule: { at_least: 1, of: { badges: [B] } } }
  a2: { name: A bis, competency: c, level: 1, badge: R2, rule: { at_least: 1, of: { badges: [B] } } }
  general: { name: Général, badge: R3, rule: { at_least: 1, of: { badges: [B] } } }
  off: { name: Ancien, active: false, badge: R4, rule: { at_least: 1, of: { badges: [B] } } }
`,
    'partners: [{ client_id: P1, badges: [{ id: B, competency: c, level: 1 }] }]',
  );
  const day = (counts: Readonly<Record<string, number>>) =>
    new Map(Object.entries(counts).map(([id, count]) => [asAwardId(id), count]));
  const days = new Map([
    ['2026-11-22', day({ a1: 2, gone: 1 })],
    ['2026-11-23', day({ a1: 1, a2: 4 })],
  ]);
  expect(rowsOf(scheme, days, '2026-11-23', fr).map((row) => [row.label, row.today, row.last30Days])).toEqual(
    [
      ['Communiquer, niveau 1', 5, 7],
      ['Général', 0, 0],
      ['gone (plus au barème)', 0, 1],
    ],
  );
});
