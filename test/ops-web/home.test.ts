import fc from 'fast-check';
import { h } from 'preact';
import { earnerKeyOf } from '../../src/earners/person.js';
import { asBadgeId, asClientId, asEventId, asAwardId, asSchemeVersion } from '../../src/ids.js';
import { quantile, readObfAnswers, type ObfAnswers } from '../../src/ops/web/home/obf-answers.js';
import { issuedRows, type HomeModel, type HomeState } from '../../src/ops/web/home/read.js';
import { verdictOf } from '../../src/ops/web/home/verdict.js';
import { HomeView } from '../../src/ops/web/home/view.js';
import { secondsOf } from '../../src/platform/clock.js';
import { createMeter, recentKey } from '../../src/platform/meter.js';
import { redisCause } from '../../src/platform/redis-faults.js';
import { createStateStore } from '../../src/scheme/schemes.js';
import { openHouse, parse, REGION, type House, type HouseOptions } from '../support/house.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import { signedIn, type Browser } from './support/browser.js';
import { renderIn } from './support/frame.js';
import { OPERATOR, OPS_SETTINGS, READER } from './support/people.js';
import { textOf } from './support/text.js';

describe('the home page', () => {
  const SCHEME = `
scheme: Essai
competencies: { communiquer: { name: Communiquer }, organiser: { name: Organiser } }
awards:
  communiquer-1:
    { name: C1, competency: communiquer, level: 1, badge: R1, rule: { at_least: 2, of: { competency: communiquer } } }
  organiser-1:
    { name: O1, competency: organiser, level: 1, badge: R2, rule: { at_least: 1, of: { competency: organiser } } }
`;
  const PARTNERS = `
partners:
  - client_id: P1
    name: Organisme <un>
    secret_env: KEY_P1
    badges:
      - { id: A, competency: communiquer, level: 1 }
      - { id: B, competency: communiquer, level: 1 }
  - client_id: P2
    name: Organisme deux
    secret_env: KEY_P2
    badges: [{ id: O, competency: organiser, level: 1 }]
`;
  const LOU = 'lou.martin@example.org';

  let house: House;
  let browser: Browser;
  async function open(options: Partial<HouseOptions> = {}): Promise<void> {
    house = await openHouse({ scheme: SCHEME, partners: PARTNERS, ops: OPS_SETTINGS, ...options });
    browser = await signedIn(house.opsUrl, OPERATOR);
  }
  afterEach(() => house.close());

  async function give(clientId: string, badgeId: string, recipients = [LOU]) {
    const event = house.issue({ clientId, badgeId, recipients });
    expect(await house.notify(event)).toBe(202);
    await house.idle();
    return event;
  }
  const home = async (who = browser) => textOf((await who.get('/ops')).html);

  test('where all is well, it says so; what was given today and in 30 days stands in a chart and its table', async () => {
    // At midnight, today would become another day.
    const clock = (): number => Date.UTC(2026, 10, 23, 11) + Math.floor(performance.now());
    await open({ clock, sandbox: { clock } });
    await give('P1', 'A');
    await give('P1', 'B');
    await give('P2', 'O', [LOU, 'ali@example.org']);
    expect(house.awards()).toHaveLength(3);
    const html = await until(async () => {
      const page = await browser.get('/ops');
      return page.html.includes('Tout va bien.') && page.html;
    }, 'a page that says so');
    const text = textOf(html);
    expect(text).toContain('Communiquer, niveau 1 | 1 | 1');
    expect(text).toContain('Organiser, niveau 1 | 2 | 2');
    expect(html).toMatch(/<svg[^>]*role="img"/);
    expect(text).toContain('Organisme <un>');
    expect(html).not.toContain('Organisme <un>');
    expect(text).toMatch(/Avis à lire \| 0 \|/);
    expect(text).toMatch(/Portefeuilles à évaluer \| 0 \|/);
    expect(html).not.toMatch(/example\.org/);
  });

  test('what is wrong stands first, the worst before the rest, each with where it is mended', async () => {
    await open({ pace: { quota: { floor: 50, largeBatch: 100, freshMs: 0, maxAgeMs: 0 } } });
    await give('P1', 'A');
    const b = await give('P1', 'B');
    house.sandbox.revokeByHand(b.id, [LOU]);
    await house.notify(b, 'badge.revoked');
    await house.idle();
    house.sandbox.fault({ route: 'POST issue', kind: 'status', status: 400, times: 1 });
    await give('P2', 'O', ['ali@example.org']);
    const { partnerActivity, queues, redis, prefix, clock } = backOf(house);
    await queues.awards.pause();
    await house.notify(house.issue({ clientId: 'P2', badgeId: 'O', recipients: [LOU] }));
    await until(async () => /1 badge dû attend\./.test(await home()), 'an award that waits');
    const longAgoS = secondsOf(clock) - 31 * 86_400;
    await redis.del(`${prefix}:news`);
    await partnerActivity.seen(asClientId('P1'), longAgoS);
    await redis.hset(`${prefix}:quota`, { left: 70, readMs: Date.now() });

    const html = (await browser.get('/ops')).html;
    const points = [...html.matchAll(/<li>(<span class="state.*?)<\/li>/gs)].map(([, one = '']) => one);
    expect(points.map((point) => textOf(point).replaceAll(/\s+/g, ' '))).toEqual([
      expect.stringContaining('À régler Les envois sont suspendus : 1 badge dû attend.'),
      expect.stringContaining('À régler 1 travail a échoué et n’avancera pas sans vous.'),
      expect.stringContaining(
        'À regarder Le quota OBF de la Région s’épuise : Palier peut encore délivrer 20',
      ),
      expect.stringContaining('À regarder Badges Région à examiner : 1.'),
      expect.stringContaining(
        'À regarder Organismes sans nouvelles depuis 30 jours : 2 (Organisme deux, Organisme <un>)',
      ),
    ]);
    expect(points.map((point) => /href="([^"]+)"/.exec(point)?.[1])).toEqual([
      '#maintenant',
      '/ops/echecs',
      '#maintenant',
      '#a-examiner',
      '/ops/organismes',
    ]);
    const earner = earnerKeyOf(house.pipelines[0].vault, LOU);
    expect(html).toContain(`href="/ops/personne/${earner}"`);
    expect(textOf(html)).not.toContain('Tout va bien');
    expect(html).not.toMatch(/example\.org|Organisme <un>/);
  });

  /** What the tests change behind the pages' back. */
  const backOf = ({ pipelines: [{ partnerActivity, queues, redis, prefix, clock }] }: House) => ({
    partnerActivity,
    queues,
    clock,
    redis,
    prefix,
  });

  test('an operator resumes issuing from the page, and the badge leaves; a reader cannot', async () => {
    await open();
    await backOf(house).queues.awards.pause();
    await give('P1', 'A');
    const event = house.issue({ clientId: 'P1', badgeId: 'B', recipients: [LOU] });
    await house.notify(event);
    await until(async () => /1 badge dû attend/.test(await home()), 'an award that waits');
    expect(house.awards()).toEqual([]);
    const reader = await signedIn(house.opsUrl, READER);
    expect((await reader.get('/ops')).html).not.toContain('/ops/envois/relancer');
    expect((await reader.post('/ops/envois/relancer')).status).toBe(403);
    expect(await backOf(house).queues.awards.isPaused()).toBe(true);

    const reply = await browser.post('/ops/envois/relancer');
    expect([reply.status, reply.location]).toEqual([303, '/ops']);
    expect((await browser.follow(reply)).html).toContain('Les envois ont repris.');
    await until(() => house.awards().length > 0, 'the award in OBF');
    await house.idle();
    expect(house.awards()).toEqual([`R1 ${LOU}`]);
    const again = await browser.post('/ops/envois/relancer');
    expect((await browser.follow(again)).html).toContain('Les envois n’étaient pas suspendus.');
  });

  test('a wrong API key, and an OBF that does not answer, are named while they last', async () => {
    await open();
    const [{ obf, meter }] = house.pipelines;
    house.sandbox.fault({ route: 'POST token', clientId: 'P2', kind: 'status', status: 403, times: 1000 });
    const read = (client: string) =>
      obf
        .account(asClientId(client))
        ?.event(asEventId('none'), AbortSignal.timeout(60_000))
        .catch(() => undefined);
    await read('P2');
    await read('P1');
    house.sandbox.fault({ route: 'GET event', clientId: 'P1', kind: 'status', status: 500, times: 1000 });
    for (let at = 0; at < 6; at += 1) await read('P1');
    await meter.flush();
    const text = await until(async () => {
      const shown = await home();
      return shown.includes('Une réponse sur deux') && shown;
    }, 'the counts of this hour');
    expect(text).toContain('OBF refuse la clé d’API de « Organisme deux »');
    expect(text).toMatch(/OBF ne répond pas bien : [67] appels sur \d+/);
    expect(text).toMatch(/Appels sans réponse utile \| [67]/);
    expect(text).toMatch(/Une réponse sur deux en moins de \| \d/);
    expect(text).not.toContain('OBF refuse la clé d’API de « Organisme <un> »');
  });

  test('changed rules that wait to be put into force, and an application that was stopped', async () => {
    await open();
    const [{ schemes }] = house.pipelines;
    const changed = parse(SMALL_SCHEME.replace('at_least: 2', 'at_least: 1'), SMALL_PARTNERS);
    await schemes.start(changed);
    expect(await home()).toContain('Le barème a changé');
    const applying = { version: changed.version, only: null, suppressEmail: false, startedS: 1_700_000_000 };
    const { redis, prefix, vault } = house.pipelines[0];
    await createStateStore(redis, `${prefix}:{scheme}:state`, vault).update((state) =>
      state === null ? state : { ...state, applying },
    );
    expect(await home()).toMatch(/La mise en vigueur du barème, commencée il y a .* n’est pas terminée/);
    await schemes.applied();
    expect(await home()).not.toContain('n’est pas terminée');
  });

  test('of many awards to look at the ten oldest are listed; the journal has them all', async () => {
    await open();
    const [{ flags, vault }] = house.pipelines;
    const people = Array.from({ length: 12 }, (_, at) => earnerKeyOf(vault, `p${at}@example.org`));
    for (const [at, earner] of people.entries())
      await flags.add({ earner, badgeId: asBadgeId('R1'), atS: 1_700_000_000 + at });
    const { html } = await browser.get('/ops');
    const listed = [...html.matchAll(/href="\/ops\/personne\/([^"]+)"/g)].map(([, key]) => key);
    expect(listed).toEqual(people.slice(0, 10));
    expect(html).toContain('Badges Région à examiner : 12');
    expect(html).toContain('href="/ops/journal?sorte=flagged"');
  });

  test('a call of unknown outcome, and a worker that no longer comes', async () => {
    await open();
    const { redis, prefix, queues } = backOf(house);
    // Palier's time is Redis', which may be some milliseconds behind.
    const sentMs = Date.now() - 20 * 60_000 - 500;
    const batch = { state: 'sending', earners: ['k'], createdMs: sentMs, sentMs, event: null };
    await redis.hset(`${prefix}:batches:{${asBadgeId('R1')}}`, { b: JSON.stringify(batch) });
    const text = await home();
    expect(text).toContain('OBF n’a pas confirmé 1 envoi depuis 20 min');
    expect(text).not.toContain('de retard');

    await queues.notices.upsertJobScheduler(
      `poll.${REGION}`,
      { every: 86_400_000, startDate: Date.now() + 86_000_000 },
      { name: 'poll', data: { kind: 'poll', clientId: REGION } },
    );
    expect(await home()).toMatch(/Avis à lire \| 0 \|/);
    await redis.zadd(queues.notices.toKey('repeat'), Date.now() - 30 * 60_000 - 500, `poll.${REGION}`);
    expect(await home()).toContain('Palier a 30 min de retard sur la lecture des comptes OBF');
  });
});

describe('what the home page is made from', () => {
  const NOW_S = 1_795_000_000;
  const OURS = asClientId(REGION);
  const P1 = asClientId('P1');

  describe('the verdict', () => {
    const state: HomeState = {
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
    const good: HomeModel = {
      nowS: NOW_S,
      redisFault: null,
      state,
      lastHour: answers,
      lastMinutes: answers,
      partners: [],
      readProblems: [],
      unread: [],
      nameOf: (clientId) => `Organisme ${clientId}`,
      region: OURS,
      isChangeWaiting: false,
      unfinished: null,
      scheme: 'Essai',
      issued: [
        { label: 'Communiquer', today: 1, last30Days: 60 },
        { label: 'Organiser', today: 0, last30Days: 40 },
      ],
    };
    const told = (facts: Partial<HomeModel>) =>
      verdictOf({ ...good, ...facts }).map(({ kind, text, link: [, href] }) => `${kind} ${href} ${text}`);
    const unfinished = (ageS: number) => ({
      version: asSchemeVersion('0123456789abcdef'),
      only: null,
      suppressEmail: false,
      startedS: NOW_S - ageS,
    });

    test('nothing to say, nothing said', () => {
      expect(verdictOf(good)).toEqual([]);
      expect(told({ lastHour: null, lastMinutes: null })).toEqual([]);
      expect(told({ state: { ...state, quota: { reading: null, floor: 50 } } })).toEqual([]);
      expect(told({ state: { ...state, quota: { reading: { left: null, readMs: 0 }, floor: 50 } } })).toEqual(
        [],
      );
    });

    test('an hour in which nothing was counted is not told as the beginning of counting', () => {
      const text = textOf(renderIn(h(HomeView, { ...good, lastHour: null })));
      expect(text).toContain('Rien n’a été compté depuis une heure.');
      expect(textOf(renderIn(h(HomeView, good)))).not.toContain('Rien n’a été compté');
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

    test.each<[string, Partial<HomeModel>, RegExp]>([
      ['no worker', { state: { ...state, lateS: 900 } }, /^bad \/ops\/queues .* 15 min de retard/],
      [
        'paused',
        { state: { ...state, paused: true, due: 1200 } },
        /^bad #maintenant .* 1\s200 badges dus attendent/,
      ],
      ['failed', { state: { ...state, failed: 100_000 } }, /^bad \/ops\/echecs 100\s000 travaux ont échoué/],
      [
        'waiting',
        { state: { ...state, notices: { waiting: 2, oldestAgeS: 600 } } },
        /^watch \/ops\/queues .*10 min/,
      ],
      [
        'earners',
        { state: { ...state, earners: { waiting: 3, oldestAgeS: 600 } } },
        /^watch \/ops\/queues Des portefeuilles attendent d’être évalués \(3\), le plus ancien depuis 10 min/,
      ],
      [
        'a full Redis',
        { redisFault: redisCause(new Error('OOM command not allowed')) },
        /^bad \/ops\/queues Redis : mémoire pleine\. Rien ne peut être enregistré, ni délivré : sa mémoire /,
      ],
      [
        'waiting long',
        { state: { ...state, notices: { waiting: 2, oldestAgeS: 3600 } } },
        /^bad .*depuis 1 h/,
      ],
      [
        'unknown',
        { state: { ...state, unknown: { batches: 2, ageS: 60 } } },
        /^watch #obf .*2 envois, le plus/,
      ],
      [
        'unknown long',
        { state: { ...state, unknown: { batches: 1, ageS: 600 } } },
        /^bad .* 1 envoi depuis 10 min/,
      ],
      [
        'quota out',
        { state: { ...state, quota: { reading: { left: 50, readMs: 0 }, floor: 50 } } },
        /^bad #maintenant .*épuisé : il reste 50 badges/,
      ],
      [
        'quota low',
        { state: { ...state, quota: { reading: { left: 149, readMs: 0 }, floor: 50 } } },
        /^watch .*encore délivrer 99 badges ; il en a délivré 100 en 30 jours/,
      ],
      ['change', { isChangeWaiting: true }, /^watch \/ops\/bareme Le barème a changé/],
      [
        'stopped',
        { unfinished: unfinished(600), isChangeWaiting: true },
        /^bad \/ops\/bareme .*il y a 10 min/,
      ],
      ['flags', { state: { ...state, flags: { count: 3, listed: [] } } }, /^watch #a-examiner .* : 3\./],
      [
        'down',
        { lastMinutes: { ...answers, failed: 60 } },
        /^bad #obf .*60 appels sur 100 sont restés sans réponse/,
      ],
      ['slow', { lastMinutes: { ...answers, p95S: 6 } }, /^watch #obf .*plus de 6 s/],
      ['own key', { lastHour: { ...answers, keysRefused: [OURS] } }, /^bad #obf .*clé d’API de la Région/],
      [
        'a partner’s key',
        { lastHour: { ...answers, keysRefused: [P1] }, unread: [P1] },
        /^bad \/ops\/organismes\/P1 .*« Organisme P1 »/,
      ],
      ['unread', { unread: [P1] }, /^watch \/ops\/organismes .*1 \(Organisme P1\)/],
    ])('%s', (_, facts, words) => {
      expect(told(facts)).toEqual([expect.stringMatching(words)]);
    });

    test.each<[string, Partial<HomeModel>]>([
      ['an application that has just begun', { unfinished: unfinished(30), isChangeWaiting: true }],
      ['few calls', { lastMinutes: { ...answers, calls: 4, failed: 4, p95S: 20 } }],
      [
        'a quota for months',
        { state: { ...state, quota: { reading: { left: 150, readMs: 0 }, floor: 50 } } },
      ],
    ])('%s is no matter', (_, facts) => {
      expect(told(facts)).toEqual([]);
    });
  });

  describe('how OBF answered', () => {
    const START_S = 300 * 1000;
    let redis: TestRedis;
    beforeEach(async () => {
      redis = await testRedis();
    });
    afterEach(() => redis.close());

    type Call = readonly [atS: number, status: string, seconds: number];
    /** By two processes, each of which stores what it counted at once. */
    async function count(calls: readonly Call[], tokens: readonly (readonly [string, string])[] = []) {
      let nowS = START_S;
      const { connection, dataPrefix } = redis;
      const meters = [0, 1].map(() => createMeter(connection, dataPrefix, () => nowS * 1000));
      for (const [nth, [atS, status, seconds]] of calls.entries()) {
        nowS = atS;
        const meter = meters[nth % 2];
        meter?.count('palier_obf_calls_total', { role: 'region', route: 'GET event', status });
        meter?.time(
          'palier_obf_call_duration_seconds',
          { role: 'region', route: 'GET event' },
          seconds * 1000,
        );
        await meter?.flush();
      }
      for (const [client, outcome] of tokens)
        meters[0]?.count('palier_token_requests_total', { client, outcome });
      await meters[0]?.flush();
    }
    const readAt = (nowS: number) =>
      readObfAnswers({ redis: redis.connection, prefix: redis.dataPrefix, clock: () => nowS * 1000 });

    test('what was counted in the last hour, and in the last minutes', async () => {
      await count(
        [
          [START_S, '2xx', 20],
          [START_S + 300, '2xx', 0.01],
          [START_S + 310, '4xx', 0.3],
          [START_S + 3600, '429', 0.3],
          [START_S + 3900, '5xx', 0.3],
          [START_S + 3900, 'none', 15],
        ],
        [
          ['P1', 'refused'],
          ['P2', 'refused'],
          ['P2', 'given'],
          ['P3', 'given'],
        ],
      );
      const { lastHour, lastMinutes } = await readAt(START_S + 3910);
      expect(lastHour).toEqual({
        overS: 3610,
        calls: 5,
        refused: 1,
        throttled: 1,
        failed: 2,
        p50S: expect.closeTo(0.375),
        p95S: expect.closeTo(17.5),
        keysRefused: ['P1'],
      });
      expect(lastMinutes).toMatchObject({ overS: 310, calls: 3, refused: 0, failed: 2 });
    });

    test('nothing was counted, or no call answered: no times', async () => {
      expect(await readAt(START_S)).toEqual({ lastHour: null, lastMinutes: null });
      await count([], [['P1', 'given']]);
      const { lastHour } = await readAt(START_S + 5);
      expect(lastHour).toMatchObject({ overS: 5, calls: 0, p50S: null, p95S: null });
    });

    test('what was counted is kept for an hour and some minutes', async () => {
      await count([[START_S, '2xx', 1]]);
      const lastsS = await redis.connection.ttl(recentKey(redis.dataPrefix, START_S));
      expect(lastsS).toBeGreaterThan(3600);
      expect(lastsS).toBeLessThanOrEqual(3900);
    });

    test('a quantile lies in the bucket of the answer that it is about', () => {
      const limits = [0.1, 0.5, 1, 5];
      const times = fc.array(fc.double({ min: 0.001, max: 4.9, noNaN: true }), {
        minLength: 1,
        maxLength: 60,
      });
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
        // The end of a bucket, where 0.1 + 0.4 * 3 / 3 is more than 0.5.
        { examples: [[[0.2, 0.2, 0.2], 1]] },
      );
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
    expect(
      issuedRows(scheme, days, '2026-11-23').map((row) => [row.label, row.today, row.last30Days]),
    ).toEqual([
      ['Communiquer, niveau 1', 5, 7],
      ['Général', 0, 0],
      ['gone (plus au barème)', 0, 1],
    ]);
  });
});
