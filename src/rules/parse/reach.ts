import type { BadgeId, ClientId } from '../../ids.js';
import {
  type BadgesCondition,
  type CompetencyId,
  type ConditionKey,
  DEMAND_NAMES,
  type DemandName,
  DEMANDS,
  picks,
  type Selector,
  windowOf,
} from '../badges-condition.js';
import { say } from '../../localized.js';
import type { Enrolment, Partner } from '../types.js';
import type { KnownNames, Value } from './value.js';

/** The names that a rule may use. Null: they are unreadable, so no name can be called unknown. */
export interface KnownSchemeNames {
  readonly awards: KnownNames;
  /** The names of each competency's abilities. */
  readonly abilities: ReadonlyMap<CompetencyId, ReadonlySet<string> | null> | null;
  readonly partners: ReadonlyMap<ClientId, Partner> | null;
  readonly badges: ReadonlyMap<BadgeId, Enrolment> | null;
}

/** A condition, and the place of each of its numbers. */
export interface PlacedCondition {
  readonly condition: BadgesCondition;
  readonly valueOf: (key: ConditionKey | 'at_least') => Value | undefined;
}

/** The highest number that each demand can reach; absent: no limit. */
type Reach = Readonly<Partial<Record<DemandName, number>>>;

const reachOf = (badges: readonly Enrolment[], perIssuer: number | undefined): Reach => ({
  ...Object.fromEntries(DEMAND_NAMES.map((name) => [name, DEMANDS[name].have(badges)])),
  badges: mostBadges(badges, perIssuer),
});

/** Counts the versions of one badge once, and at most `perIssuer` badges of one partner. */
function mostBadges(badges: readonly Enrolment[], perIssuer = Infinity): number {
  const families = new Map<ClientId, Set<string>>();
  for (const { clientId, family } of badges)
    families.set(clientId, (families.get(clientId) ?? new Set()).add(family));
  return [...families.values()].reduce((sum, { size }) => sum + Math.min(size, perIssuer), 0);
}

/** Returns the reach that the condition's own lists allow, whatever partners enrol later. */
function reachOfLists({ selector, perIssuer = Infinity }: BadgesCondition, known: KnownSchemeNames): Reach {
  const { issuers, badges } = selector;
  const abilities = declaredAbilities(selector, known);
  if (badges === undefined || known.badges === null) {
    const mostIssuers = issuers?.length ?? Infinity;
    return { badges: mostIssuers * perIssuer, issuers: mostIssuers, abilities };
  }
  const listed = badges
    .flatMap((id) => known.badges?.get(id) ?? [])
    .filter(({ clientId }) => issuers === undefined || issuers.includes(clientId));
  return { ...reachOf(listed, perIssuer), abilities };
}

/** Counts the abilities that a selector allows. One id in two competencies is two abilities. */
function declaredAbilities({ competency, ability }: Selector, { abilities }: KnownSchemeNames): number {
  if (abilities === null) return Infinity;
  const sets = competency === undefined ? [...abilities.values()] : [abilities.get(competency) ?? null];
  const sizes = sets.map((set) => {
    if (set === null) return Infinity;
    return ability === undefined ? set.size : Number(set.has(ability));
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Returns the reach of the badges that active partners have enrolled today. */
function reachToday(condition: BadgesCondition, partners: readonly Partner[]): Reach {
  const { fromS: firstS, beforeS: endS } = windowOf(condition);
  const enrolled = partners
    .filter(({ active }) => active)
    .flatMap(({ badges }) => badges)
    .filter((badge) => picks(condition.selector, badge))
    .filter(
      ({ fromS, beforeS }) =>
        (firstS ?? -Infinity) < (beforeS ?? Infinity) && (fromS ?? -Infinity) < (endS ?? Infinity),
    );
  return reachOf(enrolled, condition.perIssuer);
}

/** Returns each number of the condition that is above its reach. */
const outOfReach = ({ condition, valueOf }: PlacedCondition, reach: Reach) =>
  DEMAND_NAMES.flatMap((name) => {
    const { key, field, thing } = DEMANDS[name];
    const need = condition[field] ?? 0;
    const [at, most = Infinity] = [valueOf(key), reach[name]];
    return at && need > most ? [{ asked: `${key}: ${need}`, most, thing, at }] : [];
  });

/** Reports a fault for each number that the condition's own lists can never give. */
export function checkReachOfLists(placed: PlacedCondition, known: KnownSchemeNames): void {
  for (const { asked, most, thing, at } of outOfReach(placed, reachOfLists(placed.condition, known)))
    at.fault(say`« ${asked} » ne peut jamais être atteint : le sélecteur donne ${most} ${thing} au plus
      "${asked}" can never be reached: the selector gives ${most} ${thing} at most`);
}

/** Warns of each number that today's enrolments cannot give: partners may enrol more later. */
export function warnOfReachToday(placed: PlacedCondition, partners: readonly Partner[]): void {
  for (const { asked, most, thing, at } of outOfReach(placed, reachToday(placed.condition, partners)))
    at.warn(say`« ${asked} » ne peut pas être atteint aujourd'hui : les partenaires actifs ont inscrit ${most} ${thing} qui vont
      "${asked}" cannot be reached today: active partners have enrolled ${most} ${thing} that fit`);
}
