import type { EarnerKey } from '../../src/ids.js';
import { backgroundOf } from '../../src/ops/shared/explain-person.js';
import { eraseEarner } from '../../src/privacy/erase-people.js';
import { CONDITION_KEYS } from '../../src/rules/badges-condition.js';
import { buildExplanation } from '../../src/rules/explain/explanation.js';
import { explainText } from '../../src/rules/explain/text.js';
import type { EventRecord } from '../../src/sandbox/world.js';
import { decide } from '../../src/workers/decide.js';
import { type Given, KEY_CASES, type Line, ruleOfKey } from '../rules/key-cases.js';
import { type House, openHouse, REGION } from '../support/house.js';
import { runs } from '../support/runs.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import * as fc from 'fast-check';

describe('any order', () => {
  /**
   * Who is given which badges by whom, on which day of November; P3 has no key, and its badges are pushed. Elise's
   * badge B was taken back before anybody was told.
   */
  const EVENTS = [
    { clientId: 'P1', badgeId: 'A', recipients: ['ana@x.fr', 'ben@x.fr', 'cleo@x.fr', 'elise@x.fr'], day: 2 },
    { clientId: 'P2', badgeId: 'B', recipients: ['ben@x.fr', 'cleo@x.fr', 'dan@x.fr'], day: 3 },
    { clientId: 'P1', badgeId: 'C', recipients: ['cleo@x.fr', 'dan@x.fr'], day: 4 },
    { clientId: 'P1', badgeId: 'A', recipients: ['dan@x.fr', 'ana@x.fr'], day: 5 },
    { clientId: 'P1', badgeId: 'C', recipients: ['ana@x.fr', 'ben@x.fr'], day: 6 },
    { clientId: 'P2', badgeId: 'B', recipients: ['elise@x.fr'], day: 7, revoked: true },
    { clientId: 'P3', badgeId: 'D', recipients: ['fay@x.fr'], day: 8 },
    { clientId: 'P3', badgeId: 'E', recipients: ['fay@x.fr'], day: 9 },
  ] as const;
  const EVERYBODY = [...new Set(EVENTS.flatMap(({ recipients }) => [...recipients]))].toSorted();
  const AWARDS = ['R1 ben@x.fr', 'R1 cleo@x.fr', 'R1 dan@x.fr', 'R1 fay@x.fr'];
  const SECOND = ['R2 ben@x.fr', 'R2 cleo@x.fr', 'R2 dan@x.fr'];

  const happen = (house: House): readonly EventRecord[] =>
    EVENTS.map(({ day, recipients, ...event }) => {
      const issuedOnS = Date.UTC(2025, 10, day) / 1000;
      const happened = house.issue({ ...event, recipients: [...recipients], issuedOnS });
      if ('revoked' in event) house.sandbox.revokeByHand(happened.id, recipients);
      return happened;
    });

  /** By the door that this event comes in at. */
  function tell(house: House, event: EventRecord): Promise<number> {
    if (event.clientId === 'P3')
      return house.push(Object.fromEntries(event.assertions.map(({ email, url }) => [email, [url]])));
    const isRevoked = event.assertions.some(({ revoked }) => revoked);
    return house.notify(event, isRevoked ? 'badge.revoked' : 'badge.issued');
  }

  interface Run {
    /** Indices into the events, all of them: the first telling, and the second. */
    readonly orders: readonly (readonly number[])[];
    /** New workers after some of them. */
    readonly restarts: readonly boolean[];
  }

  /** Everything happens; then it is told in these orders, each event by two notices at once. */
  async function live(house: House, { orders, restarts }: Run): Promise<void> {
    const happened = happen(house);
    for (const [step, at] of orders.flat().entries()) {
      const event = happened[at];
      if (event === undefined) throw new Error('no such event');
      await Promise.all([tell(house, event), tell(house, event)]);
      if (restarts[step % restarts.length] === true) await house.restartWorkers();
    }
    await house.idle();
  }

  /** What `palier explain` says, but for the version's hash, which is the same, and the keys, which are not. */
  async function explanation(
    { pipelines: [pipeline] }: House,
    earner: EarnerKey,
  ): Promise<readonly string[]> {
    const { evaluation, rules } = await decide(pipeline, earner);
    const entries = await pipeline.journal.ofEarner(earner);
    const background = backgroundOf(evaluation, { entries, flags: [], waiting: new Set() });
    return explainText(buildExplanation(rules.scheme, evaluation, background), 'fr');
  }

  async function standing(house: House) {
    const told = await Promise.all(
      EVERYBODY.map(async (address) => [address, await explanation(house, house.keyOf(address))] as const),
    );
    return { given: house.awards().toSorted(), told: Object.fromEntries(told) };
  }

  async function run(one: Run): Promise<Awaited<ReturnType<typeof standing>>> {
    const house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, workers: 2 });
    try {
      await live(house, one);
      return await standing(house);
    } finally {
      await house.close();
    }
  }

  test('all events in any order, twice, with restarts: the same awards, each given once, and the same words', async () => {
    const inOrder = EVENTS.map((_, at) => at);
    const expected = await run({ orders: [inOrder], restarts: [false] });
    expect(expected.given).toEqual([...AWARDS, ...SECOND]);
    // The words tell one from another, and what was not counted.
    expect(expected.told['ana@x.fr']?.join('\n')).toMatch(/manque.*\n[^]*en double avec celui du/);
    expect(expected.told['elise@x.fr']?.join('\n')).toContain('révoqué');
    expect(expected.told['ben@x.fr']?.join('\n')).toMatch(/Obtenu grâce à : « Badge A »[^\n]*« Badge B »/);

    const order = fc.shuffledSubarray(inOrder, { minLength: inOrder.length });
    const any = fc.record({
      orders: fc.tuple(order, order),
      restarts: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(any, async (one) => {
        expect(await run(one)).toEqual(expected);
      }),
      { numRuns: runs(8, 4), endOnFailure: true },
    );
  });
});

describe('future', () => {
  /** A badge that is dated in the future counts from its date on, and nobody has to do anything for it. */
  const DAY_S = 24 * 3600;
  const EMAIL = 'lou@example.org';

  const SCHEME = `
scheme: Essai
competencies:
  communiquer: { name: Communiquer }
awards:
  recent:
    name: Récemment
    badge: R1
    rule: { at_least: 1, of: { competency: communiquer, level: 1 }, within_months: 6 }
  later:
    name: Niveau 2
    badge: R2
    rule: { at_least: 1, of: { competency: communiquer, level: 2 } }
`;

  let house: House;
  let aheadMs = 0;
  beforeEach(async () => {
    aheadMs = 0;
    house = await openHouse({ scheme: SCHEME, partners: SMALL_PARTNERS, clock: () => Date.now() + aheadMs });
  });
  afterEach(() => house.close());

  const nowS = (): number => Math.floor((Date.now() + aheadMs) / 1000);
  const give = async (badgeId: 'A' | 'C', issuedOnS: number, email = EMAIL): Promise<void> => {
    await house.tell(house.issue({ clientId: 'P1', badgeId, recipients: [email], issuedOnS }));
  };
  const earners = () => house.pipelines[0].queues.earners;
  /** The evaluation of that person that waits for a date: its id and its delay, ms. */
  const waiting = async () =>
    (await earners().getDelayed()).map(({ id, opts }) => ({ id, delayMs: opts.delay ?? 0 }));
  const laterOf = (email: string): string => `later.${house.keyOf(email)}`;
  /** A day goes by, and the evaluation's time comes. */
  const nextDay = async (): Promise<void> => {
    const [job] = await earners().getDelayed();
    aheadMs += DAY_S * 1000;
    await job?.promote();
  };

  test('a date three days ahead: nothing before it, one badge at it, and one evaluation a day until then', async () => {
    await give('A', nowS() + 3 * DAY_S - 60);
    const [first] = await until(
      async () => ((await waiting()).length === 1 ? waiting() : null),
      'evaluation that waits',
    );
    expect(first).toEqual({ id: laterOf(EMAIL), delayMs: DAY_S * 1000 });

    await nextDay();
    const [second] = await until(async () => {
      const left = await waiting();
      return left[0] !== undefined && left[0].id !== first?.id ? left : null;
    }, 'next one in the chain');
    expect(second?.delayMs).toBeGreaterThan((DAY_S - 120) * 1000);
    expect(house.sandbox.issues()).toHaveLength(0);

    await nextDay();
    await until(() => house.sandbox.issues().length === 1, 'issue call');
    await house.idle();
    expect(house.awards()).toEqual([`R1 ${EMAIL}`]);
  });

  test('its time comes by itself, by the clock alone', async () => {
    const countsFromS = nowS() + 2;
    await give('A', countsFromS + DAY_S);
    await until(() => house.sandbox.issues().length === 1, 'issue call');
    await house.idle();
    expect(house.sandbox.issues()[0]?.atMs).toBeGreaterThanOrEqual(countsFromS * 1000);
    expect(house.awards()).toEqual([`R1 ${EMAIL}`]);
  });

  test('what time alone let count is found by the count of the night', async () => {
    await give('A', nowS() + 3 * DAY_S);
    await until(async () => (await waiting()).length === 1, 'evaluation that waits');
    // Nobody waits for the date any more.
    await earners().remove(laterOf(EMAIL));
    await house.countPeople();
    await house.idle();
    expect(house.sandbox.issues()).toHaveLength(0);

    aheadMs += 2 * DAY_S * 1000 + 1000;
    await house.countPeople();
    await until(() => house.sandbox.issues().length === 1, 'issue call');
    await house.idle();
    expect(house.awards()).toEqual([`R1 ${EMAIL}`]);
  });

  test('while an application without e-mail is not ended, the count of the night gives nobody theirs with one', async () => {
    await give('A', nowS() + 2 * DAY_S);
    await until(async () => (await waiting()).length === 1, 'evaluation that waits');
    await earners().remove(laterOf(EMAIL));
    const [{ schemes }] = house.pipelines;
    const { version } = house.scheme;
    const seen = { started: version, inForce: version };
    await schemes.apply(house.scheme, { only: null, suppressEmail: true }, seen);

    aheadMs += DAY_S * 1000 + 1000;
    await house.countPeople();
    await house.idle();
    expect(house.sandbox.issues()).toHaveLength(0);

    await schemes.applied();
    aheadMs += 1000;
    await house.countPeople();
    await until(() => house.sandbox.issues().length === 1, 'issue call');
  });

  test('2062 does not count, and what comes meanwhile is decided at once', async () => {
    await give('A', Date.parse('2062-05-01T00:00:00Z') / 1000);
    await until(async () => (await waiting()).length === 1, 'evaluation that waits');
    await give('C', nowS());
    await until(() => house.sandbox.issues().length === 1, 'issue call');
    expect(house.awards()).toEqual([`R2 ${EMAIL}`]);
    expect((await waiting()).map(({ id }) => id)).toEqual([laterOf(EMAIL)]);
  });

  test('milliseconds are read as such: today counts at once, 2062 not', async () => {
    await give('A', Date.parse('2062-05-01T00:00:00Z'), 'sam@example.org');
    await give('A', Date.now());
    await until(() => house.sandbox.issues().length === 1, 'issue call');
    await until(async () => (await waiting()).length === 1, 'evaluation that waits');
    expect(house.awards()).toEqual([`R1 ${EMAIL}`]);
    expect((await waiting()).map(({ id }) => id)).toEqual([laterOf('sam@example.org')]);
  });

  test('exactly a day ahead counts', async () => {
    await give('A', nowS() + DAY_S);
    await until(() => house.sandbox.issues().length === 1, 'issue call');
    await house.idle();
    expect(house.awards()).toEqual([`R1 ${EMAIL}`]);
  });

  test('who is erased is evaluated no more', async () => {
    await give('A', nowS() + 3 * DAY_S);
    await until(async () => (await waiting()).length === 1, 'evaluation that waits');
    const [pipeline] = house.pipelines;
    const key = house.keyOf(EMAIL);
    expect(await eraseEarner(pipeline, key)).toMatchObject({ jobs: 1 });
    expect(await waiting()).toEqual([]);
  });
});

describe('rule forms', () => {
  /**
   * Every rule form of config/scheme.yaml, judged by the issue calls that OBF receives: none while one badge is
   * missing (or does not count), exactly one when it is there. Each case has a competency, badges, an award
   * and a person of its own, so that all of them live in one house at the same time.
   */
  interface Case {
    readonly form: string;
    readonly rule: unknown;
    /** Lines of partners.yaml, by partner; `competency` and `level: 1` unless they say otherwise. */
    readonly badges: Readonly<Record<string, readonly Line[]>>;
    /** Not enough. */
    readonly before: readonly Given[];
    /** What completes it. */
    readonly last: Given;
  }

  const of = (competency: string, more: object = {}) => ({ competency, ...more });
  const b = (...badges: string[]): Given[] => badges.map((badge) => ({ badge }));
  const ids = (...badges: string[]) => badges.map((id) => ({ id }));

  const FORMS: readonly Case[] = [
    {
      form: 'at_least N of a competency',
      rule: { at_least: 3, of: of('c0') },
      badges: { P1: ids('c0a', 'c0b'), P2: ids('c0c') },
      before: b('c0a', 'c0b', 'c0a'),
      last: { badge: 'c0c' },
    },
    {
      form: 'level: exactly that one',
      rule: { at_least: 2, of: of('c1', { level: 2 }) },
      badges: { P1: [{ id: 'c1a' }, { id: 'c1b', level: 2 }], P2: [{ id: 'c1c', level: 2 }] },
      before: b('c1a', 'c1b'),
      last: { badge: 'c1c' },
    },
    {
      form: 'selector: ability',
      rule: { at_least: 1, of: of('c2', { ability: 'x' }) },
      badges: {
        P1: [
          { id: 'c2a', ability: 'y' },
          { id: 'c2b', ability: 'x' },
        ],
      },
      before: b('c2a'),
      last: { badge: 'c2b' },
    },
    {
      form: 'selector: issuers',
      rule: { at_least: 1, of: of('c3', { issuers: ['P2'] }) },
      badges: { P1: ids('c3a'), P2: ids('c3b') },
      before: b('c3a'),
      last: { badge: 'c3b' },
    },
    {
      form: 'selector: badges',
      rule: { at_least: 2, of: { badges: ['c4a', 'c4b'] } },
      badges: { P1: ids('c4a', 'c4b', 'c4c') },
      before: b('c4a', 'c4c'),
      last: { badge: 'c4b' },
    },
    {
      form: 'all',
      rule: {
        all: [
          { at_least: 1, of: of('c5', { level: 1 }) },
          { at_least: 1, of: of('c5', { level: 2 }) },
        ],
      },
      badges: { P1: [{ id: 'c5a' }, { id: 'c5b', level: 2 }] },
      before: b('c5a'),
      last: { badge: 'c5b' },
    },
    {
      form: 'any',
      rule: {
        any: [
          { at_least: 2, of: of('c6', { level: 1 }) },
          { at_least: 1, of: of('c6', { level: 2 }) },
        ],
      },
      badges: { P1: [{ id: 'c6a' }, { id: 'c6x' }, { id: 'c6b', level: 2 }] },
      before: b('c6a'),
      last: { badge: 'c6b' },
    },
    {
      form: 'at_least N of conditions',
      rule: { at_least: 2, of: [1, 2, 3].map((level) => ({ at_least: 1, of: of('c7', { level }) })) },
      badges: { P1: [1, 2, 3].map((level) => ({ id: `c7${level}`, level })) },
      before: b('c71'),
      last: { badge: 'c73' },
    },
    {
      form: 'versions of one badge count once',
      rule: { at_least: 2, of: of('c8') },
      badges: { P1: [{ id: 'c8a' }, { id: 'c8b', replaces: ['c8a'] }, { id: 'c8c' }] },
      before: b('c8a', 'c8b'),
      last: { badge: 'c8c' },
    },
    {
      form: 'an expired badge does not count',
      rule: { at_least: 1, of: of('c9') },
      badges: { P1: ids('c9a', 'c9b') },
      before: [{ badge: 'c9a', issuedOn: '2024-01-01', expiresOn: '2024-02-01' }],
      last: { badge: 'c9b' },
    },
    {
      form: 'a revoked badge does not count',
      rule: { at_least: 1, of: of('c10') },
      badges: { P1: ids('c10a', 'c10b') },
      before: [{ badge: 'c10a', revoked: true }],
      last: { badge: 'c10b' },
    },
    {
      form: 'the enrolment has dates',
      rule: { at_least: 1, of: of('c11') },
      badges: { P1: [{ id: 'c11a', enrolled_from: '2024-01-01', enrolled_until: '2024-12-31' }] },
      before: [{ badge: 'c11a', issuedOn: '2023-12-31T22:59:59Z' }],
      last: { badge: 'c11a', issuedOn: '2024-12-31T22:59:59Z' },
    },
    {
      form: 'an inactive partner does not count',
      rule: { at_least: 1, of: of('c12') },
      badges: { P3: ids('c12a'), P1: ids('c12b') },
      before: b('c12a'),
      last: { badge: 'c12b' },
    },
  ];

  /** Each key beside `at_least: N, of: selector`, with badges of its own. */
  const KEYS = CONDITION_KEYS.map(({ key }, index): Case => {
    const at = FORMS.length + index;
    const { badges, before, last } = KEY_CASES[key];
    const own = (id: string): string => `c${at}${id}`;
    const given = ({ badge, ...rest }: Given): Given => ({ badge: own(badge), ...rest });
    const lines = Object.entries(badges).map(([partner, some]) => [
      partner,
      some.map((line) => ({ ...line, id: own(line.id) })),
    ]);
    return {
      form: key,
      rule: ruleOfKey(key, `c${at}`),
      badges: Object.fromEntries(lines),
      before: before.map(given),
      last: given(last),
    };
  });
  const CASES: readonly Case[] = [...FORMS, ...KEYS];

  const INACTIVE = CASES.length;
  const person = (at: number): string => `personne.${at}@example.org`;

  function schemeText(): string {
    const competencies = Object.fromEntries(
      [...CASES.keys(), INACTIVE].map((at) => [`c${at}`, { name: `C${at}`, abilities: { x: 'X', y: 'Y' } }]),
    );
    const awards = Object.fromEntries(
      CASES.map(({ rule }, at) => [`award-${at}`, { badge: `R${at}`, rule }]),
    );
    const more = {
      'award-off': { badge: 'R_OFF', active: false, rule: { at_least: 1, of: of('c0') } },
      'award-chain': {
        badge: 'R_CHAIN',
        rule: { all: [{ holds: 'award-0' }, { at_least: 1, of: of('c0') }] },
      },
      'award-top': {
        badge: 'R_TOP',
        rule: { at_least: 1, of: [{ holds: 'award-chain' }, { holds: 'award-off' }] },
      },
    };
    return JSON.stringify({ scheme: 'Essai', competencies, awards: { ...awards, ...more } });
  }

  function partnersText(): string {
    const linesOf = (partner: string) =>
      CASES.flatMap(({ badges }, at) =>
        (badges[partner] ?? []).map((line) => ({ competency: `c${at}`, level: 1, ...line })),
      );
    const partners = ['P1', 'P2', 'P3'].map((id) => ({
      client_id: id,
      name: id,
      secret_env: `KEY_${id}`,
      active: id !== 'P3',
      badges: linesOf(id),
    }));
    return JSON.stringify({ partners });
  }

  let house: House;
  let early: string[];

  async function give(at: number, given: Given): Promise<void> {
    const partner = Object.entries(CASES[at]?.badges ?? {}).find(([, lines]) =>
      lines.some(({ id }) => id === given.badge),
    );
    const seconds = (date?: string): number | undefined =>
      date === undefined ? undefined : Date.parse(date) / 1000;
    const [issuedOnS, expiresOnS] = [seconds(given.issuedOn), seconds(given.expiresOn)];
    const event = house.issue({
      clientId: partner?.[0] ?? 'nobody',
      badgeId: given.badge,
      recipients: [person(at)],
      ...(issuedOnS === undefined ? {} : { issuedOnS }),
      ...(expiresOnS === undefined ? {} : { expiresOnS }),
    });
    if (given.revoked === true) house.sandbox.revokeByHand(event.id, [person(at)]);
    await house.tell(event);
  }

  beforeAll(async () => {
    house = await openHouse({ scheme: schemeText(), partners: partnersText() });
    await Promise.all(CASES.flatMap(({ before }, at) => before.map((given) => give(at, given))));
    await house.idle();
    early = house.awards();
    await Promise.all(CASES.map(({ last }, at) => give(at, last)));
    await house.idle();
  });
  afterAll(() => house.close());

  test.each(CASES.map(({ form }, at) => ({ form, at })))('$form: not before, once after', ({ at }) => {
    expect(early.filter((award) => award.endsWith(` ${person(at)}`))).toEqual([]);
    const awards = house.awards().filter((award) => award.startsWith(`R${at} `));
    expect(awards).toEqual([`R${at} ${person(at)}`]);
  });

  test('holds: an award completes another, and that one a third', () => {
    expect(
      house
        .awards()
        .filter((award) => /^R_(CHAIN|TOP) /.test(award))
        .toSorted(),
    ).toEqual([`R_CHAIN ${person(0)}`, `R_TOP ${person(0)}`]);
  });

  test('a switched-off award issues nothing, and nobody got anything else', () => {
    expect(house.awards().filter((award) => award.startsWith('R_OFF'))).toEqual([]);
    expect(house.awards()).toHaveLength(CASES.length + 2);
  });

  test('OBF is told which award, under which version, and for which assertions; the person by no address', () => {
    const issue = house.sandbox.issues().find(({ badgeId }) => badgeId === 'R0');
    const expected = house.sandbox
      .eventsOf('P1', 'c0b')
      .concat(house.sandbox.eventsOf('P2', 'c0c'))
      .flatMap(({ assertions }) => assertions.map(({ id }) => id));
    expect(issue?.clientId).toBe(REGION);
    expect(issue?.body).toMatchObject({ api_consumer_id: 'palier', send_email: true });
    expect(issue?.body.log_entry).toMatchObject({ award: 'award-0', rule_version: house.scheme.version });
    expect(JSON.stringify(issue?.body.log_entry)).toContain(expected[0]);
    expect(JSON.stringify(issue?.body.log_entry)).toContain(expected[1]);
    expect(JSON.stringify(issue?.body.log_entry)).not.toContain('@');
    const top = house.sandbox.issues().find(({ badgeId }) => badgeId === 'R_TOP');
    expect(JSON.stringify(top?.body.log_entry)).toContain(expected[0]);
  });
});
