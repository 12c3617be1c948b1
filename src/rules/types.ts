import type { AwardId, BadgeId, ClientId, SchemeVersion } from '../ids.js';
import type { Assertion } from '../earners/record.js';
import type { BadgesCondition, BadgeSort, CompetencyId, Window } from './badges-condition.js';

/** A rule is a tree of these. There is no negation: more badges never mean fewer awards. */
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
  /** The badge in the Région's OBF account that the award is. */
  readonly badgeId: BadgeId;
  readonly active: boolean;
  readonly onLoss: OnLoss;
  readonly rule: Condition;
}

export interface Competency {
  readonly id: CompetencyId;
  readonly name: string;
  /** Ability id to its words. */
  readonly abilities: ReadonlyMap<string, string>;
}

/** One badge of a partner, as the Région enrolled it, and when it counts. */
export interface Enrolment extends BadgeSort, Window {
  readonly name: string | null;
  /** Earlier versions of the same badge. */
  readonly replaces: readonly BadgeId[];
  /** The same for all versions of one badge, however long the chain of `replaces`: they count once. */
  readonly family: string;
}

/** An assertion that counts, with the enrolment under which it does. */
export interface Candidate {
  readonly assertion: Assertion;
  readonly enrolment: Enrolment;
}

export interface Partner {
  readonly clientId: ClientId;
  readonly name: string;
  /** Name of the environment variable that holds their API key; null: hosted credentials are verified. */
  readonly secretEnv: string | null;
  readonly active: boolean;
  readonly badges: readonly Enrolment[];
}

declare const checked: unique symbol;

/** The Région's rules and who takes part, checked. Only `parseScheme` makes one. */
export interface Scheme {
  readonly [checked]: true;
  readonly name: string;
  readonly version: SchemeVersion;
  /** The texts that it was read from: a version is kept as it was written. */
  readonly source: { readonly scheme: string; readonly partners: string };
  /** IANA zone of the scheme's dates. */
  readonly timeZone: string;
  readonly competencies: ReadonlyMap<CompetencyId, Competency>;
  /** Each award stands after every award that its rule holds: one pass settles all chains. */
  readonly awards: readonly Award[];
  readonly partners: readonly Partner[];
  /** Every enrolled badge, of active and inactive partners alike. */
  readonly enrolments: ReadonlyMap<BadgeId, Enrolment>;
  readonly partnersById: ReadonlyMap<ClientId, Partner>;
}
