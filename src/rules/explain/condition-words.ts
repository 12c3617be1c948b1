import type { BadgeId, ClientId } from '../../ids.js';
import type { Gap, Shortfall } from '../evaluation.js';
import type { Window } from '../selector.js';
import type { BadgesCondition, Scheme, Selector } from '../types.js';

/** What a `badges` condition asks for, with names in place of ids. */
export interface Asked extends Window {
  readonly atLeast: number;
  readonly competency: string | null;
  readonly level: number | null;
  readonly ability: string | null;
  readonly from: readonly string[];
  readonly among: readonly string[];
  readonly issuers: number | null;
  readonly perIssuer: number | null;
  readonly abilities: number | null;
  readonly withinMonths: number | null;
}

/** A period of whole days; null: without end on that side. */
export interface Period {
  readonly from: string | null;
  readonly until: string | null;
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

export function askedOf(scheme: Scheme, condition: BadgesCondition): Asked {
  const { selector } = condition;
  const { competency = null } = selector;
  return {
    atLeast: condition.atLeast,
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

/** "a, b and c"; "a, so far, and b" where a comma alone would not part them. */
export function joined(phrases: readonly string[], last: string): string {
  const before = phrases.slice(0, -1);
  const end = phrases.at(-1) ?? '';
  if (before.length === 0) return end;
  return before.some((phrase) => phrase.includes(', '))
    ? phrases.join(`, ${last} `)
    : `${before.join(', ')} ${last} ${end}`;
}

/** French counts 0 as one. */
export const someFr = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count < 2 ? one : many}`;
export const someEn = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** The phrases that a condition is made of: each demand of a condition has one. */
const fr = {
  badges: (count: number): string => someFr(count, 'badge'),
  moreBadges: (count: number): string => someFr(count, 'badge'),
  competency: (name: string): string => `« ${name} »`,
  level: (level: number): string => `de niveau ${level}`,
  ability: (name: string): string => `pour la capacité « ${name} »`,
  among: (names: readonly string[]): string => `parmi ${listedFr(names)}`,
  issuers: (count: number): string => `d'au moins ${someFr(count, 'organisme')}`,
  perIssuer: (count: number): string => `à raison de ${count} au plus par organisme`,
  abilities: (count: number): string => `couvrant au moins ${someFr(count, 'capacité')}`,
  issued: (count: number, how: string): string => `${count < 2 ? 'délivré' : 'délivrés'} ${how}`,
  by: (partners: readonly string[]): string => `par ${joined(partners, 'ou')}`,
  period: ({ from, until }: Period): string => {
    if (from !== null && until !== null) return `du ${from} au ${until}`;
    if (from !== null) return `à partir du ${from}`;
    return until === null ? 'sans limite' : `jusqu'au ${until}`;
  },
  withinMonths: (count: number): string =>
    count === 1 ? 'dans le dernier mois' : `dans les ${count} derniers mois`,
  atTheLatest: (day: string): string => `au plus tard le ${day}`,
  perIssuerLimit: (count: number): string => ` (${count} au plus par organisme)`,
  /** Of `total` badges: from how many more partners. Empty where it goes without saying. */
  otherIssuers: ({ count, other }: Gap, total: number): string => {
    if (!other && count === 1) return '';
    if (!other)
      return count === total ? `de ${count} organismes différents` : `d'au moins ${count} organismes`;
    if (count === 1) return total === 1 ? "d'un autre organisme" : "dont 1 d'un autre organisme";
    return count === total
      ? `de ${count} autres organismes`
      : `dont ${count} provenant chacun d'un autre organisme`;
  },
  /** Of `total` badges: for how many more abilities. A badge need not have one, so even the first is named. */
  otherAbilities: ({ count, other }: Gap, total: number): string => {
    const part = count === total ? '' : `dont ${count} `;
    if (count === 1) return `${part}${other ? 'pour une autre capacité' : 'rattaché à une capacité'}`;
    if (!other)
      return part === '' ? `pour ${count} capacités différentes` : `couvrant au moins ${count} capacités`;
    return part === '' ? `pour ${count} autres capacités` : `${part}couvrant chacun une autre capacité`;
  },
};

const en: typeof fr = {
  badges: (count) => someEn(count, 'badge'),
  moreBadges: (count) => someEn(count, 'more badge'),
  competency: (name) => `of "${name}"`,
  level: (level) => `at level ${level}`,
  ability: (name) => `for the ability "${name}"`,
  among: (names) => `among ${listedEn(names)}`,
  issuers: (count) => `from at least ${someEn(count, 'organisation')}`,
  perIssuer: (count) => `at most ${count} of each organisation`,
  abilities: (count) => `covering at least ${someEn(count, 'ability', 'abilities')}`,
  issued: (_count, how) => `issued ${how}`,
  by: (partners) => `by ${joined(partners, 'or')}`,
  period: ({ from, until }) => {
    if (from !== null && until !== null) return `from ${from} to ${until}`;
    if (from !== null) return `from ${from} on`;
    return until === null ? 'without limit' : `until ${until}`;
  },
  withinMonths: (count) => `in the last ${count === 1 ? 'month' : `${count} months`}`,
  atTheLatest: (day) => `on ${day} at the latest`,
  perIssuerLimit: (count) => ` (at most ${count} of each organisation)`,
  otherIssuers: ({ count, other }, total) => {
    if (!other && count === 1) return '';
    if (!other)
      return count === total
        ? `from ${count} different organisations`
        : `from at least ${count} organisations`;
    const part = count === total ? '' : `${count} of them `;
    if (count === 1) return `${part}from another organisation`;
    return part === '' ? `from ${count} other organisations` : `${part}each from another organisation`;
  },
  otherAbilities: ({ count, other }, total) => {
    const part = count === total ? '' : `${count} of them `;
    if (count === 1) return `${part}for ${other ? 'another' : 'an'} ability`;
    if (!other)
      return part === '' ? `for ${count} different abilities` : `covering at least ${count} abilities`;
    return part === '' ? `for ${count} other abilities` : `${part}each for another ability`;
  },
};

/** `« A », « B » et « C »`. */
export const listedFr = (names: readonly string[]): string =>
  joined(
    names.map((name) => `« ${name} »`),
    'et',
  );

/** `"A", "B" and "C"`. */
export const listedEn = (names: readonly string[]): string =>
  joined(
    names.map((name) => `"${name}"`),
    'and',
  );

/** A `badges` condition in one language. */
export interface ConditionWords {
  readonly period: (period: Period) => string;
  /** All that it asks for. */
  readonly asked: (asked: Asked, dates: Period) => string;
  /** What is missing. `asked` null: the reader has just read it. `until`: the last day that counts. */
  readonly shortfall: (shortfall: Shortfall, asked: Asked | null, until: string | null) => string;
}

const given = <T>(value: T | null, phrase: (value: T) => string): readonly string[] =>
  value === null ? [] : [phrase(value)];
const filled = (names: readonly string[], phrase: (names: readonly string[]) => string): readonly string[] =>
  names.length === 0 ? [] : [phrase(names)];
const phraseOf = (start: string, parts: readonly string[]): string =>
  parts.length === 0 ? start : `${start} ${parts.join(', ')}`;

function conditionWords(say: typeof fr): ConditionWords {
  const which = ({ competency, level, ability, among }: Asked): readonly string[] => [
    ...filled([...given(competency, say.competency), ...given(level, say.level)], (sort) => sort.join(' ')),
    ...given(ability, say.ability),
    ...filled(among, say.among),
  ];
  const issued = (count: number, { from }: Asked, when: readonly string[]): readonly string[] =>
    filled([...filled(from, say.by), ...when], (how) => say.issued(count, how.join(', ')));
  return {
    period: say.period,
    asked: (asked, dates) =>
      phraseOf(say.badges(asked.atLeast), [
        ...which(asked),
        ...given(asked.issuers, say.issuers),
        ...given(asked.perIssuer, say.perIssuer),
        ...given(asked.abilities, say.abilities),
        ...issued(asked.atLeast, asked, [
          ...(dates.from === null && dates.until === null ? [] : [say.period(dates)]),
          ...given(asked.withinMonths, say.withinMonths),
        ]),
      ]),
    shortfall: ({ badges, issuers, abilities }, asked, until) => {
      const start = say.moreBadges(badges);
      const more = [
        ...given(issuers, (gap) => say.otherIssuers(gap, badges)),
        ...given(abilities, (gap) => say.otherAbilities(gap, badges)),
      ].filter((phrase) => phrase !== '');
      if (asked === null) return [start, ...more].join(', ');
      const parts = [...which(asked), ...more, ...issued(badges, asked, given(until, say.atTheLatest))];
      const limit = issuers?.count === badges ? [] : given(asked.perIssuer, say.perIssuerLimit);
      return `${phraseOf(start, parts)}${limit.join('')}`;
    },
  };
}

export const conditionWordsFr = conditionWords(fr);
export const conditionWordsEn = conditionWords(en);
