import * as fc from 'fast-check';
import { earnerKeyOf } from '../../src/earners/person.js';
import { issuesWords } from '../../src/ops/web/scheme/plan-view.js';
import { applyJob } from '../../src/queue/jobs.js';
import { onLossWords, ruleWords, type Tree } from '../../src/rules/explain/formatter.js';
import { diffLines } from '../../src/ops/web/scheme/view.js';
import { schemeDiff } from '../../src/rules/version.js';
import type { Scheme } from '../../src/rules/types.js';
import { applyForOps } from '../../src/workers/apply-scheme.js';
import { newApplyRecord, enqueueApply, createApplyStore } from '../../src/scheme/runs.js';
import { everythingIn } from '../support/everything.js';
import { openHouse, parse, type House } from '../support/house.js';
import { until } from '../support/until.js';
import { peopleWith } from '../ops/support/thresholds.js';
import { signedIn, type Browser, type Reply } from './support/browser.js';
import { OPERATOR, OPS_SETTINGS, READER } from './support/people.js';

describe('the page of the scheme', () => {
  /** How many badges each award asks for. */
  const scheme = (first: number, second = 9): string => `
scheme: Essai
competencies: { communiquer: { name: Communiquer } }
awards:
  un:
    name: "Un <script>alert(1)</script>"
    competency: communiquer
    level: 1
    badge: R1
    on_loss: revoke
    rule: { at_least: ${first}, of: { competency: communiquer }, issuers: 1 }
  deux:
    name: Deux
    badge: R2
    rule: { all: [ { holds: un }, { at_least: ${second}, of: { competency: communiquer } } ] }
`;
  const partners = (badges = ['B1', 'B2', 'B3', 'B4', 'B5', 'B6', 'B7', 'B8', 'B9']): string => `
partners:
  - client_id: P1
    name: Organisme un
    secret_env: KEY_P1
    badges:
${badges.map((id) => `      - { id: ${id}, name: Badge ${id}, competency: communiquer, level: 1 }`).join('\n')}
`;
  const PAGE = '/ops/bareme';

  let house: House;
  let operator: Browser;
  beforeEach(async () => {
    house = await openHouse({ scheme: scheme(3), partners: partners(), ops: OPS_SETTINGS });
    operator = await signedIn(house.opsUrl, OPERATOR);
  });
  afterEach(() => house.close());

  const people = (prefix: string, count: number, badges: number) =>
    peopleWith(house.pipelines[0], prefix, count, badges);
  const filesBecome = (text: string, enrolled?: readonly string[]) =>
    house.pipelines[0].schemes.start(
      parse(text, partners(enrolled === undefined ? undefined : [...enrolled])),
    );
  const given = (badge: string, addresses: readonly string[]): string[] =>
    addresses.map((address) => `${badge} ${address}`).toSorted();
  const textOf = ({ html }: Reply): string =>
    html
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll('&lt;', '<')
      .replaceAll('&quot;', '"')
      .replaceAll('&amp;', '&')
      .replaceAll(/\s+/g, ' ');
  /** What goes along unseen with the form that puts the scheme into force. */
  const hiddenOf = ({ html }: Reply): Record<string, string> =>
    Object.fromEntries(
      [
        ...(html.split('action="/ops/bareme/appliquer"')[1] ?? '').matchAll(
          /type="hidden" name="(\w+)" value="([^"]*)"/g,
        ),
      ].map(([, name = '', value = '']) => [name, value] as const),
    );
  /** Waits as a browser does that loads the page again. */
  const settled = (path = PAGE): Promise<Reply> =>
    until(async () => {
      const page = await operator.get(path);
      return page.headers['refresh'] === undefined ? page : null;
    }, 'a page that no longer moves');
  async function plan(fields: Record<string, string> = {}): Promise<Reply> {
    await operator.get(PAGE);
    const { location } = await operator.post('/ops/bareme/plan', fields);
    return settled(location);
  }
  async function apply(planned: Reply, fields: Record<string, string> = {}): Promise<Reply> {
    await operator.post('/ops/bareme/appliquer', { ...hiddenOf(planned), email: 'yes', ...fields });
    return settled();
  }

  test('the scheme is read in words; what the files change, and the versions, too', async () => {
    const before = textOf(await operator.get(PAGE));
    expect(before).toContain('Le barème des fichiers est en vigueur pour tout le monde.');
    expect(before).toContain("3 badges « Communiquer », d'au moins 1 organisme");
    expect(before).toContain('le badge Région est révoqué par Palier');
    expect(before).toMatch(
      /toutes ces conditions : avoir le badge Région « Un <script>alert\(1\)<\/script> »/,
    );

    const enrolled = ['B1', 'B2', 'B3', 'B4', 'B5', 'B6', 'B7', 'B8', 'NEW'];
    const { scheme: files } = await filesBecome(scheme(2), enrolled);
    const reply = await operator.get(PAGE);
    expect(reply.html).not.toContain('<script');
    const text = textOf(reply);
    expect(text).toContain('les personnes déjà connues attendent la mise en vigueur');
    expect(text).toMatch(/Avant : 3 badges « Communiquer », d'au moins 1 organisme Après : 2 badges/);
    expect(text).toMatch(/organismes inscrits \(1\) Badge NEW \(Organisme un\)/);
    expect(text).toMatch(/désinscrits \(1\) Badge B9 \(Organisme un\)/);
    const inForce = await house.pipelines[0].schemes.inForce();
    expect(text).toMatch(new RegExp(`${files.version} .{1,40} … fichiers, attend la mise en vigueur`));
    expect(text).toMatch(new RegExp(`${String(inForce)} .{1,40} ✓ en vigueur`));
  });

  test('planned, confirmed and applied from the page: each who gains gets one badge', async () => {
    const gaining = await people('deux', 5, 2);
    await people('une', 3, 1);
    await filesBecome(scheme(2));
    expect(hiddenOf(await operator.get(PAGE))).toEqual({});
    const planned = await plan();
    const text = textOf(planned);
    expect(text).toContain('Personnes examinées 8');
    expect(text).toContain('5 badges seront délivrés à 5 personnes.');
    for (const address of gaining)
      expect(planned.html).toContain(`/ops/personne/${earnerKeyOf(house.pipelines[0].vault, address)}`);
    expect(hiddenOf(planned)).toMatchObject({ upto: '5' });
    expect(house.awards()).toEqual([]);

    const applied = textOf(await apply(planned));
    expect(applied).toMatch(/État faite .*Demandée par marie .*Badges mis en route 5 à 5 personnes/);
    await house.idle();
    expect(house.awards().toSorted()).toEqual(given('R1', gaining));
    const after = await operator.get(PAGE);
    expect(textOf(after)).toContain('Le barème des fichiers est en vigueur pour tout le monde.');
    expect(textOf(after)).toContain('Encore en attente d’envoi 0');
    // The numbers of before are not offered again.
    expect(hiddenOf(after)).toEqual({});
    expect(textOf(await plan())).toContain('Il n’y a rien à mettre en vigueur, ni à délivrer.');
    expect(await house.failedReasons()).toEqual([]);
  });

  test('the number that was confirmed is a ceiling: above it nothing is done, and the page says so', async () => {
    await people('deux', 2, 2);
    await filesBecome(scheme(2));
    const planned = await plan();
    await people('encore', 1, 2);
    const [{ schemes }] = house.pipelines;
    const before = await schemes.inForce();
    const text = textOf(await apply(planned));
    expect(text).toContain('Rien n’a été fait : plus de badges que le nombre confirmé');
    expect(text).toContain('Badges qui seraient délivrés à présent : 3.');
    await house.idle();
    expect(house.awards()).toEqual([]);
    expect([await schemes.inForce(), await schemes.unfinished()]).toEqual([before, null]);
    expect(textOf(await apply(await plan()))).toContain('Badges mis en route 3');
    await house.idle();
    expect(house.awards()).toHaveLength(3);
  });

  test('one award alone, without e-mails; the rest waits', async () => {
    const gaining = await people('deux', 2, 2);
    await filesBecome(scheme(2, 2));
    const all = textOf(await plan());
    expect(all).toContain('4 badges seront délivrés à 2 personnes.');
    const alone = await plan({ badge: 'un' });
    expect(textOf(alone)).toContain('2 badges seront délivrés à 2 personnes.');
    expect(textOf(await apply(alone, { email: 'no' }))).toMatch(
      /Ce qui est mis en vigueur un .*pas d’e-mail/,
    );
    await house.idle();
    expect(house.awards().toSorted()).toEqual(given('R1', gaining));
    expect(textOf(await operator.get(PAGE))).toContain('nouvelle règle déjà en vigueur');
  });

  test('the quota is too small: nothing is done, unless the operator says so', async () => {
    await house.close();
    const quota = { floor: 10, largeBatch: 100, freshMs: 60_000, maxAgeMs: 60_000, waitMs: 200 };
    house = await openHouse({
      scheme: scheme(3),
      partners: partners(),
      ops: OPS_SETTINGS,
      sandbox: { issuingLimit: 20 },
      pace: { quota },
    });
    operator = await signedIn(house.opsUrl, OPERATOR);
    await people('deux', 15, 2);
    const { scheme: files } = await filesBecome(scheme(2));
    const planned = await plan();
    expect(textOf(planned)).toContain('20 restants : il en manque 5');
    expect(textOf(await apply(planned, { quota: 'stop' }))).toContain('Rien n’a été fait : le quota OBF');
    const [{ schemes }] = house.pipelines;
    expect([await schemes.inForce(), await schemes.unfinished()]).toEqual([house.scheme.version, null]);
    expect(textOf(await apply(planned, { quota: 'over' }))).toContain('État faite');
    expect(await schemes.inForce()).toBe(files.version);
  });

  describe('what stands in the way', () => {
    let two: readonly string[];
    beforeEach(async () => {
      two = await people('deux', 2, 2);
      await filesBecome(scheme(2));
    });

    test('other files became the rules since: nothing is done', async () => {
      const planned = await plan();
      await filesBecome(scheme(1));
      expect(textOf(await apply(planned))).toContain('d’autres fichiers sont devenus le barème');
      expect(textOf(await operator.get(PAGE))).toContain('Le barème a changé depuis ce plan');
      await house.idle();
      expect(house.awards()).toEqual([]);
    });

    test('two operators at once are one job', async () => {
      const planned = await plan();
      const [{ queues }] = house.pipelines;
      await queues.maintenance.pause();
      const other = await signedIn(house.opsUrl, OPERATOR);
      await other.get(PAGE);
      const form = { ...hiddenOf(planned), email: 'yes' };
      const both = await Promise.all([
        operator.post('/ops/bareme/appliquer', form),
        other.post('/ops/bareme/appliquer', form),
      ]);
      const told = await Promise.all([operator.follow(both[0]), other.follow(both[1])]);
      expect(
        told.map(textOf).filter((text) => text.includes('La mise en vigueur est demandée.')),
      ).toHaveLength(1);
      expect(
        told.map(textOf).filter((text) => text.includes('Une mise en vigueur est déjà en cours')),
      ).toHaveLength(1);
      expect(told.map(({ headers }) => headers['refresh'])).toEqual(['2', '2']);
      // Readers may stop that.
      expect((await operator.get(`${PAGE}?fige=1`)).headers['refresh']).toBeUndefined();
      expect(await queues.maintenance.getJobCountByTypes('waiting', 'active', 'delayed', 'prioritized')).toBe(
        1,
      );
      await queues.maintenance.resume();
      await settled();
      await house.idle();
      expect(house.awards()).toHaveLength(2);
    });

    test('of two who ask in the same instant, one is told that theirs was not begun', async () => {
      const [pipeline] = house.pipelines;
      await pipeline.queues.maintenance.pause();
      const { version } = (await pipeline.schemes.now()).scheme;
      const wanted = { version, only: null, suppressEmail: false, upto: 2, overQuota: false };
      const asked = await Promise.all(
        ['marie', 'jean'].map((by) => enqueueApply(pipeline, { ...wanted, by })),
      );
      expect(asked.filter((was) => was)).toHaveLength(1);
    });

    test('killed after it was put into force: run again, the job gives the rest, and nobody two', async () => {
      const planned = await plan();
      const [pipeline] = house.pipelines;
      const { queues, schemes } = pipeline;
      await queues.maintenance.pause();
      await operator.post('/ops/bareme/appliquer', { ...hiddenOf(planned), email: 'no' });
      const job = await queues.maintenance.getJob('apply');
      const asked = applyJob.parse(job?.data);
      const rules = await schemes.now();
      await createApplyStore(pipeline).write({
        ...newApplyRecord(asked),
        state: 'giving',
        issues: 2,
        people: 2,
      });
      const seen = { started: rules.scheme.version, inForce: await schemes.inForce() };
      await schemes.apply(rules.scheme, { only: null, suppressEmail: true, ask: asked.ask }, seen);
      // In force for everybody, these are due by it, too: they are no reason to leave it half done.
      const more = await people('encore', 3, 2);
      await queues.maintenance.resume();
      expect(textOf(await settled())).toMatch(/État faite .*Badges mis en route 2 à 2 personnes/);
      await house.idle();
      expect(house.awards().toSorted()).toEqual(given('R1', [...two, ...more]));
      expect(await schemes.unfinished()).toBeNull();
      // What runs once more finds it done.
      await applyForOps(pipeline, asked, AbortSignal.timeout(60_000), {
        before: null,
        report: async () => undefined,
      });
      await house.idle();
      expect(house.awards()).toHaveLength(5);
    });

    test('a reader sees the plan, and can neither ask for one nor apply it', async () => {
      const planned = await plan();
      const reader = await signedIn(house.opsUrl, READER);
      const page = await reader.get(PAGE);
      expect(textOf(page)).toContain('Personnes examinées 2');
      expect(page.html).not.toContain('action="/ops/bareme');
      const form = { ...hiddenOf(planned), email: 'yes' };
      expect((await reader.post('/ops/bareme/appliquer', form)).status).toBe(403);
      expect((await reader.post('/ops/bareme/plan')).status).toBe(403);
      const forged = { 'sec-fetch-site': 'cross-site' };
      expect((await operator.post('/ops/bareme/appliquer', form, forged)).status).toBe(403);
      await house.idle();
      expect(house.awards()).toEqual([]);
    });

    test('a form that was tampered with does nothing', async () => {
      const planned = await plan();
      for (const fields of [
        { upto: '-1' },
        { upto: '' },
        { upto: '2e9' },
        { badge: 'trois' },
        { version: '' },
      ]) {
        const page = textOf(await apply(planned, fields));
        expect(page).toMatch(/rien n’a été fait/i);
        expect(page).not.toContain('État faite');
      }
      await house.idle();
      expect(house.awards()).toEqual([]);
    });
  });

  test('issuing is paused: the plan is made and put into force all the same, and what it gives leaves when it is resumed', async () => {
    const [{ queues }] = house.pipelines;
    const gaining = await people('deux', 2, 2);
    await filesBecome(scheme(2));
    await queues.awards.pause();
    const planned = await plan();
    expect(textOf(planned)).toContain('Personnes examinées 2');
    const applied = textOf(await apply(planned));
    expect(applied).toMatch(/État faite .*Badges mis en route 2 .*Encore en attente d’envoi 2/);
    expect(applied).toContain('Les envois sont suspendus : ces badges partiront quand ils seront relancés');
    expect(house.sandbox.issues()).toEqual([]);
    await queues.awards.resume();
    await house.idle();
    expect(house.awards().toSorted()).toEqual(given('R1', gaining));
    expect(textOf(await operator.get(PAGE))).not.toContain('Les envois sont suspendus');
  });

  test('neither the plan nor the job holds an address', async () => {
    const gaining = await people('deux', 2, 2);
    await filesBecome(scheme(2));
    await apply(await plan());
    await house.idle();
    expect(house.awards().toSorted()).toEqual(given('R1', gaining));
    expect(await everythingIn(house.redisUrl, house.redisPrefix)).not.toContain('@example.org');
  });
});

describe('rules and their changes in words', () => {
  const SCHEME = `
scheme: Essai
competencies:
  communiquer: { name: Communiquer, abilities: { interagir: Interagir avec autrui } }
awards:
  un: { name: Un, badge: R1, rule: { at_least: 3, of: { competency: communiquer }, issuers: 2 } }
  deux:
    name: Deux
    badge: R2
    rule: { at_least: 2, of: [ { holds: un }, { at_least: 1, of: { level: 2, ability: interagir } }, { all: [ { holds: un } ] } ] }
`;
  const PARTNERS = `
partners:
  - client_id: P1
    name: Organisme un
    badges:
      - { id: A, name: Badge A, competency: communiquer, level: 1, replaces: [B] }
      - { id: B, competency: communiquer, level: 1 }
      - { id: C, competency: communiquer, level: 2, ability: interagir }
  - { client_id: P2, name: Organisme deux, badges: [ { id: D, competency: communiquer, level: 1 } ] }
`;
  const ruleOf = (scheme: Scheme, id: string): Tree<string> => {
    const award = scheme.awards.find((one) => one.id === id);
    if (award === undefined) throw new Error(`no award ${id}`);
    return ruleWords(scheme, award.rule, 'fr');
  };
  const base = parse(SCHEME, PARTNERS);

  test('rules are told in words, a group of one as that one', () => {
    expect(ruleOf(base, 'un')).toEqual({
      text: "3 badges « Communiquer », d'au moins 2 organismes",
      under: [],
    });
    expect(ruleOf(base, 'deux')).toEqual({
      text: 'au moins 2 de ces 3 conditions :',
      under: [
        { text: 'avoir le badge Région « Un »', under: [] },
        { text: '1 badge de niveau 2, pour la capacité « Interagir avec autrui »', under: [] },
        { text: 'avoir le badge Région « Un »', under: [] },
      ],
    });
    expect(onLossWords('keep', 'fr')).toContain('est conservé');
  });

  test('numbers agree with their nouns', () => {
    expect(issuesWords(0, 0)).toBe('Aucun badge ne sera délivré');
    expect(issuesWords(1, 1)).toBe('1 badge sera délivré à 1 personne');
    expect(issuesWords(124, 118)).toBe('124 badges seront délivrés à 118 personnes');
    expect(issuesWords(1240, 1180)).toBe('1\u202f240 badges seront délivrés à 1\u202f180 personnes');
  });

  /** Each change of the texts, and its words. */
  const CHANGES: readonly [what: string, scheme: string, partners: string, told: object][] = [
    ['nothing', SCHEME, PARTNERS, {}],
    [
      'a threshold',
      SCHEME.replace('at_least: 3', 'at_least: 2'),
      PARTNERS,
      { awards: { changed: [{ after: { id: 'un' }, changes: ['rule'] }] } },
    ],
    [
      'an award switched off, and what follows a loss',
      SCHEME.replace('badge: R1,', 'badge: R1, active: false, on_loss: keep,'),
      PARTNERS,
      { awards: { changed: [{ changes: ['active', 'onLoss'] }] } },
    ],
    [
      'an award added',
      `${SCHEME}  trois: { badge: R3, rule: { holds: deux } }\n`,
      PARTNERS,
      { awards: { added: [{ id: 'trois' }] } },
    ],
    [
      'a badge enrolled, another withdrawn',
      SCHEME,
      PARTNERS.replace('id: D', 'id: E'),
      { enrolments: { added: [{ badgeId: 'E' }], removed: [{ badgeId: 'D' }] } },
    ],
    [
      'a badge of another level, with an end',
      SCHEME,
      PARTNERS.replace(
        'id: D, competency: communiquer, level: 1',
        'id: D, competency: communiquer, level: 2, enrolled_until: 2026-12-31',
      ),
      { enrolments: { changed: [{ changes: ['sort', 'dates'] }] } },
    ],
    [
      'an organisation that takes no part any more',
      SCHEME,
      PARTNERS.replace('client_id: P2,', 'client_id: P2, active: false,'),
      { partners: { changed: [{ after: { clientId: 'P2', active: false } }] } },
    ],
  ];

  test.each(CHANGES)('what differs is told: %s', (what, scheme, partners, told) => {
    const diff = schemeDiff(base, parse(scheme, partners));
    expect(diff).toMatchObject(told);
    expect(diffLines(base, parse(scheme, partners)).length === 0).toBe(what === 'nothing');
    // The other way round, what was added is removed.
    const back = schemeDiff(parse(scheme, partners), base);
    expect(back.awards.removed).toEqual(diff.awards.added);
    expect(back.enrolments.removed).toEqual(diff.enrolments.added);
  });

  test('another version is never told as no difference', () => {
    const edits: readonly ((texts: readonly [string, string]) => readonly [string, string])[] = [
      ([s, p]) => [s.replace('at_least: 3', 'at_least: 1'), p],
      ([s, p]) => [s.replace('issuers: 2', 'issuers: 1'), p],
      ([s, p]) => [s.replace('badge: R2', 'badge: R2, active: false'.replace(', active', '\n    active')), p],
      ([s, p]) => [s, p.replace(', replaces: [B]', '')],
      ([s, p]) => [s, p.replace('level: 2', 'level: 1')],
      ([s, p]) => [s, p.replace('client_id: P2,', 'client_id: P2, active: false,')],
      // Of these, nothing follows.
      ([s, p]) => [`# a comment\n${s}`, p],
      ([s, p]) => [s, p.replace('id: A, name: Badge A,', 'name: Badge A, id: A,')],
    ];
    const texts = fc
      .subarray([...edits])
      .map((chosen) =>
        chosen.reduce((now, edit) => edit(now), [SCHEME, PARTNERS] as readonly [string, string]),
      );
    fc.assert(
      fc.property(texts, texts, ([s1, p1], [s2, p2]) => {
        const [before, after] = [parse(s1, p1), parse(s2, p2)];
        expect(diffLines(before, after).length === 0).toBe(before.version === after.version);
      }),
    );
  });
});
