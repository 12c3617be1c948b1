import { createHash } from 'node:crypto';
import { asSchemeVersion, type SchemeVersion } from '../../ids.js';
import type { Award, Condition, Partner, Selector } from '../types.js';

/** What a scheme's version is made of. */
export interface Meaning {
  readonly timeZone: string;
  readonly awards: readonly Award[];
  readonly partners: readonly Partner[];
}

/**
 * The scheme's version: the first 16 hex digits of a SHA-256 over all that can change a decision, and over
 * nothing else. Every award issued names the version it was earned under, and a plan is asked for when it
 * changes: so comments, formatting, the order of keys and of lists, the names that people read, and where
 * a partner's API key is found must leave it alone; a threshold, a date, an enrolment may not.
 * Of `replaces`, the families that follow from it are what evaluation looks at.
 */
export function versionOf({ timeZone, awards, partners }: Meaning): SchemeVersion {
  const meaning = {
    timeZone,
    awards: sorted(awards.map(awardMeaning)),
    badges: sorted(partners.flatMap(badgeMeanings)),
  };
  return asSchemeVersion(createHash('sha256').update(JSON.stringify(meaning)).digest('hex').slice(0, 16));
}

/** Lists whose order means nothing, in the one order that their texts give. */
const sorted = (items: readonly unknown[]): readonly string[] =>
  items.map((item) => JSON.stringify(item)).toSorted();

const awardMeaning = ({ id, badgeId, active, onLoss, rule }: Award): unknown => ({
  id,
  badgeId,
  active,
  onLoss,
  rule: conditionMeaning(rule),
});

const badgeMeanings = ({ badges, active }: Partner): readonly unknown[] =>
  badges.map((badge) => ({
    active,
    badge: badge.badgeId,
    client: badge.clientId,
    competency: badge.competency,
    level: badge.level,
    ability: badge.ability,
    fromS: badge.fromS,
    beforeS: badge.beforeS,
    family: badge.family,
  }));

/** Every field by name, in a fixed order: JSON keeps the order in which they are written here. */
function conditionMeaning(condition: Condition): unknown {
  if (condition.kind === 'holds') return { holds: condition.award };
  if (condition.kind !== 'badges') {
    const atLeast = condition.kind === 'at_least' ? condition.atLeast : undefined;
    return { kind: condition.kind, atLeast, of: sorted(condition.of.map(conditionMeaning)) };
  }
  return {
    atLeast: condition.atLeast,
    selector: selectorMeaning(condition.selector),
    issuers: condition.issuers,
    perIssuer: condition.perIssuer,
    abilities: condition.abilities,
    issuedFromS: condition.issuedFromS,
    issuedBeforeS: condition.issuedBeforeS,
    withinMonths: condition.withinMonths,
  };
}

const selectorMeaning = ({ competency, level, ability, issuers, badges }: Selector): unknown => ({
  competency,
  level,
  ability,
  issuers: issuers?.toSorted(),
  badges: badges?.toSorted(),
});
