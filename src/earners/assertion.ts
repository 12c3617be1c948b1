import type { AssertionId, BadgeId, ClientId, EventId } from '../ids.js';

/** One badge that one person was given, as Palier keeps it. Times are Unix seconds, as OBF's. */
export interface Assertion {
  readonly id: AssertionId;
  /** Who issued it: the OBF client whose account the event was read from, or that its credential names. */
  readonly clientId: ClientId;
  readonly badgeId: BadgeId;
  /** Null where a hosted credential does not name its event. */
  readonly eventId: EventId | null;
  readonly issuedOnS: number;
  readonly expiresOnS: number | null;
  readonly revoked: boolean;
}
