import { DateTime } from 'luxon';
import type { Assertion } from '../../earners/record.js';
import type { AwardId, BadgeId, ClientId } from '../../ids.js';
import {
  type BadgesCondition,
  CONDITION_KEYS,
  type ConditionField,
  type Selector,
} from '../badges-condition.js';
import { type BadgesResult, shortfall } from '../evaluation.js';
import type { Condition, OnLoss, Scheme, Window } from '../types.js';
import type { Period } from './condition-words.js';
import { en } from './en.js';
import type { Lang } from './explanation.js';
import { type Catalogue, fr, type NamedAssertion } from './fr.js';

export const CATALOGUES: Readonly<Record<Lang, Catalogue>> = { fr, en };

/** The badge's name, or its id where the scheme has none. */
export const badgeName = (scheme: Scheme, id: BadgeId): string => scheme.enrolments.get(id)?.name ?? id;

/** The partner's name, or the client's id where it takes no part. */
export const partnerName = (scheme: Scheme, id: ClientId): string => scheme.partnersById.get(id)?.name ?? id;

/** The first of that id, in the competency if one is given. */
export function abilityName({ competencies }: Scheme, id: string, competency: string | undefined): string {
  const among = competency === undefined ? [...competencies.values()] : [competencies.get(competency)];
  return among.flatMap((one) => one?.abilities.get(id) ?? [])[0] ?? id;
}

/** The phrase of what is given: a value that is there, or names of which there is one. */
const given = <T>(
  value: T | null | undefined,
  phrase: ((value: T) => string) | undefined,
): readonly string[] =>
  value === null || value === undefined || phrase === undefined ? [] : [phrase(value)];
const filled = (names: readonly string[], phrase: (names: readonly string[]) => string): readonly string[] =>
  names.length === 0 ? [] : [phrase(names)];
const phraseOf = (start: string, parts: readonly string[]): string =>
  parts.length === 0 ? start : `${start} ${parts.join(', ')}`;

/** The scheme's names, days and conditions, in one language. */
export class Formatter {
  constructor(
    readonly scheme: Scheme,
    readonly words: Catalogue,
  ) {}

  /** The day of an instant (Unix seconds) in the scheme's zone. */
  day(atS: number): string {
    const local = DateTime.fromSeconds(atS, { zone: this.scheme.timeZone, locale: this.words.locale });
    return this.words.day(local.toLocaleString(DateTime.DATE_FULL));
  }

  /** A window; its end is its last day. */
  period({ fromS, beforeS }: Window): Period {
    return {
      from: fromS === null ? null : this.day(fromS),
      until: beforeS === null ? null : this.day(beforeS - 1),
    };
  }

  named({ badgeId, clientId, issuedOnS }: Assertion): NamedAssertion {
    const badge = badgeName(this.scheme, badgeId);
    return { badge, partner: partnerName(this.scheme, clientId), issued: this.day(issuedOnS) };
  }

  awardName(id: AwardId): string {
    return this.scheme.awards.find((award) => award.id === id)?.name ?? id;
  }

  /** All that a `badges` condition asks for. */
  asked(condition: BadgesCondition): string {
    const { asked, askedDates, period } = this.words.condition;
    const { atLeast, selector, issuedFromS: fromS = null, issuedBeforeS: beforeS = null } = condition;
    const numbers = (
      phrases: Partial<Record<ConditionField, (count: number) => string>>,
    ): readonly string[] => CONDITION_KEYS.flatMap(({ field }) => given(condition[field], phrases[field]));
    const dates = fromS === null && beforeS === null ? [] : [period(this.period({ fromS, beforeS }))];
    return phraseOf(asked.atLeast(atLeast), [
      ...this.#which(selector),
      ...numbers(asked),
      ...this.#issued(atLeast, selector, [...dates, ...numbers(askedDates)]),
    ]);
  }

  /** What an unmet `badges` condition misses. @param brief the reader has just read what it asks for */
  missingBadges(result: BadgesResult, brief = false): string {
    const { condition: say } = this.words;
    const { badges, gaps } = shortfall(result);
    const start = say.demands.badges.missing({ count: badges, other: false }, badges);
    const more = gaps.flatMap((gap) => say.demands[gap.name].missing(gap, badges) || []);
    if (brief) return [start, ...more].join(', ');
    const { selector, issuedBeforeS, perIssuer } = result.condition;
    const until = issuedBeforeS === undefined ? null : this.day(issuedBeforeS - 1);
    const phrase = phraseOf(start, [
      ...this.#which(selector),
      ...more,
      ...this.#issued(badges, selector, given(until, say.atTheLatest)),
    ]);
    const eachOfAnother = gaps.some(({ name, count }) => name === 'issuers' && count === badges);
    return `${phrase}${eachOfAnother ? '' : given(perIssuer, say.perIssuerLimit).join('')}`;
  }

  #which({ competency, level, ability, badges = [] }: Selector): readonly string[] {
    const { scheme } = this;
    const { condition: say } = this.words;
    const name = competency && (scheme.competencies.get(competency)?.name ?? competency);
    const sort = [...given(name, say.competency), ...given(level, say.level)];
    return [
      ...filled(sort, (parts) => parts.join(' ')),
      ...given(ability && abilityName(scheme, ability, competency), say.ability),
      ...filled(
        badges.map((id) => badgeName(scheme, id)),
        say.among,
      ),
    ];
  }

  #issued(count: number, { issuers = [] }: Selector, when: readonly string[]): readonly string[] {
    const { condition: say } = this.words;
    const from = issuers.map((id) => partnerName(this.scheme, id));
    return filled([...filled(from, say.by), ...when], (how) => say.issued(count, how.join(', ')));
  }
}

/** A rule as it is read: a condition, and the conditions under it. */
export interface RuleLine {
  readonly text: string;
  readonly under: readonly RuleLine[];
}

/** Pure. A rule in words, for nobody in particular. @param scheme gives the names */
export function ruleWords(scheme: Scheme, condition: Condition, lang: Lang): RuleLine {
  const formatter = new Formatter(scheme, CATALOGUES[lang]);
  const { words } = formatter;
  if (condition.kind === 'badges') return { text: formatter.asked(condition), under: [] };
  if (condition.kind === 'holds')
    return { text: words.ruleHolds(formatter.awardName(condition.award)), under: [] };
  const under = condition.of.map((one) => ruleWords(scheme, one, lang));
  const [only] = under;
  // A group of one is that one.
  if (only !== undefined && under.length === 1) return only;
  const need = condition.kind === 'at_least' ? condition.atLeast : 1;
  return { text: `${words.group[condition.kind](need, under.length)}${words.colon.trimEnd()}`, under };
}

/** What happens to an award when its holder's badges are revoked. */
export const onLossWords = (onLoss: OnLoss, lang: Lang): string => CATALOGUES[lang].onLoss(onLoss);
