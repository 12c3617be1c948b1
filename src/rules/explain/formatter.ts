import { DateTime } from 'luxon';
import type { Assertion } from '../../earners/record.js';
import type { AwardId } from '../../ids.js';
import { type HoldsResult } from '../evaluation.js';
import type { Window } from '../selector.js';
import type { Condition, OnLoss, Scheme } from '../types.js';
import { askedOf, badgeName, partnerName, type Period } from './condition-words.js';
import { type Explanation, type HoldsStatus, holdsStatus, type Lang } from './explanation.js';
import { en } from './en.js';
import { fr, type Catalogue, type NamedAssertion } from './fr.js';

export const CATALOGUES: Readonly<Record<Lang, Catalogue>> = { fr, en };

/** The scheme's names and days, in one language. */
export interface Formatter {
  readonly scheme: Scheme;
  readonly words: Catalogue;
  /** The day of an instant (Unix seconds) in the scheme's zone. */
  readonly day: (atS: number) => string;
  /** A window; its end is its last day. */
  readonly period: (window: Window) => Period;
  readonly named: (assertion: Assertion) => NamedAssertion;
  readonly award: (id: AwardId) => string;
  readonly holdsStatus: (holds: HoldsResult) => HoldsStatus;
}

/** @param explanation without it, nothing is known of what hinders an award that a rule holds */
export function createFormatter(
  scheme: Scheme,
  words: Catalogue,
  explanation?: Pick<Explanation, 'evaluation' | 'background'>,
): Formatter {
  const awards = new Map(scheme.awards.map(({ id, name }) => [id, name]));
  const day = (atS: number): string => {
    const local = DateTime.fromSeconds(atS, { zone: scheme.timeZone, locale: words.locale });
    return words.day(local.toLocaleString(DateTime.DATE_FULL));
  };
  return {
    scheme,
    words,
    day,
    period: ({ fromS, beforeS }) => ({
      from: fromS === null ? null : day(fromS),
      until: beforeS === null ? null : day(beforeS - 1),
    }),
    named: ({ badgeId, clientId, issuedOnS }) => ({
      badge: badgeName(scheme, badgeId),
      partner: partnerName(scheme, clientId),
      issued: day(issuedOnS),
    }),
    award: (id) => awards.get(id) ?? id,
    holdsStatus: (holds) =>
      explanation === undefined ? (holds.through ?? 'none') : holdsStatus(holds, explanation),
  };
}

/** A rule as it is read: a condition, and the conditions under it. */
export interface RuleLine {
  readonly text: string;
  readonly under: readonly RuleLine[];
}

/** Pure. A rule in words, for nobody in particular. @param scheme gives the names */
export function ruleWords(scheme: Scheme, condition: Condition, lang: Lang): RuleLine {
  const { words, period, award } = createFormatter(scheme, CATALOGUES[lang]);
  if (condition.kind === 'badges') {
    const asked = askedOf(scheme, condition);
    return { text: words.asked(asked, period(asked)), under: [] };
  }
  if (condition.kind === 'holds') return { text: words.rule.holds(award(condition.award)), under: [] };
  const under = condition.of.map((one) => ruleWords(scheme, one, lang));
  const [only] = under;
  // A group of one is that one.
  if (only !== undefined && under.length === 1) return only;
  const need = condition.kind === 'at_least' ? condition.atLeast : 1;
  return { text: words.rule[condition.kind](need, under.length), under };
}

/** What happens to an award when its holder's badges are revoked. */
export const onLossWords = (onLoss: OnLoss, lang: Lang): string => CATALOGUES[lang].rule.onLoss(onLoss);
