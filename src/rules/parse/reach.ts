import type { AwardId, BadgeId, ClientId } from '../../ids.js';
import {
  abilityOf,
  type BadgesCondition,
  type DemandKey,
  DEMANDS,
  picks,
  type Selector,
} from '../badges-condition.js';
import type { Enrolment, Partner } from '../types.js';
import type { AbilityNames } from './competencies.js';
import type { Place, Report, Words } from './fault.js';
import type { EnrolledBadge } from './partners.js';
import type { Reading } from './read.js';
import type { Edge } from './walk.js';

/** The names that a rule may use. Null: their section could not be read, so none can be called unknown. */
export interface Known {
  readonly awards: ReadonlySet<AwardId>;
  readonly abilityNames: AbilityNames | null;
  /** Each partner, and whether it is active. */
  readonly partners: ReadonlyMap<ClientId, boolean> | null;
  readonly badges: ReadonlyMap<BadgeId, EnrolledBadge> | null;
}

/** The demands that can be out of reach, each with the most that can be had. */
type Reach = Readonly<Record<'badges' | 'issuers' | 'abilities', number>>;

export interface PlacedCondition {
  readonly condition: BadgesCondition;
  readonly placeOf: (key: DemandKey) => Place;
}

/** What the readers of one award's rule share. */
export interface RuleReading extends Reading {
  readonly known: Known;
  /** Every `holds` of the rule, collected as it is read. */
  readonly holds: Edge[];
  /** Every faultless `badges` condition of the rule. */
  readonly placed: PlacedCondition[];
}

/** Versions of one badge count once, and no more of one partner than allowed. */
function mostBadges(badges: readonly EnrolledBadge[], perIssuer = Infinity): number {
  const families = new Map<string, Set<string>>();
  for (const { clientId, family } of badges)
    families.set(clientId, (families.get(clientId) ?? new Set()).add(family));
  return [...families.values()].reduce((sum, { size }) => sum + Math.min(size, perIssuer), 0);
}

const issuersOf = (badges: readonly EnrolledBadge[]): number =>
  new Set(badges.map(({ clientId }) => clientId)).size;

/** What the condition's own lists allow, whatever partners enrol from now on. */
function reachOfLists({ selector, perIssuer }: BadgesCondition, known: Known): Reach {
  const { issuers, badges } = selector;
  const abilities = declaredAbilities(selector, known);
  if (badges === undefined || known.badges === null) {
    const fromIssuers = (issuers?.length ?? Infinity) * (perIssuer ?? Infinity);
    return { badges: fromIssuers, issuers: issuers?.length ?? Infinity, abilities };
  }
  const listed = badges
    .flatMap((id) => known.badges?.get(id) ?? [])
    .filter(({ clientId }) => issuers === undefined || issuers.includes(clientId));
  return { badges: mostBadges(listed, perIssuer), issuers: issuersOf(listed), abilities };
}

/** An ability belongs to its competency: one id in two competencies is two abilities at most. */
function declaredAbilities({ competency, ability }: Selector, { abilityNames }: Known): number {
  if (abilityNames === null) return Infinity;
  const sets = competency === undefined ? [...abilityNames.values()] : [abilityNames.get(competency)];
  const sizes = sets.map((set) => {
    if (set === null || set === undefined) return Infinity;
    return ability === undefined ? set.size : Number(set.has(ability));
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** An enrolment that ended before the condition's dates begin, or the other way round, gives it nothing. */
const overlaps = ({ issuedFromS, issuedBeforeS }: BadgesCondition, { fromS, beforeS }: Enrolment): boolean =>
  (issuedFromS ?? -Infinity) < (beforeS ?? Infinity) && (fromS ?? -Infinity) < (issuedBeforeS ?? Infinity);

/** What the badges give that active partners have enrolled today. */
function reachToday(condition: BadgesCondition, partners: readonly Partner[]): Reach {
  const pool = partners
    .filter(({ active }) => active)
    .flatMap(({ badges }) => badges)
    .filter((badge) => picks(condition.selector, badge) && overlaps(condition, badge));
  return {
    badges: mostBadges(pool, condition.perIssuer),
    issuers: issuersOf(pool),
    abilities: new Set(pool.flatMap((badge) => abilityOf(badge) ?? [])).size,
  };
}

const THING: Readonly<Record<keyof Reach, Words>> = {
  badges: { fr: 'badge(s) distinct(s)', en: 'distinct badge(s)' },
  issuers: { fr: 'partenaire(s)', en: 'partner(s)' },
  abilities: { fr: 'capacité(s) distincte(s)', en: 'distinct abilities' },
};

/** Each number that is above what can be reached. */
const beyond = ({ condition, placeOf }: PlacedCondition, reach: Reach) =>
  (['badges', 'issuers', 'abilities'] as const)
    .map((name) => {
      const { key, need } = DEMANDS[name];
      return {
        asked: `${key}: ${need(condition)}`,
        need: need(condition) ?? 0,
        most: reach[name],
        thing: THING[name],
        at: placeOf(key),
      };
    })
    .filter(({ need, most }) => need > most);

/** A number that what the condition lists can never give: a fault. */
export function checkReachOfLists(report: Report, placed: PlacedCondition, known: Known): void {
  for (const { asked, most, thing, at } of beyond(placed, reachOfLists(placed.condition, known)))
    report.fault(at, {
      fr: `« ${asked} » ne peut jamais être atteint : le sélecteur donne ${most} ${thing.fr} au plus`,
      en: `"${asked}" can never be reached: the selector gives ${most} ${thing.en} at most`,
    });
}

/** A number that today's enrolments cannot give: a warning, since partners enrol over time. */
export function warnOfReachToday(
  report: Report,
  placed: PlacedCondition,
  partners: readonly Partner[],
): void {
  for (const { asked, most, thing, at } of beyond(placed, reachToday(placed.condition, partners)))
    report.warn(at, {
      fr: `« ${asked} » ne peut pas être atteint aujourd'hui : les partenaires actifs ont inscrit ${most} ${thing.fr} qui vont`,
      en: `"${asked}" cannot be reached today: active partners have enrolled ${most} ${thing.en} that fit`,
    });
}
