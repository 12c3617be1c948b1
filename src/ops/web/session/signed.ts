import type { User } from '../context.js';

/** A session that holds. */
export interface Signed {
  /** Never shown: with our key it makes the cookie. */
  readonly id: string;
  readonly user: User;
  /** Stands in every form of the session. */
  readonly csrf: string;
  /** What the identity provider said; it wants that back when somebody signs out. */
  readonly idToken: string | null;
}
