import { DateTime } from 'luxon';
import type { Assertion } from '../../earners/record.js';
import type { AwardId, BadgeId, ClientId } from '../../ids.js';
import {
  ASKED_BESIDE,
  type BadgesCondition,
  DEMANDS,
  FILTERS,
  type Selector,
  type Window,
  windowOf,
} from '../badges-condition.js';
import { type BadgesResult, shortfall } from '../evaluation.js';
import { type Lang, type Localized, quoted, say, together, withOrdinalFirst } from '../../localized.js';
import type { Condition, OnLoss, Scheme } from '../types.js';
import { CONDITION_WORDS as SAY, ON_LOSS, type Period, EXPLAIN_WORDS } from './words.js';

/** Returns the badge's name; its id when the scheme has none. */
export const badgeName = (scheme: Scheme, id: BadgeId): string => scheme.enrolments.get(id)?.name ?? id;

/** Returns the partner's name; the client's id when it is no partner. */
export const partnerName = (scheme: Scheme, id: ClientId): string => scheme.partnersById.get(id)?.name ?? id;

/** Returns the words of an ability. Without a competency, the first ability with that id. */
export function abilityName({ competencies }: Scheme, id: string, competency: string | undefined): string {
  const searched = competency === undefined ? [...competencies.values()] : [competencies.get(competency)];
  return searched.flatMap((one) => one?.abilities.get(id) ?? [])[0] ?? id;
}

/** `given` formats a value that exists, `filled` a list that is not empty. Otherwise they return no phrase. */
const given = <T>(
  value: T | null | undefined,
  phrase: ((value: T) => Localized) | null,
): readonly Localized[] => (value === null || value === undefined || phrase === null ? [] : [phrase(value)]);
const filled = <T>(items: readonly T[], phrase: (items: readonly T[]) => Localized): readonly Localized[] =>
  items.length === 0 ? [] : [phrase(items)];
const phraseOf = (start: Localized, parts: readonly Localized[]): Localized =>
  together([start, ...filled(parts, (all) => together(all, ', '))], ' ');

/** Formats the scheme's names, days and conditions. */
export class Formatter {
  constructor(readonly scheme: Scheme) {}

  /** Formats the day of an instant (Unix seconds) in the scheme's zone. */
  day(atS: number): Localized {
    const inEnglish = DateTime.fromSeconds(atS, { zone: this.scheme.timeZone, locale: 'en-GB' });
    const french = inEnglish.setLocale('fr').toLocaleString(DateTime.DATE_FULL);
    return { fr: withOrdinalFirst(french), en: inEnglish.toLocaleString(DateTime.DATE_FULL) };
  }

  /** Formats a window by its first and last days. */
  period({ fromS, beforeS }: Window): Period {
    return {
      from: fromS === null ? null : this.day(fromS),
      until: beforeS === null ? null : this.day(beforeS - 1),
    };
  }

  /** Formats an assertion: its badge, its partner and its day. */
  assertion({ badgeId, clientId, issuedOnS }: Assertion): Localized {
    const [badge, partner] = [badgeName(this.scheme, badgeId), partnerName(this.scheme, clientId)];
    return together([quoted(badge), { fr: partner, en: partner }, this.day(issuedOnS)], ', ');
  }

  awardName(id: AwardId): string {
    return this.scheme.awards.find((award) => award.id === id)?.name ?? id;
  }

  /** Formats everything that a `badges` condition requires. */
  condition(condition: BadgesCondition): Localized {
    const { atLeast, selector } = condition;
    const { fromS, beforeS } = windowOf(condition);
    const dates = fromS === null && beforeS === null ? [] : [SAY.period(this.period({ fromS, beforeS }))];
    const months = FILTERS.flatMap(({ field, asked }) => given(condition[field], asked));
    return phraseOf(DEMANDS.badges.asked(atLeast), [
      ...this.#which(selector),
      ...ASKED_BESIDE.flatMap(({ field, asked }) => given(condition[field], asked)),
      ...this.#issued(atLeast, selector, [...dates, ...months]),
    ]);
  }

  /** Formats what an unmet `badges` condition misses. @param brief the reader has just read the condition */
  missingBadges(result: BadgesResult, brief = false): Localized {
    const { badges, gaps } = shortfall(result);
    const start = DEMANDS.badges.missing({ count: badges, other: false });
    const otherGaps = gaps.flatMap((gap) => DEMANDS[gap.name].missing(gap, badges) ?? []);
    if (brief) return together([start, ...otherGaps], ', ');
    const { condition } = result;
    const { selector, perIssuer } = condition;
    // Missing badges are issued from now on: only the end of the window matters.
    const { until } = this.period({ ...windowOf(condition), fromS: null });
    const ends = FILTERS.filter(({ bound }) => bound === 'beforeS');
    const phrase = phraseOf(start, [
      ...this.#which(selector),
      ...otherGaps,
      ...this.#issued(badges, selector, [
        ...given(until, SAY.atTheLatest),
        ...ends.flatMap(({ field, asked }) => given(condition[field], asked)),
      ]),
    ]);
    const isEachOfAnother = gaps.some(({ name, count }) => name === 'issuers' && count === badges);
    return together([phrase, ...(isEachOfAnother ? [] : given(perIssuer, SAY.perIssuerLimit))], '');
  }

  #which({ competency, level, ability, badges = [] }: Selector): readonly Localized[] {
    const { scheme } = this;
    const competencyName = competency && (scheme.competencies.get(competency)?.name ?? competency);
    const place = [...given(competencyName, SAY.competency), ...given(level, SAY.level)];
    return [
      ...filled(place, (parts) => together(parts, ' ')),
      ...given(ability && abilityName(scheme, ability, competency), SAY.ability),
      ...filled(
        badges.map((id) => badgeName(scheme, id)),
        SAY.among,
      ),
    ];
  }

  #issued(count: number, { issuers = [] }: Selector, when: readonly Localized[]): readonly Localized[] {
    const from = issuers.map((id) => partnerName(this.scheme, id));
    return filled([...filled(from, SAY.by), ...when], (how) => SAY.issued(count, together(how, ', ')));
  }
}

/** A line of text, and the lines below it. */
export interface Tree<Text = Localized> {
  readonly text: Text;
  readonly under: readonly Tree<Text>[];
}

export const leaf = (text: Localized): Tree => ({ text, under: [] });

export const inLang = ({ text, under }: Tree, lang: Lang): Tree<string> => ({
  text: text[lang],
  under: under.map((one) => inLang(one, lang)),
});

/** Pure. Formats a rule, for no person in particular. @param scheme gives the names */
export const ruleWords = (scheme: Scheme, condition: Condition, lang: Lang): Tree<string> =>
  inLang(ruleTree(new Formatter(scheme), condition), lang);

function ruleTree(formatter: Formatter, condition: Condition): Tree {
  if (condition.kind === 'badges') return leaf(formatter.condition(condition));
  if (condition.kind === 'holds') return leaf(EXPLAIN_WORDS.ruleHolds(formatter.awardName(condition.award)));
  const under = condition.of.map((one) => ruleTree(formatter, one));
  const [only] = under;
  // A group of one condition reads as that condition.
  if (only !== undefined && under.length === 1) return only;
  const need = condition.kind === 'at_least' ? condition.atLeast : 1;
  const heading = EXPLAIN_WORDS.group[condition.kind](need, under.length);
  const text = say`${heading} :
    ${heading}:`;
  return { text, under };
}

/** What happens to an award when its holder's badges are revoked. */
export const onLossWords = (onLoss: OnLoss, lang: Lang): string => ON_LOSS[onLoss][lang];
