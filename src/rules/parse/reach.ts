import type { AwardId, BadgeId, ClientId } from '../../ids.js';
import { picks } from '../selector.js';
import type { BadgesCondition, Enrolment, Partner, Selector } from '../types.js';
import type { AbilityNames } from './competencies.js';
import type { EnrolledBadge } from './partners.js';
import type { Place, Report, Words } from './fault.js';
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

/** Where the numbers of a `badges` condition stand. */
export interface NumberPlaces {
  readonly atLeast: Place;
  readonly issuers: Place;
  readonly abilities: Place;
}

/** A condition, kept with its places to be held against what is enrolled. */
export interface AskedFor {
  readonly condition: BadgesCondition;
  readonly places: NumberPlaces;
}

/** What the readers of one award's rule share. */
export interface RuleReading extends Reading {
  readonly known: Known;
  /** Every `holds` of the rule, collected as it is read. */
  readonly holds: Edge[];
  /** Every faultless `badges` condition of the rule. */
  readonly asked: AskedFor[];
}

/** The most that a condition can ever count. Infinity: nothing limits it. */
interface Reach {
  readonly badges: number;
  readonly issuers: number;
  readonly abilities: number;
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
  const listed =
    known.badges === null
      ? undefined
      : badges
          ?.flatMap((id) => known.badges?.get(id) ?? [])
          .filter(({ clientId }) => issuers === undefined || issuers.includes(clientId));
  const fromIssuers =
    issuers === undefined || perIssuer === undefined ? Infinity : issuers.length * perIssuer;
  return {
    badges: listed === undefined ? fromIssuers : mostBadges(listed, perIssuer),
    issuers: listed === undefined ? (issuers?.length ?? Infinity) : issuersOf(listed),
    abilities: declaredAbilities(selector, known),
  };
}

/** An ability belongs to its competency: one id in two competencies is two abilities at most. */
function declaredAbilities({ competency, ability }: Selector, { abilityNames }: Known): number {
  if (abilityNames === null) return Infinity;
  const sets = competency === undefined ? [...abilityNames.values()] : [abilityNames.get(competency)];
  const sizeOf = (set: ReadonlySet<string> | null | undefined): number => {
    if (set === null || set === undefined) return Infinity;
    return ability === undefined ? set.size : Number(set.has(ability));
  };
  return sets.reduce((sum, set) => sum + sizeOf(set), 0);
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
  const abilities = pool.flatMap(({ competency, ability }) =>
    ability === null ? [] : `${competency}/${ability}`,
  );
  return {
    badges: mostBadges(pool, condition.perIssuer),
    issuers: issuersOf(pool),
    abilities: new Set(abilities).size,
  };
}

type Say = (key: string, need: number, most: number) => Words;

/** Tells each number that is above what can be reached. */
function compare({ condition, places }: AskedFor, reach: Reach, tell: Report['fault'], say: Say): void {
  const { atLeast, issuers = 0, abilities = 0 } = condition;
  if (atLeast > reach.badges) tell(places.atLeast, say('at_least', atLeast, reach.badges));
  if (issuers > reach.issuers) tell(places.issuers, say('issuers', issuers, reach.issuers));
  if (abilities > reach.abilities) tell(places.abilities, say('abilities', abilities, reach.abilities));
}

const THING: Readonly<Record<string, Words>> = {
  at_least: { fr: 'badge(s) distinct(s)', en: 'distinct badge(s)' },
  issuers: { fr: 'partenaire(s)', en: 'partner(s)' },
  abilities: { fr: 'capacité(s) distincte(s)', en: 'distinct abilities' },
};

/** A number that what the condition lists can never give: a fault. */
export function checkReachOfLists(report: Report, asked: AskedFor, known: Known): void {
  compare(
    asked,
    reachOfLists(asked.condition, known),
    (at, words) => report.fault(at, words),
    (key, need, most) => ({
      fr: `« ${key}: ${need} » ne peut jamais être atteint : le sélecteur donne ${most} ${THING[key]?.fr} au plus`,
      en: `"${key}: ${need}" can never be reached: the selector gives ${most} ${THING[key]?.en} at most`,
    }),
  );
}

/** A number that today's enrolments cannot give: a warning, since partners enrol over time. */
export function warnOfReachToday(report: Report, asked: AskedFor, partners: readonly Partner[]): void {
  compare(
    asked,
    reachToday(asked.condition, partners),
    (at, words) => report.warn(at, words),
    (key, need, most) => ({
      fr: `« ${key}: ${need} » ne peut pas être atteint aujourd'hui : les partenaires actifs ont inscrit ${most} ${THING[key]?.fr} qui vont`,
      en: `"${key}: ${need}" cannot be reached today: active partners have enrolled ${most} ${THING[key]?.en} that fit`,
    }),
  );
}
