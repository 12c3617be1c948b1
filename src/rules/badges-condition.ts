import type { BadgeId, ClientId } from '../ids.js';
import { type Localized, plural, say } from '../localized.js';

/** A competency's name in scheme.yaml, e.g. `communiquer`. */
export type CompetencyId = string;

/** Which badges a condition looks at: all that is given must match. */
export interface Selector {
  readonly competency?: CompetencyId | undefined;
  /** Exactly this one; without it, every level counts. */
  readonly level?: number | undefined;
  readonly ability?: string | undefined;
  readonly issuers?: readonly ClientId[] | undefined;
  readonly badges?: readonly BadgeId[] | undefined;
}

/** What a condition looks at in an enrolled badge. */
export interface BadgeSort {
  readonly badgeId: BadgeId;
  readonly clientId: ClientId;
  readonly competency: CompetencyId;
  readonly level: number;
  readonly ability: string | null;
}

/** Whether a selector picks an enrolled badge: all that is given must match. */
export const picks = (selector: Selector, badge: BadgeSort): boolean =>
  (selector.competency === undefined || selector.competency === badge.competency) &&
  (selector.level === undefined || selector.level === badge.level) &&
  (selector.ability === undefined || selector.ability === badge.ability) &&
  (selector.issuers === undefined || selector.issuers.includes(badge.clientId)) &&
  (selector.badges === undefined || selector.badges.includes(badge.badgeId));

/** An ability belongs to its competency: the same short id in another one is another ability. */
export const abilityOf = ({ competency, ability }: BadgeSort): string | null =>
  ability === null ? null : `${competency}/${ability}`;

/** From an instant (inclusive) to another (exclusive), Unix seconds; null: without end on that side. */
export interface Window {
  readonly fromS: number | null;
  readonly beforeS: number | null;
}

export interface Tally {
  readonly have: number;
  readonly need: number;
}

/** What is missing of one demand; `other`: than what is counted already. */
export interface Gap {
  readonly count: number;
  readonly other: boolean;
}

/** Which badges an earner's sentence speaks of: « Communiquer » ; « Communiquer » de niveau 2 (Transmettre). */
interface EarnerSort {
  readonly competency: string;
  readonly sort: string;
}

type Phrase = (count: number) => Localized;

const badges = (count: number): Localized => plural(count, 'badge|badges', 'badge|badges');
const organisations = (count: number): Localized =>
  plural(count, 'organisme|organismes', 'organisation|organisations');
const abilities = (count: number): Localized => plural(count, 'capacité|capacités', 'ability|abilities');

/** A key of a `badges` condition in scheme.yaml, with a number. */
interface Key {
  readonly key: string;
  /** What the condition names its number. */
  readonly field: string;
  /** What it asks for, in words. */
  readonly asked: Phrase | null;
}

/** A number to be reached. */
interface DemandRule extends Key {
  readonly asked: Phrase;
  /** Of the badges counted, as many as can be. A further badge never lowers it, and raises it by one at most. */
  readonly have: (counted: readonly BadgeSort[]) => number;
  /** `3 badges`. */
  readonly count: Phrase;
  /** Said after the most that can be had. */
  readonly thing: Localized;
  /** Of `total` badges that must come, what this demand asks of them; null where it goes without saying. */
  readonly missing: (gap: Gap, total: number) => Localized | null;
  /** What the earner reads while it is not met. */
  readonly earner: (tally: Tally, of: EarnerSort) => string;
}

/** The numbers that a condition can ask for, in the order in which they are told. */
export const DEMAND_NAMES = ['badges', 'issuers', 'abilities'] as const;
export type DemandName = (typeof DEMAND_NAMES)[number];

export const DEMANDS = {
  badges: {
    key: 'at_least',
    field: 'atLeast',
    have: (counted) => counted.length,
    asked: badges,
    count: badges,
    thing: { fr: 'badge(s) distinct(s)', en: 'distinct badge(s)' },
    missing: ({ count }) => plural(count, 'badge|badges', 'more badge|more badges'),
    earner: ({ have, need }, { sort }) => `Il vous manque ${badges(need - have).fr}${sort}.`,
  },
  /** From at least so many partners. */
  issuers: {
    key: 'issuers',
    field: 'issuers',
    have: (counted) => new Set(counted.map(({ clientId }) => clientId)).size,
    asked: (count) => say`d'au moins ${organisations(count)}
      from at least ${organisations(count)}`,
    count: organisations,
    thing: { fr: 'partenaire(s)', en: 'partner(s)' },
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
    earner: ({ have, need }, { competency }) =>
      `Vos badges${competency} doivent venir de ${need} organismes différents. Pour l'instant : ${have}.`,
  },
  /** Covering at least so many distinct abilities. */
  abilities: {
    key: 'abilities',
    field: 'abilities',
    have: (counted) => new Set(counted.flatMap((badge) => abilityOf(badge) ?? [])).size,
    asked: (count) => say`couvrant au moins ${abilities(count)}
      covering at least ${abilities(count)}`,
    count: abilities,
    thing: { fr: 'capacité(s) distincte(s)', en: 'distinct abilities' },
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
    earner: ({ have, need }, { competency }) =>
      `Vos badges${competency} doivent montrer ${need} capacités différentes. Pour l'instant : ${have}.`,
  },
} as const satisfies Readonly<Record<DemandName, DemandRule>>;

/** At most so many counted from one partner. */
const PER_ISSUER = {
  key: 'per_issuer',
  field: 'perIssuer',
  json: 'per_issuer',
  asked: (count) => say`à raison de ${count} au plus par organisme
    at most ${count} of each organisation`,
} as const satisfies Key & { json: string };

/** Bounds when a badge must have been issued. */
interface Filter extends Key {
  readonly json: string;
  /** A day bounds by its instant, Unix seconds; months by the start of the day so many months ago, in the scheme's zone. */
  readonly unit: 'day' | 'months';
  readonly bound: keyof Window;
  /** Said after "issued"; null: the days of both bounds are told as one period. */
  readonly asked: Phrase | null;
  /** What the earner reads while the condition is not met; null: nothing. */
  readonly earner: ((count: number) => string) | null;
}

/** Which badges count by their date. What time alone lets count is found by the count of the night. */
export const FILTERS = [
  /** From the start of that day on. */
  {
    key: 'issued_from',
    field: 'issuedFromS',
    json: 'issued_from_s',
    unit: 'day',
    bound: 'fromS',
    asked: null,
    earner: null,
  },
  /** Before the end of that day. */
  {
    key: 'issued_until',
    field: 'issuedBeforeS',
    json: 'issued_before_s',
    unit: 'day',
    bound: 'beforeS',
    asked: null,
    earner: null,
  },
  {
    key: 'within_months',
    field: 'withinMonths',
    json: 'within_months',
    unit: 'months',
    bound: 'fromS',
    asked: (count) =>
      count === 1
        ? { fr: 'dans le dernier mois', en: 'in the last month' }
        : { fr: `dans les ${count} derniers mois`, en: `in the last ${count} months` },
    earner: (count) => `Seuls comptent les badges reçus depuis moins de ${count} mois.`,
  },
] as const satisfies readonly Filter[];

/** The numbers beside `at_least: N, of: selector`, in the order in which they are told. */
export const ASKED_BESIDE = [DEMANDS.issuers, PER_ISSUER, DEMANDS.abilities] as const;
export const CONDITION_KEYS = [...ASKED_BESIDE, ...FILTERS] as const;
/** Those that JSON has as plain numbers; a tally tells the others. */
export const JSON_NUMBERS = [PER_ISSUER, ...FILTERS] as const;

export type ConditionKey = (typeof CONDITION_KEYS)[number]['key'];
export type ConditionField = (typeof CONDITION_KEYS)[number]['field'];

/** N distinct badges that the selector picks, under optional further demands. */
export interface BadgesCondition extends Readonly<Partial<Record<ConditionField, number | undefined>>> {
  readonly kind: 'badges';
  readonly atLeast: number;
  readonly selector: Selector;
}

/**
 * When a badge must have been issued.
 * @param monthsAgoS the start of the day so many months ago, Unix seconds; without it, only days that are written count
 */
export function windowOf(condition: BadgesCondition, monthsAgoS?: (months: number) => number): Window {
  let [fromS, beforeS] = [-Infinity, Infinity];
  for (const { field, unit, bound } of FILTERS) {
    const value = condition[field];
    const atS = value === undefined || unit === 'day' ? value : monthsAgoS?.(value);
    if (atS === undefined) continue;
    if (bound === 'fromS') fromS = Math.max(fromS, atS);
    else beforeS = Math.min(beforeS, atS);
  }
  return { fromS: fromS === -Infinity ? null : fromS, beforeS: beforeS === Infinity ? null : beforeS };
}
