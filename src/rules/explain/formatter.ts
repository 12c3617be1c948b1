import { DateTime } from 'luxon';
import type { Assertion } from '../../earners/record.js';
import type { AwardId, BadgeId, ClientId } from '../../ids.js';
import {
  type BadgesCondition,
  CONDITION_KEYS,
  type ConditionField,
  type Selector,
} from '../badges-condition.js';
import { type BadgesResult, type HoldsResult, shortfall } from '../evaluation.js';
import type { Condition, OnLoss, Scheme } from '../types.js';
import type { Window } from '../window.js';
import type { Period } from './condition-words.js';
import { en } from './en.js';
import { type Explanation, type HoldsStatus, holdsStatus, type Lang } from './explanation.js';
import { type Catalogue, fr, type NamedAssertion } from './fr.js';

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

/** The badge's name, or its id where the scheme has none. */
export const badgeName = (scheme: Scheme, id: BadgeId): string => scheme.enrolments.get(id)?.name ?? id;

/** The partner's name, or the client's id where it takes no part. */
export const partnerName = (scheme: Scheme, id: ClientId): string => scheme.partnersById.get(id)?.name ?? id;

const given = <T>(
  value: T | null | undefined,
  phrase: ((value: T) => string) | undefined,
): readonly string[] =>
  value === null || value === undefined || phrase === undefined ? [] : [phrase(value)];
const filled = (names: readonly string[], phrase: (names: readonly string[]) => string): readonly string[] =>
  names.length === 0 ? [] : [phrase(names)];

/** All that a `badges` condition asks for. */
export function askedPhrase(formatter: Formatter, condition: BadgesCondition): string {
  const { asked, askedDates, period } = formatter.words.condition;
  const { atLeast, selector, issuedFromS: fromS = null, issuedBeforeS: beforeS = null } = condition;
  const numbers = (phrases: Partial<Record<ConditionField, (count: number) => string>>): readonly string[] =>
    CONDITION_KEYS.flatMap(({ field }) => given(condition[field], phrases[field]));
  const dates = fromS === null && beforeS === null ? [] : [period(formatter.period({ fromS, beforeS }))];
  return phraseOf(asked.atLeast(atLeast), [
    ...whichBadges(formatter, selector),
    ...numbers(asked),
    ...issuedHow(formatter, atLeast, selector, [...dates, ...numbers(askedDates)]),
  ]);
}

const phraseOf = (start: string, parts: readonly string[]): string =>
  parts.length === 0 ? start : `${start} ${parts.join(', ')}`;

/** What an unmet `badges` condition misses. @param brief the reader has just read what it asks for */
export function missingBadges(formatter: Formatter, result: BadgesResult, brief = false): string {
  const { condition: say } = formatter.words;
  const { badges, gaps } = shortfall(result);
  const start = say.demands.badges.missing({ count: badges, other: false }, badges);
  const more = gaps
    .map((gap) => say.demands[gap.name].missing(gap, badges))
    .filter((phrase) => phrase !== '');
  if (brief) return [start, ...more].join(', ');
  const { selector, issuedBeforeS, perIssuer } = result.condition;
  const until = issuedBeforeS === undefined ? null : formatter.day(issuedBeforeS - 1);
  const phrase = phraseOf(start, [
    ...whichBadges(formatter, selector),
    ...more,
    ...issuedHow(formatter, badges, selector, given(until, say.atTheLatest)),
  ]);
  const eachOfAnother = gaps.some(({ name, count }) => name === 'issuers' && count === badges);
  return `${phrase}${eachOfAnother ? '' : given(perIssuer, say.perIssuerLimit).join('')}`;
}

function whichBadges(
  { scheme, words: { condition: say } }: Formatter,
  selector: Selector,
): readonly string[] {
  const { competency, level, ability, badges = [] } = selector;
  const name = competency && (scheme.competencies.get(competency)?.name ?? competency);
  const sort = [...given(name, say.competency), ...given(level, say.level)];
  const among = badges.map((id) => badgeName(scheme, id));
  return [
    ...filled(sort, (parts) => parts.join(' ')),
    ...given(ability && abilityName(scheme, ability, competency), say.ability),
    ...filled(among, say.among),
  ];
}

/** The first of that id, in the competency if one is given. */
export function abilityName({ competencies }: Scheme, id: string, competency: string | undefined): string {
  const among = competency === undefined ? [...competencies.values()] : [competencies.get(competency)];
  return among.flatMap((one) => one?.abilities.get(id) ?? [])[0] ?? id;
}

function issuedHow(
  { scheme, words: { condition: say } }: Formatter,
  count: number,
  { issuers = [] }: Selector,
  when: readonly string[],
): readonly string[] {
  const from = issuers.map((id) => partnerName(scheme, id));
  return filled([...filled(from, say.by), ...when], (how) => say.issued(count, how.join(', ')));
}

/** A rule as it is read: a condition, and the conditions under it. */
export interface RuleLine {
  readonly text: string;
  readonly under: readonly RuleLine[];
}

/** Pure. A rule in words, for nobody in particular. @param scheme gives the names */
export function ruleWords(scheme: Scheme, condition: Condition, lang: Lang): RuleLine {
  const formatter = createFormatter(scheme, CATALOGUES[lang]);
  const { words } = formatter;
  if (condition.kind === 'badges') return { text: askedPhrase(formatter, condition), under: [] };
  if (condition.kind === 'holds')
    return { text: words.rule.holds(formatter.award(condition.award)), under: [] };
  const under = condition.of.map((one) => ruleWords(scheme, one, lang));
  const [only] = under;
  // A group of one is that one.
  if (only !== undefined && under.length === 1) return only;
  const need = condition.kind === 'at_least' ? condition.atLeast : 1;
  return { text: words.rule[condition.kind](need, under.length), under };
}

/** What happens to an award when its holder's badges are revoked. */
export const onLossWords = (onLoss: OnLoss, lang: Lang): string => CATALOGUES[lang].rule.onLoss(onLoss);
