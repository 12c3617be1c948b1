import type { BadgeId, ClientId } from '../ids.js';

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

/**
 * The keys beside `at_least: N, of: selector`, in the order of the JSON form: the key in scheme.yaml, how it is read,
 * the field of the condition that has the number, and its name in JSON (null: a tally tells it).
 */
export const CONDITION_KEYS = [
  /** From at least so many partners. */
  { key: 'issuers', read: 'whole', field: 'issuers', json: null },
  /** At most so many counted from one partner. */
  { key: 'per_issuer', read: 'whole', field: 'perIssuer', json: 'per_issuer' },
  /** Covering at least so many distinct abilities. */
  { key: 'abilities', read: 'whole', field: 'abilities', json: null },
  /** First instant that counts (the start of that day in the scheme's zone), Unix seconds. */
  { key: 'issued_from', read: 'day', field: 'issuedFromS', json: 'issued_from_s' },
  /** First instant that no longer counts (the end of that day), Unix seconds. */
  { key: 'issued_until', read: 'day', field: 'issuedBeforeS', json: 'issued_before_s' },
  /** Issued in the last W calendar months of the scheme's zone. */
  { key: 'within_months', read: 'whole', field: 'withinMonths', json: 'within_months' },
] as const;

/** What JSON names the numbers that no tally tells. */
export const NUMBER_NAMES = CONDITION_KEYS.flatMap(({ json }) => json ?? []);
export type NumberName = (typeof NUMBER_NAMES)[number];

export type ConditionKey = (typeof CONDITION_KEYS)[number]['key'];
export type ConditionField = (typeof CONDITION_KEYS)[number]['field'];

/** N distinct badges that the selector picks, under optional further demands. */
export interface BadgesCondition extends Readonly<Partial<Record<ConditionField, number | undefined>>> {
  readonly kind: 'badges';
  readonly atLeast: number;
  readonly selector: Selector;
}

/** The numbers that a `badges` condition can ask for, in the order in which they are told. */
export const DEMAND_NAMES = ['badges', 'issuers', 'abilities'] as const;
export type DemandName = (typeof DEMAND_NAMES)[number];

export type DemandKey = ConditionKey | 'at_least';

interface DemandRule {
  /** The key in scheme.yaml that asks for it. */
  readonly key: DemandKey;
  /** Undefined: not asked for. */
  readonly need: (condition: BadgesCondition) => number | undefined;
  /** Of the badges counted, as many as can be. A further badge never lowers it, and raises it by one at most. */
  readonly have: (counted: readonly BadgeSort[]) => number;
}

export const DEMANDS: Readonly<Record<DemandName, DemandRule>> = {
  badges: {
    key: 'at_least',
    need: ({ atLeast }) => atLeast,
    have: (counted) => counted.length,
  },
  issuers: {
    key: 'issuers',
    need: ({ issuers }) => issuers,
    have: (counted) => new Set(counted.map(({ clientId }) => clientId)).size,
  },
  abilities: {
    key: 'abilities',
    need: ({ abilities }) => abilities,
    have: (counted) => new Set(counted.flatMap((badge) => abilityOf(badge) ?? [])).size,
  },
};
