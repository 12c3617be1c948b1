import type { AwardId, BadgeId, ClientId, SchemeVersion } from '../ids.js';
import type { Assertion } from '../earners/record.js';
import type { BadgesCondition, BadgeSort, CompetencyId, Window } from './badges-condition.js';

/** A rule is a tree of conditions. There is no negation: more badges never mean fewer awards. */
export type Condition =
  | { readonly kind: 'all'; readonly of: readonly Condition[] }
  | { readonly kind: 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'at_least'; readonly atLeast: number; readonly of: readonly Condition[] }
  | { readonly kind: 'holds'; readonly award: AwardId }
  | BadgesCondition;

export type OnLoss = 'keep' | 'flag' | 'revoke';

export interface Award {
  readonly id: AwardId;
  readonly name: string;
  readonly competency: CompetencyId | null;
  readonly level: number | null;
  /** The award's badge in the Région's OBF account. */
  readonly badgeId: BadgeId;
  readonly active: boolean;
  readonly onLoss: OnLoss;
  readonly rule: Condition;
}

export interface Competency {
  readonly id: CompetencyId;
  readonly name: string;
  /** The ability's words, by its id. */
  readonly abilities: ReadonlyMap<string, string>;
}

/** One badge of a partner as the Région enrolled it. The window says when it must have been issued. */
export interface Enrolment extends BadgeSort, Window {
  readonly name: string | null;
  /** Earlier versions of the same badge. */
  readonly replaces: readonly BadgeId[];
  /** One name for all versions of one badge, however long the chain of `replaces`: they count once. */
  readonly family: string;
}

/** An assertion that counts, with its badge's enrolment. */
export interface Candidate {
  readonly assertion: Assertion;
  readonly enrolment: Enrolment;
}

export interface Partner {
  readonly clientId: ClientId;
  readonly name: string;
  /** The environment variable with the partner's API key; null: Palier verifies hosted credentials instead. */
  readonly secretEnv: string | null;
  readonly active: boolean;
  readonly badges: readonly Enrolment[];
}

declare const checked: unique symbol;

/** The Région's checked rules, and its partners. Only `parseScheme` makes one. */
export interface Scheme {
  readonly [checked]: true;
  readonly name: string;
  readonly version: SchemeVersion;
  /** The texts of the two files: a version is stored as it was written. */
  readonly source: { readonly scheme: string; readonly partners: string };
  /** IANA zone of the scheme's dates. */
  readonly timeZone: string;
  readonly competencies: ReadonlyMap<CompetencyId, Competency>;
  /** Each award comes after those that its rule holds: one pass evaluates all. */
  readonly awards: readonly Award[];
  readonly partners: readonly Partner[];
  /** Every enrolled badge, of active and inactive partners. */
  readonly enrolments: ReadonlyMap<BadgeId, Enrolment>;
  readonly partnersById: ReadonlyMap<ClientId, Partner>;
}
