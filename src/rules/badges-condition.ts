import type { BadgeId, ClientId } from '../ids.js';
import { type Localized, plural, say } from '../localized.js';

/** A competency's name in scheme.yaml, e.g. `communiquer`. */
export type CompetencyId = string;

/** Which badges a condition looks at. A badge must match every field that is given. */
export interface Selector {
  readonly competency?: CompetencyId | undefined;
  /** Exactly this level; without it, any level. */
  readonly level?: number | undefined;
  readonly ability?: string | undefined;
  readonly issuers?: readonly ClientId[] | undefined;
  readonly badges?: readonly BadgeId[] | undefined;
}

/** The properties of an enrolled badge that a condition looks at. */
export interface BadgeSort {
  readonly badgeId: BadgeId;
  readonly clientId: ClientId;
  readonly competency: CompetencyId;
  readonly level: number;
  readonly ability: string | null;
}

export const picks = (selector: Selector, badge: BadgeSort): boolean =>
  (selector.competency === undefined || selector.competency === badge.competency) &&
  (selector.level === undefined || selector.level === badge.level) &&
  (selector.ability === undefined || selector.ability === badge.ability) &&
  (selector.issuers === undefined || selector.issuers.includes(badge.clientId)) &&
  (selector.badges === undefined || selector.badges.includes(badge.badgeId));

/** The ability's id across competencies: the same short id in two competencies is two abilities. */
export const abilityOf = ({ competency, ability }: BadgeSort): string | null =>
  ability === null ? null : `${competency}/${ability}`;

/** From an instant (inclusive) to another (exclusive), Unix seconds; null: no bound on that side. */
export interface Window {
  readonly fromS: number | null;
  readonly beforeS: number | null;
}

export interface Tally {
  readonly have: number;
  readonly need: number;
}

/** How much of one demand is missing; `other`: the missing ones must differ from those counted. */
export interface Gap {
  readonly count: number;
  readonly other: boolean;
}

/** The badges in an earner's sentence: « Communiquer »; « Communiquer » de niveau 2 (Transmettre). */
interface EarnerSort {
  readonly competency: string;
  readonly sort: string;
}

type Phrase = (count: number) => Localized;

const badges = (count: number): Localized => plural(count, 'badge|badges', 'badge|badges');
const organisations = (count: number): Localized =>
  plural(count, 'organisme|organismes', 'organisation|organisations');
const abilities = (count: number): Localized => plural(count, 'capacité|capacités', 'ability|abilities');

/** A key of a `badges` condition in scheme.yaml, with a number as its value. */
interface Key {
  readonly key: string;
  /** The number's field in `BadgesCondition`. */
  readonly field: string;
  /** The requirement in words. */
  readonly asked: Phrase | null;
}

/** A number that the counted badges must reach. */
interface DemandRule extends Key {
  readonly asked: Phrase;
  /** Counts what these badges give. One more badge adds 0 or 1. */
  readonly have: (counted: readonly BadgeSort[]) => number;
  /** `3 badges`. */
  readonly count: Phrase;
  /** The unit in a fault: "the selector gives 2 <thing> at most". */
  readonly thing: Localized;
  /** What this demand requires of the `total` missing badges; null: nothing worth saying. */
  readonly missing: (gap: Gap, total: number) => Localized | null;
  /** What the earner reads while the demand is not met. */
  readonly earner: (tally: Tally, of: EarnerSort) => string;
}

/** The demands of a condition, in the order of every text. */
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
  /** At least so many partners. */
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
  /** At least so many distinct abilities. */
  abilities: {
    key: 'abilities',
    field: 'abilities',
    have: (counted) => new Set(counted.flatMap((badge) => abilityOf(badge) ?? [])).size,
    asked: (count) => say`couvrant au moins ${abilities(count)}
      covering at least ${abilities(count)}`,
    count: abilities,
    thing: { fr: 'capacité(s) distincte(s)', en: 'distinct abilities' },
    // A badge need not have an ability: even the first missing ability is worth saying.
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

/** At most so many badges of one partner count. */
const PER_ISSUER = {
  key: 'per_issuer',
  field: 'perIssuer',
  json: 'per_issuer',
  asked: (count) => say`à raison de ${count} au plus par organisme
    at most ${count} of each organisation`,
} as const satisfies Key & { json: string };

/** A bound on the date of issue. */
interface Filter extends Key {
  readonly json: string;
  /** `day`: the number is the bound, Unix seconds. `months`: the bound is the start of the day so many months ago. */
  readonly unit: 'day' | 'months';
  readonly bound: keyof Window;
  /** Follows "issued"; null: the formatter words both days as one period. */
  readonly asked: Phrase | null;
  /** What the earner reads while the condition is not met; null: nothing. */
  readonly earner: ((count: number) => string) | null;
}

/** The bounds on the date of issue. The nightly count finds badges that begin to count by time alone. */
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

/** The keys beside `at_least: N, of: selector`, in the order of every text. */
export const ASKED_BESIDE = [DEMANDS.issuers, PER_ISSUER, DEMANDS.abilities] as const;
export const CONDITION_KEYS = [...ASKED_BESIDE, ...FILTERS] as const;
/** The keys that JSON writes as plain numbers; the others are tallies. */
export const JSON_NUMBERS = [PER_ISSUER, ...FILTERS] as const;

export type ConditionKey = (typeof CONDITION_KEYS)[number]['key'];
export type ConditionNumbers = Readonly<
  Partial<Record<(typeof CONDITION_KEYS)[number]['field'], number | undefined>>
>;

/** At least N distinct badges that the selector picks, with optional demands and filters. */
export interface BadgesCondition extends ConditionNumbers {
  readonly kind: 'badges';
  readonly atLeast: number;
  readonly selector: Selector;
}

/**
 * Returns when a badge must have been issued.
 * @param monthsAgoS the start of the day so many months ago, Unix seconds; without it, months set no bound
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

/**
 * Returns two bounds of one unit that no badge can meet together, the one from which and the one before which it must
 * have been issued; null: there are none.
 */
export function contradictoryKeys(numbers: ConditionNumbers): readonly [ConditionKey, ConditionKey] | null {
  const bounds = FILTERS.flatMap(({ key, field, unit, bound }) => {
    const value = numbers[field];
    // More months ago is earlier.
    return value === undefined ? [] : [{ key, unit, bound, at: unit === 'months' ? -value : value }];
  });
  for (const from of bounds.filter(({ bound }) => bound === 'fromS'))
    for (const before of bounds.filter(({ bound }) => bound === 'beforeS'))
      if (from.unit === before.unit && from.at >= before.at) return [from.key, before.key];
  return null;
}
