import type { BadgeId, ClientId } from '../../ids.js';
import type { BadgesCondition, Scheme, Selector } from '../types.js';
import type { BadgesResult, ConditionResult, Tally } from '../evaluation.js';

/** What became of `{ holds: award-id }`. */
export type HoldsResult = Extract<ConditionResult, { kind: 'holds' }>;

/** What a `badges` condition asks for, names in place of ids: what a catalogue puts into words. */
export interface Asked {
  readonly competency: string | null;
  readonly level: number | null;
  readonly ability: string | null;
  readonly from: readonly string[];
  readonly among: readonly string[];
  readonly issuers: number | null;
  readonly perIssuer: number | null;
  readonly abilities: number | null;
  readonly fromS: number | null;
  readonly beforeS: number | null;
  readonly withinMonths: number | null;
}

/** Of how many more partners (or abilities) badges are needed; `other`: than those already counted. */
export interface More {
  readonly count: number;
  readonly other: boolean;
}

/** The least that must still come for a `badges` condition to be met. */
export interface Shortfall {
  readonly badges: number;
  readonly issuers: More | null;
  readonly abilities: More | null;
}

/** The badge's name, or its id where the scheme has none. */
export const badgeName = (scheme: Scheme, id: BadgeId): string => scheme.enrolments.get(id)?.name ?? id;

/** The partner's name, or the client's id where it takes no part. */
export const partnerName = (scheme: Scheme, id: ClientId): string => scheme.partnersById.get(id)?.name ?? id;

function abilityName(scheme: Scheme, { ability, competency }: Selector): string | null {
  if (ability === undefined) return null;
  const named = [...scheme.competencies.values()]
    .filter(({ id }) => competency === undefined || id === competency)
    .find(({ abilities }) => abilities.has(ability));
  return named?.abilities.get(ability) ?? ability;
}

/** What the condition asks for, in the scheme's names. */
export function askedOf(scheme: Scheme, condition: BadgesCondition): Asked {
  const { selector } = condition;
  const { competency = null } = selector;
  return {
    competency: competency === null ? null : (scheme.competencies.get(competency)?.name ?? competency),
    level: selector.level ?? null,
    ability: abilityName(scheme, selector),
    from: (selector.issuers ?? []).map((id) => partnerName(scheme, id)),
    among: (selector.badges ?? []).map((id) => badgeName(scheme, id)),
    issuers: condition.issuers ?? null,
    perIssuer: condition.perIssuer ?? null,
    abilities: condition.abilities ?? null,
    fromS: condition.issuedFromS ?? null,
    beforeS: condition.issuedBeforeS ?? null,
    withinMonths: condition.withinMonths ?? null,
  };
}

const short = ({ have, need }: Tally): number => Math.max(0, need - have);

const more = (tally: Tally | null): More | null =>
  tally === null || short(tally) === 0 ? null : { count: short(tally), other: tally.have > 0 };

/**
 * What is still missing. One further badge raises each tally by one at most, and the right one raises all
 * three: so the greatest of the three gaps is how many badges must come.
 */
export function shortfall({ badges, issuers, abilities }: BadgesResult): Shortfall {
  const gaps = [badges, issuers, abilities].map((tally) => (tally === null ? 0 : short(tally)));
  return { badges: Math.max(...gaps), issuers: more(issuers), abilities: more(abilities) };
}
