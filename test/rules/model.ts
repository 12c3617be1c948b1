import * as fc from 'fast-check';
import type { Portfolio } from '../../src/earners/person.js';
import type { Assertion } from '../../src/earners/record.js';
import { asAwardId, asBadgeId, asClientId, type AwardId } from '../../src/ids.js';
import type { BadgesCondition, DemandName, Selector } from '../../src/rules/badges-condition.js';
import type { Condition, Scheme } from '../../src/rules/types.js';
import { assertion, type BadgeSpec, buildScheme } from './scheme-builder.js';

/** A scheme, a portfolio and a clock, small enough that everything meets everything else. */
export interface World {
  scheme: Scheme;
  portfolio: Portfolio;
  nowS: number;
}

const CLIENTS = ['P1', 'P2', 'P3'];
const BADGES = ['B0', 'B1', 'B2', 'B3', 'B4', 'B5', 'B6', 'B7'];
const AWARDS = ['A0', 'A1', 'A2', 'A3'];
const ABILITIES = ['a', 'b', 'c'];
const COMPETENCIES = ['com', 'org'];

const at = (iso: string): number => Date.parse(iso) / 1000;

/** The end of a month, the day after a change of hour, the 29th of February: the clocks worth trying. */
const clock = fc.constantFrom(
  ...['2026-03-31T08:30:00Z', '2026-03-30T00:10:00Z', '2024-02-29T23:30:00Z', '2025-10-26T12:00:00Z'].map(at),
);
/** Midnights of Paris that are bounds for those clocks. */
const MIDNIGHTS = [
  '2023-12-30T23:00:00Z',
  '2024-02-28T23:00:00Z',
  '2025-10-24T22:00:00Z',
  '2025-12-30T23:00:00Z',
  '2026-02-27T23:00:00Z',
  '2026-03-28T23:00:00Z',
].map(at);
const bound = fc.constantFrom(...MIDNIGHTS);
const issuedOnS = fc
  .tuple(bound, fc.constantFrom(0, 0, -1, 1, 3600, -86_400, 86_400))
  .map(([s, off]) => s + off);

const rarely = <T>(arbitrary: fc.Arbitrary<T>, otherwise: T, weight = 6): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(otherwise) }, { weight: 1, arbitrary });

const selector: fc.Arbitrary<Selector> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  {
    weight: 2,
    arbitrary: fc.record(
      { competency: fc.constantFrom(...COMPETENCIES), level: fc.constantFrom(1, 2) },
      { requiredKeys: [] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      {
        competency: fc.constantFrom(...COMPETENCIES),
        level: fc.constantFrom(1, 2),
        ability: fc.constantFrom(...ABILITIES),
        issuers: fc.subarray(CLIENTS, { minLength: 1 }).map((ids) => ids.map(asClientId)),
        badges: fc.subarray(BADGES, { minLength: 3 }).map((ids) => ids.map(asBadgeId)),
      },
      { requiredKeys: [] },
    ),
  },
);

const small = fc.integer({ min: 1, max: 3 });
const demands = fc.oneof(
  { weight: 2, arbitrary: fc.constant({}) },
  {
    weight: 3,
    arbitrary: fc.record(
      { issuers: small, perIssuer: fc.integer({ min: 1, max: 2 }), abilities: small },
      { requiredKeys: [] },
    ),
  },
);
const dates = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.record(
      { issuedFromS: bound, issuedBeforeS: bound, withinMonths: fc.constantFrom(1, 3, 24) },
      { requiredKeys: [] },
    ),
  },
);

const badgesCondition: fc.Arbitrary<BadgesCondition> = fc
  .tuple(small, selector, demands, dates)
  .map(([atLeast, picked, more, when]) => ({ kind: 'badges', atLeast, selector: picked, ...more, ...when }));

/** A rule that holds only awards before its own, as every parsed scheme has it. */
const rule = (index: number, depth = 2): fc.Arbitrary<Condition> => {
  const earlier = AWARDS.slice(0, index).map(asAwardId);
  const holds = (): fc.Arbitrary<Condition> =>
    fc.constantFrom(...earlier).map((award) => ({ kind: 'holds', award }));
  const leaf: fc.Arbitrary<Condition> =
    earlier.length === 0
      ? badgesCondition
      : fc.oneof({ weight: 2, arbitrary: badgesCondition }, { weight: 1, arbitrary: holds() });
  if (depth === 0) return leaf;
  const of = fc.array(rule(index, depth - 1), { minLength: 1, maxLength: 3 });
  const group: fc.Arbitrary<Condition> = fc.oneof(
    fc.tuple(fc.constantFrom('all' as const, 'any' as const), of).map(([kind, list]) => ({ kind, of: list })),
    fc.tuple(small, of).map(([n, list]) => ({
      kind: 'at_least' as const,
      atLeast: Math.min(n, list.length),
      of: list,
    })),
  );
  return fc.oneof({ weight: 2, arbitrary: leaf }, { weight: 1, arbitrary: group });
};

const anyBadge = fc.record({
  client: fc.constantFrom(...CLIENTS),
  competency: fc.constantFrom(...COMPETENCIES),
  level: fc.constantFrom(1, 2),
  ability: fc.constantFrom(null, ...ABILITIES),
  fromS: rarely(bound, null),
  beforeS: rarely(bound, null),
  version: fc.integer({ min: 0, max: 3 }),
});

const anyScheme: fc.Arbitrary<Scheme> = fc
  .record({
    timeZone: fc.constantFrom('Europe/Paris', 'America/Cayenne', 'Pacific/Noumea'),
    badges: fc.array(anyBadge, { minLength: BADGES.length, maxLength: BADGES.length }),
    clients: fc.array(rarely(fc.constant(false), true, 8), { minLength: 3, maxLength: 3 }),
    awards: fc.array(rarely(fc.constant(false), true), { minLength: 4, maxLength: 4 }),
    rules: fc.tuple(rule(0), rule(1), rule(2), rule(3)),
  })
  .map(({ timeZone, badges, clients, awards, rules }) => {
    const ofClient = (id: string): Record<string, BadgeSpec> =>
      Object.fromEntries(
        badges.flatMap(({ client, version, ...spec }, i) =>
          client === id ? [[BADGES[i] ?? '', { ...spec, family: `${id}/${version}` }]] : [],
        ),
      );
    return buildScheme({
      timeZone,
      partners: Object.fromEntries(
        CLIENTS.map((id, i) => [id, { active: clients[i] ?? true, badges: ofClient(id) }]),
      ),
      awards: Object.fromEntries(
        rules.map((one, i) => [AWARDS[i], { rule: one, active: awards[i] ?? true }]),
      ),
    });
  });

/** One assertion of an enrolled badge (now and then of another, or by the wrong client). */
export const someAssertion = (of: Scheme, now: number): fc.Arbitrary<Assertion> =>
  fc
    .record({
      badge: rarely(fc.constant('BX'), null, 15).chain((odd) =>
        odd === null ? fc.constantFrom(...BADGES) : fc.constant(odd),
      ),
      stranger: rarely(fc.constantFrom(...CLIENTS), null, 10),
      issuedOnS,
      expiresOnS: rarely<number | null>(fc.constantFrom(now - 1, now, now + 1, now + 86_400), null, 4),
      revoked: rarely(fc.constantFrom(true, 'vanished' as const), false, 9),
    })
    .map(({ badge: id, stranger, revoked, ...spec }) =>
      assertion(id, stranger ?? of.enrolments.get(asBadgeId(id))?.clientId ?? 'P1', {
        ...spec,
        revoked: revoked !== false,
        ...(revoked === 'vanished' ? { vanished: true } : {}),
      }),
    );

const regionBadge = (now: number): fc.Arbitrary<Assertion> =>
  fc
    .record({
      award: fc.constantFrom(...AWARDS),
      issuedOnS,
      expiresOnS: rarely<number | null>(fc.constantFrom(now - 1, now, now + 1), null, 2),
      revoked: rarely(fc.constant(true), false, 3),
    })
    .map(({ award, ...spec }) => assertion(`R-${award}`, 'REGION', spec));

const numbered = (prefix: string, list: readonly Assertion[]): Assertion[] =>
  list.map((one, i) => assertion(one.badgeId, one.clientId, { ...one, id: `${prefix}${i}` }));

const anyPortfolio = (of: Scheme, now: number): fc.Arbitrary<Portfolio> =>
  fc
    .record({
      assertions: fc.array(someAssertion(of, now), { maxLength: 9, size: 'max' }),
      held: fc.array(regionBadge(now), { maxLength: 2 }),
      blocked: rarely(fc.subarray(AWARDS, { maxLength: 2 }), [], 2),
      /** Which assertions come a second time, revoked since. */
      again: rarely(fc.array(fc.nat({ max: 8 }), { maxLength: 1 }), [], 4),
    })
    .map(({ assertions, held, blocked, again }) => {
      const first = numbered('a', assertions);
      const since = first.filter((_, i) => again.includes(i)).map((one) => ({ ...one, revoked: true }));
      return {
        assertions: [...first, ...since],
        held: numbered('r', held),
        blocked: blocked.map((id) => asBadgeId(`R-${id}`)),
      };
    });

export const world: fc.Arbitrary<World> = fc
  .tuple(anyScheme, clock)
  .chain(([of, now]) =>
    anyPortfolio(of, now).map((mine): World => ({ scheme: of, portfolio: mine, nowS: now })),
  );

/**
 * A second evaluator, written to be believed rather than to be quick: every set of assertions is tried, and
 * The sentences about what counts are asked of each set, one by one. It shares no code with src/rules.
 */

export type NaiveTally = Record<DemandName, number>;

export interface NaiveResult {
  met: boolean;
  /** Of a `badges` condition: the greatest numbers that any allowed set reaches, of what is asked for. */
  best?: Partial<NaiveTally>;
  /** Of a group: how many are met. */
  have?: number;
  of?: NaiveResult[];
}

export interface NaiveVerdict {
  met: boolean;
  status: string;
  tree: NaiveResult;
}

/** Every subset of a list. */
const subsets = <T>(list: readonly T[]): T[][] =>
  list.reduce<T[][]>((sets, item) => [...sets, ...sets.map((set) => [...set, item])], [[]]);

const unique = <T>(list: readonly T[]): T[] => list.filter((item, i) => list.indexOf(item) === i);

/** One record an id; revoked if any of its records says so. */
const merged = (assertions: readonly Assertion[]): Assertion[] =>
  unique(assertions.map(({ id }) => id)).flatMap((id) => {
    const records = assertions.filter((one) => one.id === id);
    return records.slice(0, 1).map((one) => ({ ...one, revoked: records.some(({ revoked }) => revoked) }));
  });

export function countsAt(scheme: Scheme, one: Assertion, nowS: number): boolean {
  const partner = scheme.partners.find(({ clientId }) => clientId === one.clientId);
  if (partner === undefined || !partner.active) return false;
  const badge = partner.badges.find(({ badgeId }) => badgeId === one.badgeId);
  if (badge === undefined) return false;
  if (badge.fromS !== null && one.issuedOnS < badge.fromS) return false;
  if (badge.beforeS !== null && one.issuedOnS >= badge.beforeS) return false;
  if (one.issuedOnS - nowS > 24 * 60 * 60) return false;
  if (one.revoked) return false;
  return one.expiresOnS === null || one.expiresOnS > nowS;
}

/** The local calendar date of an instant, as `2025-03-31`. */
const localDate = (atS: number, timeZone: string): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(new Date(atS * 1000));

const pad = (n: number, width: number): string => String(n).padStart(width, '0');

/** The same day so many months earlier, or the last day of that month: `2025-03-31`, 1 → `2025-02-28`. */
function monthsBefore(date: string, months: number): string {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  const index = year * 12 + (month - 1) - months;
  const [toYear, toMonth] = [Math.floor(index / 12), (index % 12) + 1];
  const lastDay = new Date(Date.UTC(toYear, toMonth, 0)).getUTCDate();
  return `${pad(toYear, 4)}-${pad(toMonth, 2)}-${pad(Math.min(day, lastDay), 2)}`;
}

export function pickedBy(condition: BadgesCondition, scheme: Scheme, one: Assertion, nowS: number): boolean {
  const badge = scheme.enrolments.get(one.badgeId);
  if (badge === undefined) return false;
  const { competency, level, ability, issuers, badges } = condition.selector;
  if (competency !== undefined && badge.competency !== competency) return false;
  if (level !== undefined && badge.level !== level) return false;
  if (ability !== undefined && badge.ability !== ability) return false;
  if (issuers !== undefined && !issuers.includes(one.clientId)) return false;
  if (badges !== undefined && !badges.includes(one.badgeId)) return false;
  if (condition.issuedFromS !== undefined && one.issuedOnS < condition.issuedFromS) return false;
  if (condition.issuedBeforeS !== undefined && one.issuedOnS >= condition.issuedBeforeS) return false;
  if (condition.withinMonths === undefined) return true;
  const firstDay = monthsBefore(localDate(nowS, scheme.timeZone), condition.withinMonths);
  return localDate(one.issuedOnS, scheme.timeZone) >= firstDay;
}

/** Whether a set holds no badge twice and no more of a partner than allowed. */
export function allowed(condition: BadgesCondition, scheme: Scheme, set: readonly Assertion[]): boolean {
  const families = set.map(({ badgeId }) => scheme.enrolments.get(badgeId)?.family);
  if (unique(families).length < families.length) return false;
  const most = condition.perIssuer;
  if (most === undefined) return true;
  return set.every(({ clientId }) => set.filter((other) => other.clientId === clientId).length <= most);
}

export const tallyOf = (scheme: Scheme, set: readonly Assertion[]): NaiveTally => ({
  badges: set.length,
  issuers: unique(set.map(({ clientId }) => clientId)).length,
  abilities: unique(
    set.flatMap(({ badgeId }) => {
      const badge = scheme.enrolments.get(badgeId);
      return badge === undefined || badge.ability === null ? [] : [`${badge.ability} of ${badge.competency}`];
    }),
  ).length,
});

function resultOf(
  condition: BadgesCondition,
  scheme: Scheme,
  counting: Assertion[],
  nowS: number,
): NaiveResult {
  const picked = counting.filter((one) => pickedBy(condition, scheme, one, nowS));
  const tallies = subsets(picked)
    .filter((set) => allowed(condition, scheme, set))
    .map((set) => tallyOf(scheme, set));
  const needs = needsOf(condition);
  return {
    met: tallies.some((tally) => needs.every(([name, need]) => tally[name] >= need)),
    best: Object.fromEntries(needs.map(([name]) => [name, Math.max(...tallies.map((tally) => tally[name]))])),
  };
}

/** The numbers that a condition asks for. */
function needsOf({ atLeast, issuers, abilities }: BadgesCondition): [DemandName, number][] {
  const needs: [DemandName, number | undefined][] = [
    ['badges', atLeast],
    ['issuers', issuers],
    ['abilities', abilities],
  ];
  return needs.flatMap(([name, need]) => (need === undefined ? [] : [[name, need]]));
}

/** How many badges must still come, at least, for a condition. */
export const lackOf = (condition: BadgesCondition, { best }: NaiveResult): number =>
  Math.max(0, ...needsOf(condition).map(([name, need]) => need - (best?.[name] ?? 0)));

/** The assertions that count, each once. */
export const countingIn = (scheme: Scheme, { assertions }: Portfolio, nowS: number): Assertion[] =>
  merged(assertions).filter((one) => countsAt(scheme, one, nowS));

/** The verdict on every award, in the scheme's order. A held award is asked anew wherever it is named. */
export function naive(scheme: Scheme, portfolio: Portfolio, nowS: number): NaiveVerdict[] {
  const counting = countingIn(scheme, portfolio, nowS);

  function result(condition: Condition): NaiveResult {
    if (condition.kind === 'badges') return resultOf(condition, scheme, counting, nowS);
    if (condition.kind === 'holds') {
      const award = verdict(condition.award);
      return { met: award.status === 'held' || award.status === 'due' };
    }
    const of = condition.of.map(result);
    const have = of.filter(({ met }) => met).length;
    if (condition.kind === 'all') return { met: of.every(({ met }) => met), have, of };
    if (condition.kind === 'any') return { met: of.some(({ met }) => met), have, of };
    return { met: have >= condition.atLeast, have, of };
  }

  function verdict(id: string): NaiveVerdict {
    const award = scheme.awards.find((one) => one.id === id);
    if (award === undefined) throw new Error(`no award ${id}`);
    const tree = result(award.rule);
    const held = merged(portfolio.held)
      .filter(({ badgeId }) => badgeId === award.badgeId)
      .some(({ revoked, expiresOnS }) => !revoked && (expiresOnS === null || expiresOnS > nowS));
    const blocked = portfolio.blocked.includes(award.badgeId);
    if (held) return { met: tree.met, status: 'held', tree };
    if (tree.met && !blocked && award.active) return { met: true, status: 'due', tree };
    if (blocked) return { met: tree.met, status: 'blocked', tree };
    return { met: tree.met, status: award.active ? 'not_met' : 'inactive', tree };
  }

  return scheme.awards.map(({ id }) => verdict(id));
}

/** More than anybody could be given. */
const FAR = 1_000_000;

type Lacks = ReadonlyMap<AwardId, number>;

/** How many badges must still come, in the words of the issue; the other awards as they were. */
export function lack(condition: Condition, result: NaiveResult, lacks: Lacks): number {
  if (condition.kind === 'holds') return lacks.get(condition.award) ?? 0;
  if (condition.kind === 'badges') return lackOf(condition, result);
  const parts = condition.of.map((part, i) => lack(part, result.of?.[i] ?? { met: false }, lacks));
  const need = { all: parts.length, any: 1, at_least: 'atLeast' in condition ? condition.atLeast : 0 };
  return parts
    .toSorted((a, b) => a - b)
    .slice(0, need[condition.kind])
    .reduce((sum, part) => sum + part, 0);
}

export function naiveLacks(scheme: Scheme, portfolio: Portfolio, nowS: number): Lacks {
  const lacks = new Map<AwardId, number>();
  for (const [i, verdict] of naive(scheme, portfolio, nowS).entries()) {
    const award = scheme.awards[i];
    if (award === undefined || verdict.status === 'held' || verdict.status === 'due') continue;
    lacks.set(award.id, verdict.status === 'not_met' ? lack(award.rule, verdict.tree, lacks) : FAR);
  }
  return lacks;
}
