import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalEntry, JournalKind } from '../../src/earners/journal-entry.js';
import {
  asAssertionId,
  asAwardId,
  asBadgeId,
  asBatchId,
  asEventId,
  asSchemeVersion,
  asEarnerKey,
} from '../../src/ids.js';
import type { AwardEvent } from '../../src/issuing/ledger.js';
import { explainCommandSchema } from '../../src/ops/cli/person/explain.js';
import { createVault } from '../../src/platform/vault.js';
import { storeAssertions } from '../../src/earners/assertions.js';
import { earnerKeyOf } from '../../src/earners/person.js';
import { emptyPortfolio, assertionOf } from '../support/assertion.js';
import { evaluate } from '../../src/rules/evaluate.js';
import { buildExplanation } from '../../src/rules/explain/explanation.js';
import { explainText } from '../../src/rules/explain/text.js';
import { createSchemes } from '../../src/scheme/schemes.js';
import { parse } from '../support/house.js';
import { publishedSchema } from '../support/published-schema.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { linkRecords, storesIn } from '../support/stores.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { jsonOf, palier, type Ran } from './support/cli.js';
import * as fc from 'fast-check';
import { backgroundOf } from '../../src/ops/shared/explain-person.js';
import type { Assertion } from '../../src/earners/record.js';
import type { Evaluation } from '../../src/rules/evaluation.js';

describe('palier explain', () => {
  // Of one that is drawn anew, a key may begin with `-`: the command line takes it for an option.
  const key = Buffer.alloc(32, 7);
  const vault = createVault(key);
  /** 15 January 2026, 10:00 in Normandie. */
  const NOW_MS = Date.UTC(2026, 0, 15, 9);
  const clock = () => NOW_MS;

  let redis: TestRedis;
  let cwd: string;
  let people = 0;

  beforeAll(async () => {
    redis = await testRedis();
    cwd = await mkdtemp(join(tmpdir(), 'palier-explain-'));
    await mkdir(join(cwd, 'config'));
    await writeFile(join(cwd, 'config/scheme.yaml'), SMALL_SCHEME);
    await writeFile(join(cwd, 'config/partners.yaml'), SMALL_PARTNERS);
  });
  afterAll(async () => {
    await rm(cwd, { recursive: true });
    await redis.close();
  });

  /** Only what it needs: no webhook secret, no OBF secret. */
  const env = () => ({
    REDIS_URL: redis.url,
    OBF_CLIENT_ID: 'REGION',
    PALIER_KEY: key.toString('base64'),
  });

  async function explain(address: string, ...options: string[]): Promise<Ran> {
    const ran = await palier(['explain', address, ...options], {
      env: env(),
      cwd,
      clock,
      dataPrefix: redis.prefix,
    });
    const all = [...ran.out, ...ran.err].join('\n').toLowerCase();
    expect(all).not.toContain('example.org');
    expect(all).not.toContain(env().PALIER_KEY.toLowerCase());
    return ran;
  }

  const stores = () => storesIn(redis.connection, redis.prefix, vault, clock);

  /** Somebody new, with these badges: `client/badge`, all of 5 January 2026. */
  async function somebody(...badges: string[]): Promise<string> {
    people += 1;
    const address = `lou.${people}@example.org`;
    await storeAssertions(
      stores(),
      badges.map((badge, at) => {
        const [clientId = '', badgeId = ''] = badge.split('/');
        return {
          earner: earnerKeyOf(vault, address),
          contact: { address, name: 'Lou' },
          assertion: assertionOf(`a${people}.${at}`, {
            clientId,
            badgeId,
            eventId: `E${people}${at}`,
            issuedOnS: Date.UTC(2026, 0, 5) / 1000,
          }),
        };
      }),
    );
    return address;
  }

  async function recorded(address: string, ...events: AwardEvent[]): Promise<void> {
    const { ledger } = stores();
    for (const event of events) await ledger.apply(earnerKeyOf(vault, address), asBadgeId('R1'), event);
  }

  test('the tree of one person, in French, whatever the form of the address', async () => {
    const address = await somebody('P1/A', 'P1/A', 'P9/Z');
    const { exit, out, err } = await explain(`  ${address.toUpperCase()} `);
    expect({ exit, err }).toEqual({ exit: 0, err: [] });
    const earner = earnerKeyOf(vault, address);
    const { assertions } = await stores().earners.read(earner);
    const scheme = parse(SMALL_SCHEME, SMALL_PARTNERS);
    const evaluation = evaluate(scheme, { ...emptyPortfolio, assertions }, NOW_MS / 1000);
    expect(out).toEqual([
      `Bénéficiaire ${earner}`,
      ...explainText(buildExplanation(scheme, evaluation), 'fr'),
    ]);
    expect(out.join('\n')).toContain('Badge A');
  });

  test('in English', async () => {
    const { out } = await explain(await somebody('P1/A', 'P2/B'), '--lang', 'en');
    expect(out[0]).toMatch(/^Earner [\w-]{22}$/);
    expect(out.join('\n')).toContain('due');
  });

  test('in JSON: the evaluation, the earner, and what is on its way', async () => {
    const address = await somebody('P1/A', 'P2/B');
    await recorded(
      address,
      { type: 'comes-due', endedEvents: [] },
      { type: 'claim', batch: asBatchId('b1') },
    );
    const ran = await explain(address, '--json');
    expect(ran.exit).toBe(0);
    expect(explainCommandSchema.safeParse(jsonOf(ran))).toMatchObject({ success: true });
    expect(jsonOf(ran)).toMatchObject({
      earner: earnerKeyOf(vault, address),
      addresses: 1,
      now_s: NOW_MS / 1000,
      awards: [
        { award: 'communiquer-1', status: 'due', met: true },
        {
          award: 'communiquer-2',
          status: 'not_met',
          lacking: { fr: 'encore 1 badge « Communiquer » de niveau 2' },
          would_help: { badges: [{ badge: 'C', partner: 'Organisme un' }], awards: [], reach: 'within' },
        },
      ],
      left_out: [],
      issuing: [{ badge: 'R1', state: 'claimed', batch: 'b1', since_s: NOW_MS / 1000 }],
    });
  });

  const DUE = { type: 'comes-due', endedEvents: [] } as const;
  const CLAIM = { type: 'claim', batch: asBatchId('b1') } as const;
  const SINCE = '(depuis le 15 janv. 2026, 10:00)';
  test.each<[string, AwardEvent[], string[]]>([
    ['waits', [DUE], [`en attente du prochain envoi ${SINCE}`]],
    ['is being sent', [DUE, CLAIM], [`envoi en cours ${SINCE}`]],
    [
      'is of unknown outcome',
      [DUE, CLAIM, { type: 'markUnknown', batch: asBatchId('b1') }],
      [`issue inconnue, vérifiée dans OBF avant tout nouvel envoi ${SINCE}`],
    ],
    [
      'was refused',
      [DUE, CLAIM, { type: 'refuse', why: 'OBF POST issue: 400 bad recipient lou@example.org' }],
      [`refusé par OBF : OBF POST issue: 400 bad recipient [address] ${SINCE}`],
    ],
    [
      'was revoked by hand',
      [DUE, { type: 'revoked-by-human' }],
      [`révoqué à la main dans OBF : n'est plus délivré tant que le blocage n'est pas levé ${SINCE}`],
    ],
    ['was issued', [DUE, CLAIM, { type: 'record', event: asEventId('E1') }], []],
    ['was withdrawn', [DUE, { type: 'withdraw' }], []],
  ])('an award that %s is told so', async (_, events, told) => {
    const address = await somebody('P1/A', 'P2/B');
    await recorded(address, ...events);
    const { exit, out } = await explain(address);
    expect(exit).toBe(0);
    const at = out.indexOf('Envois');
    const lines = at === -1 ? [] : out.slice(at + 1);
    expect(lines).toEqual(told.map((words) => `  « Communiquer : je pratique » : ${words}`));
  });

  test('a badge that has arrived is not on its way, whatever its record still says', async () => {
    const address = await somebody('P1/A', 'P2/B', 'REGION/R1');
    await recorded(address, DUE, CLAIM);
    expect((await explain(address)).out).not.toContain('Envois');
  });

  test('by the key that stands for the person, as stats and audit show it', async () => {
    const address = await somebody('P1/A');
    const byKey = await explain(earnerKeyOf(vault, address));
    expect(byKey).toEqual(await explain(address));
    expect(byKey.exit).toBe(0);
  });

  test('a key that begins with "-" is no option; what is shorter is one', async () => {
    for (const start of ['-', '--']) {
      const { exit, err } = await explain(start.padEnd(22, 'a'));
      expect({ exit, first: err[0] }).toEqual({
        exit: 1,
        first: expect.stringMatching(/^Personne n'est connu/),
      });
    }
    const { exit, err } = await explain('-'.padEnd(21, 'a'));
    expect({ exit, first: err[0] }).toEqual({ exit: 2, first: expect.stringMatching(/^Option inconnue/) });
  });

  test('somebody with two addresses is one person, by whichever address', async () => {
    const [one, other] = [await somebody('P1/A'), await somebody('P2/B')];
    const [person, linked] = [earnerKeyOf(vault, one), earnerKeyOf(vault, other)];
    await linkRecords(stores().earners, person, linked);
    const { out } = await explain(other);
    expect(out[0]).toBe(`Bénéficiaire ${person} (adresses liées : 2)`);
    expect(out.join('\n')).toContain('« Communiquer : je pratique » (communiquer-1) : dû');
    expect(await explain(one)).toMatchObject({ out });
    expect(jsonOf(await explain(other, '--json'))).toMatchObject({ earner: person, addresses: 2 });
  });

  /** What the account says of an award that somebody holds through event `E<n>1`. */
  const given = (address: string, more: Partial<JournalEntry>): JournalEntry => ({
    kind: 'issued',
    atS: NOW_MS / 1000,
    earner: earnerKeyOf(vault, address),
    award: asAwardId('communiquer-1'),
    badgeId: asBadgeId('R1'),
    assertions: [],
    cause: null,
    version: null,
    event: asEventId(`E${people}1`),
    detail: null,
    ...more,
  });

  test('what the account, the flags and a change of the rules say is told', async () => {
    const address = await somebody('P1/A', 'REGION/R1');
    const earner = earnerKeyOf(vault, address);
    const assertions = [asAssertionId(`a${people}.0`), asAssertionId('gone')];
    const old = given(address, { assertions, version: asSchemeVersion('0123456789abcdef') });
    await stores().journal.write([old]);
    const flag = { badgeId: asBadgeId('R1'), atS: Date.UTC(2026, 0, 10) / 1000 };
    await stores().flags.add({ earner, ...flag });
    const { out } = await explain(address);
    expect(out.slice(2, 6).map((line) => line.trim())).toEqual([
      "« Communiquer : je pratique » (communiquer-1) : attribué le 5 janvier 2026 ; à examiner depuis le 10 janvier 2026, car la règle n'est plus remplie",
      'Délivré par Palier, selon une version antérieure des règles (0123456789abcdef)',
      "Obtenu grâce à : « Badge A », Organisme un, 5 janvier 2026 ; un badge qui n'est plus dans le portefeuille (gone)",
      expect.stringMatching(/^À examiner : /),
    ]);
    const json = jsonOf(await explain(address, '--json'));
    expect(explainCommandSchema.safeParse(json)).toMatchObject({ success: true });
    expect(json).toMatchObject({
      awards: [
        {
          flagged_since_s: flag.atS,
          history: { by: 'palier', version: '0123456789abcdef', earned_by: assertions },
        },
        {},
      ],
    });
  });

  test('files that are easier than the rules in force: what they would give waits for apply', async () => {
    const address = await somebody('P1/A', 'P2/B');
    const strict = parse(SMALL_SCHEME.replace('at_least: 2', 'at_least: 3'), SMALL_PARTNERS);
    const schemes = createSchemes({ redis: redis.connection, prefix: redis.prefix, vault }, strict);
    try {
      await schemes.start(strict);
      const { out } = await explain(address);
      expect(out.join('\n')).toContain(
        '(communiquer-1) : dû selon les règles modifiées, en attente de « npx palier apply »',
      );
    } finally {
      await redis.connection.del(`${redis.prefix}:{scheme}:state`);
    }
  });

  test('somebody unknown', async () => {
    const { exit, out, err } = await explain('nobody@example.org');
    expect({ exit, out }).toEqual({ exit: 1, out: [] });
    expect(err[0]).toMatch(/^Personne n'est connu à cette adresse/);
    const inJson = await explain('nobody@example.org', '--json');
    expect(jsonOf(inJson)).toMatchObject({ ok: false, error: { code: 'unknown_earner' } });
  });

  test.each([
    'nobody',
    'a'.repeat(21),
    'a'.repeat(23),
    '?'.repeat(22),
    'a@b@example.org',
    '@example.org',
    'lou @example.org',
    '',
  ])('"%s" is no address, and no key: 2', async (address) => {
    expect(await explain(address)).toMatchObject({ exit: 2, out: [] });
  });

  test('what it needs of the environment, the rules and Redis: each told, by name', async () => {
    const address = 'lou@example.org';
    const faults = await palier(['explain', address], { env: { WEBHOOK_SECRETS: 'x' }, cwd });
    expect(faults).toMatchObject({
      exit: 1,
      err: [
        'REDIS_URL : la variable manque',
        'OBF_CLIENT_ID : la variable manque',
        expect.stringMatching(/^PALIER_KEY : la variable manque/),
      ],
    });
    const noRules = await palier(['explain', address], {
      env: { ...env(), PALIER_CONFIG: 'nulle-part' },
      cwd,
    });
    expect(noRules).toMatchObject({
      exit: 1,
      err: [
        expect.stringMatching(/^nulle-part\/scheme\.yaml : /),
        expect.stringMatching(/^nulle-part\/partners\.yaml : /),
      ],
    });
    const noRedis = await palier(['explain', address], {
      env: { ...env(), REDIS_URL: 'redis://127.0.0.1:1' },
      cwd,
    });
    expect(noRedis).toMatchObject({
      exit: 1,
      err: [expect.stringMatching(/^Redis ne répond pas \(127\.0\.0\.1:1\)/)],
    });
  });

  test('docs/schema/explain.json is the schema of --json', () => {
    const { file, made } = publishedSchema('explain', explainCommandSchema);
    expect(file).toEqual(made);
  });
});

describe('how an award came', () => {
  const R1 = asBadgeId('R1');
  const R2 = asBadgeId('R2');

  /** Somebody who holds R1, through this event. */
  function holding(event: string | null): Evaluation {
    const held: Assertion = assertionOf('r1', {
      clientId: 'REGION',
      badgeId: R1,
      eventId: event,
      issuedOnS: 1000,
    });
    return evaluate(parse(SMALL_SCHEME, SMALL_PARTNERS), { ...emptyPortfolio, held: [held] }, 5000);
  }

  const entry = (
    kind: JournalKind,
    event: string | null,
    more: Partial<JournalEntry> = {},
  ): JournalEntry => ({
    kind,
    atS: 1000,
    earner: asEarnerKey('k1'),
    award: null,
    badgeId: R1,
    assertions: [],
    cause: null,
    version: null,
    event: event === null ? null : asEventId(event),
    detail: null,
    ...more,
  });
  const BY_US = { version: asSchemeVersion('v1'), assertions: [asAssertionId('a1')], atS: 1200 };
  const NOTHING = { flags: [], waiting: new Set<never>() };

  const historyOf = (event: string | null, entries: readonly JournalEntry[]) =>
    backgroundOf(holding(event), { ...NOTHING, entries }).history;

  test('what Palier gave: when, under which version, from which assertions', () => {
    expect([...historyOf('E1', [entry('issued', 'E1', BY_US)])]).toEqual([
      [R1, { sinceS: 1200, version: 'v1', by: 'palier', earnedBy: ['a1'], event: 'E1' }],
    ]);
  });

  test('what was found in OBF was given by hand', () => {
    expect(historyOf('E1', [entry('found', 'E1')]).get(R1)).toEqual({
      sinceS: 1000,
      version: null,
      by: 'hand',
      earnedBy: [],
      event: 'E1',
    });
  });

  test.each<[string, string | null, readonly JournalEntry[], string | null | undefined]>([
    ['of its own event', 'E2', [entry('issued', 'E1', BY_US), entry('found', 'E2')], null],
    [
      'of what Palier gave, found again since',
      'E1',
      [entry('found', 'E1', { atS: 1500 }), entry('issued', 'E1', BY_US)],
      'v1',
    ],
    [
      'of the latest, where OBF tells of no event',
      null,
      [entry('found', 'E0'), entry('issued', 'E1', BY_US)],
      'v1',
    ],
    ['of no other event', 'E2', [entry('issued', 'E1', BY_US)], undefined],
    ['of no other badge', 'E1', [entry('issued', 'E1', { ...BY_US, badgeId: R2 })], undefined],
    ['of nothing but a giving', 'E1', [entry('flagged', 'E1'), entry('revoked', 'E1')], undefined],
  ])('its history is that %s', (_, event, entries, version) => {
    expect(historyOf(event, entries).get(R1)?.version).toBe(version);
  });

  test('in whichever order the account is read', () => {
    const entries = [
      entry('found', 'E1'),
      entry('issued', 'E1', BY_US),
      entry('flagged', 'E1', { atS: 1300 }),
      entry('issued', 'E2', { ...BY_US, badgeId: R2 }),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(entries, { minLength: entries.length }), (shuffled) => {
        expect(historyOf('E1', shuffled)).toEqual(historyOf('E1', entries));
      }),
    );
  });

  test('a badge that is not held has no history', () => {
    const nobody = evaluate(parse(SMALL_SCHEME, SMALL_PARTNERS), emptyPortfolio, 5000);
    expect(backgroundOf(nobody, { ...NOTHING, entries: [entry('issued', 'E1', BY_US)] }).history.size).toBe(
      0,
    );
  });

  test('flags since the first of them, and what waits', () => {
    const flags = [[R1, 30] as const, [R1, 20] as const, [R2, 40] as const];
    const waiting = new Set([asAwardId('communiquer-2')]);
    const background = backgroundOf(holding('E1'), { entries: [], flags, waiting });
    expect(background.flagged).toEqual(new Map([[R1, 20] as const, [R2, 40] as const]));
    expect(background.waiting).toEqual(waiting);
  });
});
