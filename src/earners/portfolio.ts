import type { BadgeId } from '../ids.js';
import type { Assertion } from './assertion.js';

/** All that deciding needs to know of one earner. */
export interface Portfolio {
  /** What partners (and strangers, if any) issued to this person. */
  readonly assertions: readonly Assertion[];
  /** The Région's own badges, whoever issued them; revoked and expired ones included. */
  readonly held: readonly Assertion[];
  /** Région badges that a human revoked: not given again until ops lifts it. */
  readonly blocked: readonly BadgeId[];
}

export const emptyPortfolio: Portfolio = { assertions: [], held: [], blocked: [] };
