import {
  asBadgeId,
  asBatchId,
  asAwardId,
  asClientId,
  asEarnerKey,
  asEventId,
  asSchemeVersion,
} from '../../src/ids.js';
import { markKey } from '../../src/platform/key-guard.js';
import { closeRedis, openOperator } from '../../src/platform/redis.js';
import { earnerKeyOf } from '../../src/earners/person.js';
import { DATA_PREFIX } from '../../src/queue/jobs.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import { jsonOf } from './support/cli.js';
import { runningPalier, type RunningPalier } from './support/running-palier.js';
import type { JournalEntry } from '../../src/earners/journal-entry.js';
import { readIssuedSection, readOneAwaySection, readPartnersSection } from '../../src/ops/cli/stats.js';
import { createPartnerActivity } from '../../src/earners/partner-activity.js';
import { parse } from '../support/house.js';
import { testRedis, type TestRedis } from '../support/redis.js';

describe('palier stats and pause', () => {
  const LOU = 'lou@example.org';
  const ADDRESS = /@|lou|example/;
  let palier: RunningPalier;
  beforeEach(async () => {
    palier = await runningPalier({
      scheme: SMALL_SCHEME.replace('badge: R1', 'badge: R1\n    on_loss: flag'),
      partners: SMALL_PARTNERS,
      sandbox: { issuingLimit: 5000 },
    });
  });
  afterEach(() => palier.close());

  const issue = (badge: 'A' | 'B', ...recipients: string[]) =>
    palier.sandbox.issueByHand({ clientId: { A: 'P1', B: 'P2' }[badge], badgeId: badge, recipients });
  const issueCalls = () => palier.sandbox.issues().length;
  const outbox = () => palier.pipeline.outbox.waiting(asBadgeId('R1'));
  const keyOf = (address: string) => earnerKeyOf(palier.pipeline.vault, address);

  /** Both badges of level 1, found by polling. */
  async function comesDue(...recipients: string[]): Promise<void> {
    issue('A', ...recipients);
    issue('B', ...recipients);
    await palier.type(['reconcile']);
  }
  async function awarded(...recipients: string[]): Promise<void> {
    const before = palier.awards().length;
    await comesDue(...recipients);
    await until(() => palier.awards().length === before + recipients.length, 'awards');
    await palier.idle();
  }

  test('a badge on hold: stats and check say why, since when, and when it is looked at again', async () => {
    palier.work();
    palier.sandbox.badgeNamed('REGION', 'R1').draft = true;
    await comesDue(LOU);
    await until(() => palier.pipeline.holds.of(asBadgeId('R1')), 'hold');
    const told = jsonOf(await palier.type(['stats', '--json']));
    expect(told).toMatchObject({
      issuing: {
        paused: false,
        on_hold: [{ award: 'communiquer-1', badge: 'R1', code: 'badge', obf: null }],
      },
      failed: { awards: { total: 0 } },
    });
    const words =
      /en attente, « Communiquer : je pratique » : le badge n’est plus dans le compte OBF .* Depuis le .* ; Palier regarde à nouveau le .*, et reprend seul/;
    expect((await palier.type(['stats'])).out.join('\n')).toMatch(words);
    expect((await palier.type(['check'])).out.join('\n')).toMatch(words);
  });

  describe('pause and resume', () => {
    test('while paused people are evaluated and nothing is issued; resumed, all leave, once', async () => {
      expect(await palier.type(['pause'])).toEqual({
        exit: 0,
        err: [],
        out: ['Envois suspendus. « npx palier resume » les relance.'],
      });
      palier.work();
      await comesDue(LOU, 'sam@example.org');
      await until(async () => (await outbox()) === 2, 'two awards in the outbox');
      const { notices, earners } = palier.pipeline.queues;
      await until(
        async () => (await notices.getWaitingCount()) + (await earners.getActiveCount()) === 0,
        'suppressEmail',
      );
      expect(issueCalls()).toBe(0);

      expect((await palier.type(['pause'])).out).toEqual([
        'Les envois étaient déjà suspendus. « npx palier resume » les relance.',
      ]);
      const ran = await palier.type(['resume', '--json']);
      expect({ exit: ran.exit, told: jsonOf(ran) }).toEqual({
        exit: 0,
        told: { paused: false, changed: true },
      });
      await until(() => palier.awards().length === 2, 'awards');
      await palier.idle();
      expect(palier.awards()).toEqual([`R1 ${LOU}`, 'R1 sam@example.org']);
      expect((await palier.type(['resume'])).out).toEqual(["Les envois n'étaient pas suspendus."]);
    });

    test('check, explain and stats say so', async () => {
      palier.work();
      await palier.type(['pause']);
      await comesDue(LOU);
      await until(async () => (await outbox()) === 1, 'award in the outbox');
      const told =
        "Les envois sont suspendus : rien n'est délivré tant que « npx palier resume » n'est pas tapé.";
      const check = await palier.type(['check']);
      expect(check.exit).toBe(0);
      expect(check.out).toContain('! Envois : attention');
      expect(check.out).toContain(`    ${told}`);
      expect((await palier.type(['explain', LOU])).out.at(-1)).toBe(told);
      expect(jsonOf(await palier.type(['explain', LOU, '--json']))).toMatchObject({ issuing_paused: true });
      expect((await palier.type(['stats'])).out.slice(0, 4)).toEqual([
        'Envois',
        `  ${told}`,
        '  badges dus, en attente du prochain envoi : 1',
        '    « Communiquer : je pratique » : 1',
      ]);
      await palier.type(['resume']);
      expect((await palier.type(['check'])).out).toContain('✓ Envois : bon');
      expect((await palier.type(['explain', LOU])).out).not.toContain(told);
    });
  });

  describe('unblock', () => {
    const revokedByHand = async (): Promise<void> => {
      palier.work();
      await awarded(LOU);
      const [given] = palier.sandbox.eventsOf('REGION', 'R1');
      palier.sandbox.revokeByHand(given?.id ?? '', [LOU]);
      await palier.type(['reconcile', '--full']);
      await palier.idle();
    };

    test('an award revoked by hand is given again, once', async () => {
      await revokedByHand();
      expect(palier.awards()).toEqual([`R1 ${LOU}`]);
      const ran = await palier.type(['unblock', LOU, 'communiquer-1']);
      expect(ran).toEqual({
        exit: 0,
        err: [],
        out: [
          `Blocage levé : « Communiquer : je pratique », bénéficiaire ${keyOf(LOU)}. Il est délivré à nouveau dès que sa règle est remplie.`,
        ],
      });
      expect(ran.out.join('')).not.toMatch(ADDRESS);
      await until(() => palier.awards().length === 2, 'second award');
      await palier.idle();
      const again = await palier.type(['unblock', LOU, 'communiquer-1', '--json']);
      expect({ exit: again.exit, told: jsonOf(again) }).toMatchObject({
        exit: 1,
        told: { ok: false, error: { code: 'not_blocked' } },
      });
      expect(palier.awards()).toHaveLength(2);
    });

    test('while issuing is paused it says what it waits for', async () => {
      await revokedByHand();
      await palier.type(['pause']);
      const { out } = await palier.type(['unblock', LOU, 'communiquer-1', '--lang', 'en']);
      expect(out).toHaveLength(2);
      expect(out[1]).toMatch(/^Issuing is paused/);
    });

    test('whom nobody knows, and what is misspelt', async () => {
      const unknown = await palier.type(['unblock', 'nobody@example.org', 'communiquer-1']);
      expect(unknown).toMatchObject({
        exit: 1,
        err: [expect.stringMatching(/^Personne n'est connu/), expect.anything()],
      });
      const misspelt = await palier.type(['unblock', LOU, 'comuniquer-1']);
      expect(misspelt).toEqual({
        exit: 2,
        out: [],
        err: [
          'Badge Région inconnu « comuniquer-1 » : vouliez-vous dire « communiquer-1 » ? (connus : communiquer-1, communiquer-2)',
        ],
      });
      expect(await palier.type(['unblock', 'lou', 'communiquer-1'])).toMatchObject({ exit: 2 });
    });
  });

  describe('stats', () => {
    test('where nothing has happened', async () => {
      expect(await palier.type(['stats'])).toEqual({
        exit: 0,
        err: [],
        out: [
          'Envois',
          '  en marche',
          '  badges dus, en attente du prochain envoi : 0',
          '  lots en route : 0',
          '',
          'Quota OBF de la Région',
          "  pas encore lu : il l'est avant le premier envoi",
          '',
          'Badges Région délivrés, par mois (12 derniers mois)',
          '  « Communiquer : je pratique » : 0',
          '  « Communiquer : je maîtrise » : 0',
          '',
          "À un badge d'un badge Région",
          "  pas encore compté : c'est fait chaque nuit ; « npx palier simulate » le dit tout de suite",
          '',
          'Avis reçus',
          '  en attente : 0',
          '  en cours : 0',
          '  à retenter plus tard : 0',
          '',
          'Dernier événement de chaque partenaire (« ! » : rien depuis 30 jours)',
          '  ! Organisme un : jamais rien reçu, ni trouvé dans OBF',
          '  ! Organisme deux : jamais rien reçu, ni trouvé dans OBF',
          '  ! Organisme sans clé : jamais rien reçu, ni trouvé dans OBF',
          '',
          "Ce qu'OBF montre mal",
          '  rien',
          '',
          'Échecs (« npx palier replay » les renvoie)',
          '  arrivals : 0',
          '  notices : 0',
          '  earners : 0',
          '  awards : 0',
          '  maintenance : 0',
          '  mails : 0',
          '',
          "À examiner : badges Région dont la règle n'est plus remplie, un badge ayant été révoqué",
          '  rien',
        ],
      });
    });

    test('a flagged award, the quota, what failed and why, and how long notices wait', async () => {
      const stop = palier.work();
      await awarded(LOU, 'sam@example.org');
      const b = issue('B', 'sam@example.org');
      const [first] = palier.sandbox.eventsOf('P2', 'B');
      palier.sandbox.revokeByHand(first?.id ?? '', [LOU]);
      await palier.type(['reconcile', '--full']);
      await palier.idle();
      const { notices, awards } = palier.pipeline.queues;
      await awards.add('x', { kind: 'x' }, { jobId: 'a.1' });
      await until(async () => (await awards.getFailedCount()) === 1, 'failed job');
      await stop();
      const waits = { kind: 'event', clientId: 'P2', eventId: b.id, source: 'webhook' };
      await notices.add('event', waits, { jobId: 'w.1', timestamp: Date.now() - 3 * 3_600_000 - 60_000 });
      await notices.add('event', waits, { jobId: 'd.1', delay: 60_000 });
      // The first poll of a schedule waits for a worker, and no other for its time.
      const poll = { name: 'poll', data: { kind: 'poll', clientId: 'P1' } };
      await notices.upsertJobScheduler('poll.P1', { every: 3_600_000 }, poll);

      const nowS = Math.floor(Date.now() / 1000);
      const told = jsonOf(await palier.type(['stats', '--json']));
      expect(told).toMatchObject({
        issuing: { paused: false, waiting: [], batches: [] },
        quota: { left: 4998, floor: 50 },
        notices: { active: 0, retrying: 1 },
        failed: {
          notices: { total: 0, reasons: [] },
          awards: {
            total: 1,
            reasons: [{ count: 1, reason: expect.stringMatching(/^ZodError: /) }],
          },
        },
        flags: [{ award: 'communiquer-1', badge: 'R1', earner: keyOf(LOU) }],
      });
      const { flags, notices: figures } = told as {
        flags: { since_s: number }[];
        notices: { oldest_age_s: number };
      };
      expect(Math.abs((flags[0]?.since_s ?? 0) - nowS)).toBeLessThan(300);
      expect(figures.oldest_age_s).toBeGreaterThanOrEqual(3 * 3600 + 60);

      const { out } = await palier.type(['stats']);
      expect(out).toContain('  le plus ancien attend depuis : 3 h 1 min');
      expect(out.join('\n')).toMatch(/\n {4}1 × ZodError: /);
      expect(out.at(-1)).toMatch(
        new RegExp(`^ {2}« Communiquer : je pratique » : bénéficiaire ${keyOf(LOU)}, depuis le `),
      );
      expect(out.join('\n')).not.toMatch(/@|example/);
    });

    test('a batch of unknown outcome', async () => {
      const stop = palier.work();
      palier.sandbox.fault({ kind: 'reply-lost', route: 'POST issue' });
      await comesDue(LOU);
      await until(() => issueCalls() === 1, 'issue call');
      await stop();
      const state = async (clock: () => number) => {
        const told = jsonOf(await palier.type(['stats', '--json'], { clock }));
        return (told as { issuing: { batches: { state: string; earners: number }[] } }).issuing.batches;
      };
      const { batches } = palier.pipeline;
      const [id = asBatchId('none')] = await batches.ids(asBadgeId('R1'));
      const { sentMs } = (await batches.find(asBadgeId('R1'), id)) ?? {};
      expect(await state(() => sentMs ?? 0)).toMatchObject([{ state: 'sending', earners: 1 }]);
      const inAMinute = () => Date.now() + 60_000;
      expect(await state(inAMinute)).toMatchObject([{ state: 'unknown', earners: 1 }]);
      expect((await palier.type(['stats'], { clock: inAMinute })).out.join('\n')).toMatch(
        /lots en route : 1\n {4}« Communiquer : je pratique » : 1 personne, issue inconnue, vérifiée dans OBF/,
      );
    });

    test('a batch that OBF refused', async () => {
      palier.sandbox.fault({ kind: 'status', status: 400, route: 'POST issue' });
      palier.work();
      await comesDue(LOU);
      await until(async () => (await palier.pipeline.queues.awards.getFailedCount()) === 1, 'failed batch');
      expect((await palier.type(['stats', '--lang', 'en'])).out.join('\n')).toMatch(
        /batches under way: 1\n {4}"Communiquer : je pratique": 1 earner, refused by OBF, see what failed/,
      );
    });
  });

  test('what needs Redis says so when it is away', async () => {
    // Of a node of a cluster that is away ioredis tells no more than that it is.
    const why = palier.redis.address.kind === 'cluster' ? 'pas de réponse' : "rien n'écoute";
    await palier.redis.kill();
    for (const argv of [
      ['stats'],
      ['pause'],
      ['resume'],
      ['replay'],
      ['unblock', LOU, 'communiquer-1'],
      ['reconcile'],
    ])
      expect(await palier.type(argv)).toEqual({
        exit: 1,
        out: [],
        err: [expect.stringMatching(`^Redis ne répond pas \\(127\\.0\\.0\\.1:\\d+[^)]*\\) : ${why}`)],
      });
    await palier.redis.restart();
  });

  test('under another PALIER_KEY nothing is done, and check says so', async () => {
    const connection = openOperator(palier.redis.address);
    await markKey(connection, DATA_PREFIX, palier.pipeline.vault);
    closeRedis(connection);
    const env = { ...palier.env, PALIER_KEY: Buffer.alloc(32, 1).toString('base64') };
    const check = await palier.type(['check'], { env });
    expect(check.exit).toBe(1);
    expect(check.out).toContain('✗ Clé des données de Redis : erreur');
    const told = [expect.stringMatching(/^PALIER_KEY : ce n'est pas la clé/)];
    for (const argv of [
      ['reconcile', '--full'],
      ['explain', LOU],
      ['unblock', LOU, 'communiquer-1'],
      ['stats'],
    ])
      expect(await palier.type(argv, { env })).toEqual({ exit: 1, out: [], err: told });
    expect(palier.sandbox.calls.filter(({ route }) => route === 'GET events')).toEqual([]);
  });
});

describe('sections of stats', () => {
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
      const { lines, json } = await readIssuedSection({ scheme, clock, journal: journalOf(days) });
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
      await readIssuedSection({
        scheme,
        clock: () => Date.UTC(2026, 0, 31, 23, 30),
        journal: journalOf({}),
      });
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
    await news.seen(asClientId('P1'), atS(2026, 0, 15, 9));
    await news.seen(asClientId('P2'), atS(2025, 11, 16, 12), asEventId('E7'));
    await news.seen(asClientId('GONE'), atS(2020, 1));
    const { lines, json } = await readPartnersSection({ scheme, clock, partnerActivity: news });
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
      },
      expect.objectContaining({ client_id: 'P2', silent: true, quiet_days: 30, last_event: 'E7' }),
      expect.objectContaining({ client_id: 'P1', silent: false, quiet_days: 0 }),
    ]);
    const aSecondSooner = () => clock() - 1000;
    const sooner = await readPartnersSection({ scheme, clock: aSecondSooner, partnerActivity: news });
    expect(sooner.lines[1]?.fr).toMatch(/^Organisme deux : il y a 29 jours/);
  });

  test('who takes no part is not waited for', async () => {
    const inactive = parse(SMALL_SCHEME, 'partners: [{ client_id: P1, active: false }]');
    const news = { partners: () => Promise.resolve(new Map()) };
    expect((await readPartnersSection({ scheme: inactive, clock, partnerActivity: news })).lines).toEqual([]);
  });

  describe('one badge away', () => {
    const tell = (population: typeof counted | null) =>
      readOneAwaySection({ scheme, clock, population: { read: () => Promise.resolve(population) } });
    const counted = {
      atS: atS(2026, 0, 15, 8, 48),
      version: scheme.version,
      oneAway: new Map([[COMM_1, 41]]),
    };

    test('not counted yet: says what does it', async () => {
      expect(await tell(null)).toMatchObject({
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
});
