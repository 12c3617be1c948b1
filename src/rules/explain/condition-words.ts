import type { ConditionField, DemandName } from '../badges-condition.js';
import type { Gap, Tally } from '../evaluation.js';

/** A period of whole days; null: without end on that side. */
export interface Period {
  readonly from: string | null;
  readonly until: string | null;
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

const quotedFr = (name: string): string => `« ${name} »`;
const quotedEn = (name: string): string => `"${name}"`;
/** `« A », « B » et « C »`. */
export const listedFr = (names: readonly string[]): string => joined(names.map(quotedFr), 'et');
/** `"A", "B" and "C"`. */
export const listedEn = (names: readonly string[]): string => joined(names.map(quotedEn), 'and');

/** How far a demand is met, and what it misses. */
interface DemandWords {
  readonly tally: (tally: Tally) => string;
  /** Of `total` badges that must come, what this demand asks of them; empty where it goes without saying. */
  readonly missing: (gap: Pick<Gap, 'count' | 'other'>, total: number) => string;
}

type Phrase = (count: number) => string;
/** Said after "issued"; the days of both bounds are one period. */
type DateField = 'issuedFromS' | 'issuedBeforeS' | 'withinMonths';

/** The phrases that a `badges` condition is made of, in one language. */
export interface ConditionWords {
  /** What each number asks for; that of the badges begins the sentence. */
  readonly asked: Readonly<Record<Exclude<ConditionField, DateField> | 'atLeast', Phrase>>;
  readonly askedDates: Readonly<Record<Exclude<DateField, 'issuedFromS' | 'issuedBeforeS'>, Phrase>>;
  readonly demands: Readonly<Record<DemandName, DemandWords>>;
  readonly competency: (name: string) => string;
  readonly level: Phrase;
  readonly ability: (name: string) => string;
  readonly among: (names: readonly string[]) => string;
  readonly issued: (count: number, how: string) => string;
  readonly by: (partners: readonly string[]) => string;
  readonly period: (period: Period) => string;
  readonly atTheLatest: (day: string) => string;
  readonly perIssuerLimit: Phrase;
}

export const conditionFr: ConditionWords = {
  asked: {
    atLeast: (count) => someFr(count, 'badge'),
    issuers: (count) => `d'au moins ${someFr(count, 'organisme')}`,
    perIssuer: (count) => `à raison de ${count} au plus par organisme`,
    abilities: (count) => `couvrant au moins ${someFr(count, 'capacité')}`,
  },
  askedDates: {
    withinMonths: (count) => (count === 1 ? 'dans le dernier mois' : `dans les ${count} derniers mois`),
  },
  demands: {
    badges: {
      tally: ({ have, need }) => `${someFr(have, 'badge')} sur ${need}`,
      missing: ({ count }) => someFr(count, 'badge'),
    },
    issuers: {
      tally: ({ have, need }) => `${someFr(have, 'organisme')} sur ${need}`,
      missing: ({ count, other }, total) => {
        if (!other && count === 1) return '';
        if (!other)
          return count === total ? `de ${count} organismes différents` : `d'au moins ${count} organismes`;
        if (count === 1) return total === 1 ? "d'un autre organisme" : "dont 1 d'un autre organisme";
        return count === total
          ? `de ${count} autres organismes`
          : `dont ${count} provenant chacun d'un autre organisme`;
      },
    },
    abilities: {
      tally: ({ have, need }) => `${someFr(have, 'capacité')} sur ${need}`,
      // A badge need not have an ability, so even the first is named.
      missing: ({ count, other }, total) => {
        const part = count === total ? '' : `dont ${count} `;
        if (count === 1) return `${part}${other ? 'pour une autre capacité' : 'rattaché à une capacité'}`;
        if (!other)
          return part === '' ? `pour ${count} capacités différentes` : `couvrant au moins ${count} capacités`;
        return part === '' ? `pour ${count} autres capacités` : `${part}couvrant chacun une autre capacité`;
      },
    },
  },
  competency: quotedFr,
  level: (level) => `de niveau ${level}`,
  ability: (name) => `pour la capacité « ${name} »`,
  among: (names) => `parmi ${listedFr(names)}`,
  issued: (count, how) => `${count < 2 ? 'délivré' : 'délivrés'} ${how}`,
  by: (partners) => `par ${joined(partners, 'ou')}`,
  period: ({ from, until }) => {
    if (from !== null && until !== null) return `du ${from} au ${until}`;
    if (from !== null) return `à partir du ${from}`;
    return until === null ? 'sans limite' : `jusqu'au ${until}`;
  },
  atTheLatest: (day) => `au plus tard le ${day}`,
  perIssuerLimit: (count) => ` (${count} au plus par organisme)`,
};

export const conditionEn: ConditionWords = {
  asked: {
    atLeast: (count) => someEn(count, 'badge'),
    issuers: (count) => `from at least ${someEn(count, 'organisation')}`,
    perIssuer: (count) => `at most ${count} of each organisation`,
    abilities: (count) => `covering at least ${someEn(count, 'ability', 'abilities')}`,
  },
  askedDates: {
    withinMonths: (count) => `in the last ${count === 1 ? 'month' : `${count} months`}`,
  },
  demands: {
    badges: {
      tally: ({ have, need }) => `${have} of ${someEn(need, 'badge')}`,
      missing: ({ count }) => someEn(count, 'more badge'),
    },
    issuers: {
      tally: ({ have, need }) => `${have} of ${someEn(need, 'organisation')}`,
      missing: ({ count, other }, total) => {
        if (!other && count === 1) return '';
        if (!other)
          return count === total
            ? `from ${count} different organisations`
            : `from at least ${count} organisations`;
        const part = count === total ? '' : `${count} of them `;
        if (count === 1) return `${part}from another organisation`;
        return part === '' ? `from ${count} other organisations` : `${part}each from another organisation`;
      },
    },
    abilities: {
      tally: ({ have, need }) => `${have} of ${someEn(need, 'ability', 'abilities')}`,
      missing: ({ count, other }, total) => {
        const part = count === total ? '' : `${count} of them `;
        if (count === 1) return `${part}for ${other ? 'another' : 'an'} ability`;
        if (!other)
          return part === '' ? `for ${count} different abilities` : `covering at least ${count} abilities`;
        return part === '' ? `for ${count} other abilities` : `${part}each for another ability`;
      },
    },
  },
  competency: (name) => `of "${name}"`,
  level: (level) => `at level ${level}`,
  ability: (name) => `for the ability "${name}"`,
  among: (names) => `among ${listedEn(names)}`,
  issued: (_count, how) => `issued ${how}`,
  by: (partners) => `by ${joined(partners, 'or')}`,
  period: ({ from, until }) => {
    if (from !== null && until !== null) return `from ${from} to ${until}`;
    if (from !== null) return `from ${from} on`;
    return until === null ? 'without limit' : `until ${until}`;
  },
  atTheLatest: (day) => `on ${day} at the latest`,
  perIssuerLimit: (count) => ` (at most ${count} of each organisation)`,
};

/** Which badges an earner's sentence speaks of: « Communiquer » ; « Communiquer » de niveau 2 (Transmettre). */
interface EarnerSort {
  readonly competency: string;
  readonly sort: string;
}

/** What the earner reads of a demand that is not met. */
export const EARNER_DEMANDS: Readonly<Record<DemandName, (tally: Tally, of: EarnerSort) => string>> = {
  badges: ({ have, need }, { sort }) => `Il vous manque ${someFr(need - have, 'badge')}${sort}.`,
  issuers: ({ have, need }, { competency }) =>
    `Vos badges${competency} doivent venir de ${need} organismes différents. Pour l'instant : ${have}.`,
  abilities: ({ have, need }, { competency }) =>
    `Vos badges${competency} doivent montrer ${need} capacités différentes. Pour l'instant : ${have}.`,
};
/** What the earner reads of a condition's other numbers, while it is not met. */
export const EARNER_NUMBERS = {
  within_months: (count: number): string => `Seuls comptent les badges reçus depuis moins de ${count} mois.`,
};
