import { openHouse, REGION, type House } from '../support/house.js';

/**
 * Every rule form of interface.md, judged by the issue calls that OBF receives: none while one badge is
 * missing (or does not count), exactly one when it is there. Each case has a competency, badges, an award
 * and a person of its own, so that all of them live in one house at the same time.
 */
interface Given {
  readonly badge: string;
  readonly issuedOn?: string;
  readonly expiresOn?: string;
  readonly revoked?: true;
}
interface Case {
  readonly form: string;
  readonly rule: unknown;
  /** Lines of partners.yaml, by partner; `competency` and `level: 1` unless they say otherwise. */
  readonly badges: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  /** Not enough. */
  readonly before: readonly Given[];
  /** What completes it. */
  readonly last: Given;
}

const of = (competency: string, more: object = {}) => ({ competency, ...more });
const b = (...badges: string[]): Given[] => badges.map((badge) => ({ badge }));
const ids = (...badges: string[]) => badges.map((id) => ({ id }));

const year = new Date().getUTCFullYear();
const CASES: readonly Case[] = [
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
    form: 'issuers: from at least M partners',
    rule: { at_least: 2, of: of('c2'), issuers: 2 },
    badges: { P1: ids('c2a', 'c2b', 'c2c'), P2: ids('c2d') },
    before: b('c2a', 'c2b', 'c2c'),
    last: { badge: 'c2d' },
  },
  {
    form: 'per_issuer: at most K from one partner',
    rule: { at_least: 3, of: of('c3'), per_issuer: 2 },
    badges: { P1: ids('c3a', 'c3b', 'c3c'), P2: ids('c3d') },
    before: b('c3a', 'c3b', 'c3c'),
    last: { badge: 'c3d' },
  },
  {
    form: 'abilities: covering at least A',
    rule: { at_least: 2, of: of('c4'), abilities: 2 },
    badges: {
      P1: [
        { id: 'c4a', ability: 'x' },
        { id: 'c4b', ability: 'x' },
        { id: 'c4c' },
        { id: 'c4d', ability: 'y' },
      ],
    },
    before: b('c4a', 'c4b', 'c4c'),
    last: { badge: 'c4d' },
  },
  {
    form: 'issued_from',
    rule: { at_least: 1, of: of('c5'), issued_from: '2024-06-01' },
    badges: { P1: ids('c5a', 'c5b') },
    before: [{ badge: 'c5a', issuedOn: '2024-05-31T21:59:59Z' }],
    last: { badge: 'c5b', issuedOn: '2024-05-31T22:00:00Z' },
  },
  {
    form: 'issued_until, that day included',
    rule: { at_least: 1, of: of('c6'), issued_until: '2024-06-30' },
    badges: { P1: ids('c6a', 'c6b') },
    before: [{ badge: 'c6a', issuedOn: '2024-06-30T22:00:00Z' }],
    last: { badge: 'c6b', issuedOn: '2024-06-30T21:59:59Z' },
  },
  {
    form: 'within_months',
    rule: { at_least: 1, of: of('c7'), within_months: 6 },
    badges: { P1: ids('c7a', 'c7b') },
    before: [{ badge: 'c7a', issuedOn: `${year - 1}-01-15T00:00:00Z` }],
    last: { badge: 'c7b' },
  },
  {
    form: 'selector: ability',
    rule: { at_least: 1, of: of('c8', { ability: 'x' }) },
    badges: {
      P1: [
        { id: 'c8a', ability: 'y' },
        { id: 'c8b', ability: 'x' },
      ],
    },
    before: b('c8a'),
    last: { badge: 'c8b' },
  },
  {
    form: 'selector: issuers',
    rule: { at_least: 1, of: of('c9', { issuers: ['P2'] }) },
    badges: { P1: ids('c9a'), P2: ids('c9b') },
    before: b('c9a'),
    last: { badge: 'c9b' },
  },
  {
    form: 'selector: badges',
    rule: { at_least: 2, of: { badges: ['c10a', 'c10b'] } },
    badges: { P1: ids('c10a', 'c10b', 'c10c') },
    before: b('c10a', 'c10c'),
    last: { badge: 'c10b' },
  },
  {
    form: 'all',
    rule: {
      all: [
        { at_least: 1, of: of('c11', { level: 1 }) },
        { at_least: 1, of: of('c11', { level: 2 }) },
      ],
    },
    badges: { P1: [{ id: 'c11a' }, { id: 'c11b', level: 2 }] },
    before: b('c11a'),
    last: { badge: 'c11b' },
  },
  {
    form: 'any',
    rule: {
      any: [
        { at_least: 2, of: of('c12', { level: 1 }) },
        { at_least: 1, of: of('c12', { level: 2 }) },
      ],
    },
    badges: { P1: [{ id: 'c12a' }, { id: 'c12x' }, { id: 'c12b', level: 2 }] },
    before: b('c12a'),
    last: { badge: 'c12b' },
  },
  {
    form: 'at_least N of conditions',
    rule: { at_least: 2, of: [1, 2, 3].map((level) => ({ at_least: 1, of: of('c13', { level }) })) },
    badges: { P1: [1, 2, 3].map((level) => ({ id: `c13${level}`, level })) },
    before: b('c131'),
    last: { badge: 'c133' },
  },
  {
    form: 'versions of one badge count once',
    rule: { at_least: 2, of: of('c14') },
    badges: { P1: [{ id: 'c14a' }, { id: 'c14b', replaces: ['c14a'] }, { id: 'c14c' }] },
    before: b('c14a', 'c14b'),
    last: { badge: 'c14c' },
  },
  {
    form: 'an expired badge does not count',
    rule: { at_least: 1, of: of('c15') },
    badges: { P1: ids('c15a', 'c15b') },
    before: [{ badge: 'c15a', issuedOn: '2024-01-01', expiresOn: '2024-02-01' }],
    last: { badge: 'c15b' },
  },
  {
    form: 'a revoked badge does not count',
    rule: { at_least: 1, of: of('c16') },
    badges: { P1: ids('c16a', 'c16b') },
    before: [{ badge: 'c16a', revoked: true }],
    last: { badge: 'c16b' },
  },
  {
    form: 'the enrolment has dates',
    rule: { at_least: 1, of: of('c17') },
    badges: { P1: [{ id: 'c17a', enrolled_from: '2024-01-01', enrolled_until: '2024-12-31' }] },
    before: [{ badge: 'c17a', issuedOn: '2023-12-31T22:59:59Z' }],
    last: { badge: 'c17a', issuedOn: '2024-12-31T22:59:59Z' },
  },
  {
    form: 'an inactive partner does not count',
    rule: { at_least: 1, of: of('c18') },
    badges: { P3: ids('c18a'), P1: ids('c18b') },
    before: b('c18a'),
    last: { badge: 'c18b' },
  },
];

const INACTIVE = CASES.length;
const person = (at: number): string => `personne.${at}@example.org`;

function schemeText(): string {
  const competencies = Object.fromEntries(
    [...CASES.keys(), INACTIVE].map((at) => [`c${at}`, { name: `C${at}`, abilities: { x: 'X', y: 'Y' } }]),
  );
  const awards = Object.fromEntries(CASES.map(({ rule }, at) => [`award-${at}`, { badge: `R${at}`, rule }]));
  const more = {
    'award-off': { badge: 'R_OFF', active: false, rule: { at_least: 1, of: of('c0') } },
    'award-chain': { badge: 'R_CHAIN', rule: { all: [{ holds: 'award-0' }, { at_least: 1, of: of('c0') }] } },
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
  expect(await house.notify(event)).toBe(202);
}

beforeAll(async () => {
  house = await openHouse({ scheme: schemeText(), partners: partnersText() });
  await Promise.all(CASES.flatMap(({ before }, at) => before.map((given) => give(at, given))));
  await house.idle();
  early = house.awards();
  await Promise.all(CASES.map(({ last }, at) => give(at, last)));
  await house.idle();
}, 120_000);
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
