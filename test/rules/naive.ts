/**
 * A second evaluator, written to be believed rather than to be quick: every set of assertions is tried, and
 * interface.md's sentences are asked of each set, one by one. It shares no code with src/rules.
 */
import type { Assertion } from '../../src/earners/record.js';
import type { Portfolio } from '../../src/earners/portfolio.js';
import type { BadgesCondition, Condition, Scheme } from '../../src/rules/types.js';

export interface NaiveTally {
  badges: number;
  issuers: number;
  abilities: number;
}

export interface NaiveResult {
  met: boolean;
  /** Of a `badges` condition: the greatest numbers that any allowed set reaches; null: not asked for. */
  best?: { badges: number; issuers: number | null; abilities: number | null };
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
  const met = tallies.some(
    (tally) =>
      tally.badges >= condition.atLeast &&
      tally.issuers >= (condition.issuers ?? 0) &&
      tally.abilities >= (condition.abilities ?? 0),
  );
  const most = (key: keyof NaiveTally) => Math.max(...tallies.map((tally) => tally[key]));
  return {
    met,
    best: {
      badges: most('badges'),
      issuers: condition.issuers === undefined ? null : most('issuers'),
      abilities: condition.abilities === undefined ? null : most('abilities'),
    },
  };
}

/** The verdict on every award, in the scheme's order. A held award is asked anew wherever it is named. */
export function naive(scheme: Scheme, portfolio: Portfolio, nowS: number): NaiveVerdict[] {
  const counting = merged(portfolio.assertions).filter((one) => countsAt(scheme, one, nowS));

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
