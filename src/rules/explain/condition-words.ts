import type { ConditionField, DemandName, NumberName } from '../badges-condition.js';
import type { Demand, Gap, Tally } from '../evaluation.js';
import { and, type Localized, or, plural, quoted, say, together } from '../../localized.js';

/** A period of whole days; null: without end on that side. */
export interface Period {
  readonly from: Localized | null;
  readonly until: Localized | null;
}

/** `« A », « B » et « C »`, `"A", "B" and "C"`. */
export const quotedList = (names: readonly string[]): Localized => and(names.map(quoted));

const badges = (count: number): Localized => plural(count, 'badge|badges', 'badge|badges');
const organisations = (count: number): Localized =>
  plural(count, 'organisme|organismes', 'organisation|organisations');
const abilities = (count: number): Localized => plural(count, 'capacité|capacités', 'ability|abilities');

type Phrase = (count: number) => Localized;
/** Said after "issued"; the days of both bounds are one period. */
type DateField = 'issuedFromS' | 'issuedBeforeS' | 'withinMonths';

/** What each number of a `badges` condition asks for; that of the badges begins the sentence. */
export const ASKED = {
  atLeast: badges,
  issuers: (count) => say`d'au moins ${organisations(count)}
    from at least ${organisations(count)}`,
  perIssuer: (count) => say`à raison de ${count} au plus par organisme
    at most ${count} of each organisation`,
  abilities: (count) => say`couvrant au moins ${abilities(count)}
    covering at least ${abilities(count)}`,
} satisfies Readonly<Record<Exclude<ConditionField, DateField> | 'atLeast', Phrase>>;

export const ASKED_DATES = {
  withinMonths: (count) =>
    count === 1
      ? { fr: 'dans le dernier mois', en: 'in the last month' }
      : { fr: `dans les ${count} derniers mois`, en: `in the last ${count} months` },
} satisfies Readonly<Record<Exclude<DateField, 'issuedFromS' | 'issuedBeforeS'>, Phrase>>;

interface DemandWords {
  /** `3 badges`. */
  readonly count: Phrase;
  /** Of `total` badges that must come, what this demand asks of them; null where it goes without saying. */
  readonly missing: (gap: Pick<Gap, 'count' | 'other'>, total: number) => Localized | null;
}

export const DEMAND_WORDS = {
  badges: {
    count: badges,
    missing: ({ count }) => plural(count, 'badge|badges', 'more badge|more badges'),
  },
  issuers: {
    count: organisations,
    missing: ({ count, other }, total) => {
      const isEach = count === total;
      if (!other && count === 1) return null;
      if (!other && isEach)
        return { fr: `de ${count} organismes différents`, en: `from ${count} different organisations` };
      if (!other) return { fr: `d'au moins ${count} organismes`, en: `from at least ${count} organisations` };
      if (count === 1 && isEach) return { fr: "d'un autre organisme", en: 'from another organisation' };
      if (count === 1)
        return { fr: "dont 1 d'un autre organisme", en: '1 of them from another organisation' };
      if (isEach) return { fr: `de ${count} autres organismes`, en: `from ${count} other organisations` };
      return say`dont ${count} provenant chacun d'un autre organisme
        ${count} of them each from another organisation`;
    },
  },
  abilities: {
    count: abilities,
    // A badge need not have an ability, so even the first is named.
    missing: ({ count, other }, total) => {
      const isEach = count === total;
      const part = isEach ? '' : { fr: `dont ${count} `, en: `${count} of them ` };
      if (count === 1 && other)
        return say`${part}pour une autre capacité
          ${part}for another ability`;
      if (count === 1)
        return say`${part}rattaché à une capacité
          ${part}for an ability`;
      if (!other && isEach)
        return { fr: `pour ${count} capacités différentes`, en: `for ${count} different abilities` };
      if (!other)
        return { fr: `couvrant au moins ${count} capacités`, en: `covering at least ${count} abilities` };
      if (isEach) return { fr: `pour ${count} autres capacités`, en: `for ${count} other abilities` };
      return say`${part}couvrant chacun une autre capacité
        ${part}each for another ability`;
    },
  },
} satisfies Readonly<Record<DemandName, DemandWords>>;

/** How far each demand is met. */
export const talliesPhrase = (demands: readonly Demand[]): Localized =>
  together(
    demands.map(({ name, have, need }) => {
      const { count } = DEMAND_WORDS[name];
      return say`${count(have)} sur ${need}
        ${have} of ${count(need)}`;
    }),
    ', ',
  );

/** The other phrases that a `badges` condition is made of. */
export const CONDITION_WORDS = {
  competency: (name: string): Localized => ({ fr: `« ${name} »`, en: `of "${name}"` }),
  level: (level: number): Localized => ({ fr: `de niveau ${level}`, en: `at level ${level}` }),
  ability: (name: string): Localized => say`pour la capacité ${quoted(name)}
    for the ability ${quoted(name)}`,
  among: (names: readonly string[]): Localized => say`parmi ${quotedList(names)}
    among ${quotedList(names)}`,
  issued: (count: number, how: Localized): Localized => say`${count < 2 ? 'délivré' : 'délivrés'} ${how}
    issued ${how}`,
  by: (partners: readonly string[]): Localized => {
    const names = or(partners.map((name) => ({ fr: name, en: name })));
    return { fr: `par ${names.fr}`, en: `by ${names.en}` };
  },
  period: ({ from, until }: Period): Localized => {
    if (from !== null && until !== null)
      return say`du ${from} au ${until}
        from ${from} to ${until}`;
    if (from !== null)
      return say`à partir du ${from}
        from ${from} on`;
    if (until === null) return { fr: 'sans limite', en: 'without limit' };
    return { fr: `jusqu'au ${until.fr}`, en: `until ${until.en}` };
  },
  atTheLatest: (day: Localized): Localized => say`au plus tard le ${day}
    on ${day} at the latest`,
  perIssuerLimit: (count: number): Localized => ({
    fr: ` (${count} au plus par organisme)`,
    en: ` (at most ${count} of each organisation)`,
  }),
};

/** Which badges an earner's sentence speaks of: « Communiquer » ; « Communiquer » de niveau 2 (Transmettre). */
interface EarnerSort {
  readonly competency: string;
  readonly sort: string;
}

/** What the earner reads of a demand that is not met. */
export const EARNER_DEMANDS: Readonly<Record<DemandName, (tally: Tally, of: EarnerSort) => string>> = {
  badges: ({ have, need }, { sort }) => `Il vous manque ${badges(need - have).fr}${sort}.`,
  issuers: ({ have, need }, { competency }) =>
    `Vos badges${competency} doivent venir de ${need} organismes différents. Pour l'instant : ${have}.`,
  abilities: ({ have, need }, { competency }) =>
    `Vos badges${competency} doivent montrer ${need} capacités différentes. Pour l'instant : ${have}.`,
};
/** What the earner reads of a condition's other numbers, while it is not met; null: nothing. */
export const EARNER_NUMBERS: Readonly<Record<NumberName, ((count: number) => string) | null>> = {
  per_issuer: null,
  issued_from_s: null,
  issued_before_s: null,
  within_months: (count) => `Seuls comptent les badges reçus depuis moins de ${count} mois.`,
};
