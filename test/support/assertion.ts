import type { Portfolio } from '../../src/earners/person.js';
import type { Assertion } from '../../src/earners/record.js';

/** What may be said of an assertion, its ids as plain text. */
interface AssertionPart {
  readonly clientId?: string;
  readonly badgeId?: string;
  readonly eventId?: string | null;
  readonly issuedOnS?: number;
  readonly expiresOnS?: number | null;
  readonly revoked?: boolean;
}

/** An assertion as it is stored: badge A of P1, good for ever, unless `part` says otherwise. */
export const assertionOf = (id: string, part: AssertionPart = {}): Assertion =>
  ({
    id,
    clientId: 'P1',
    badgeId: 'A',
    eventId: 'E1',
    issuedOnS: 1_700_000_000,
    expiresOnS: null,
    revoked: false,
    ...part,
  }) as Assertion;

/** Of somebody who has nothing. */
export const emptyPortfolio: Portfolio = { assertions: [], held: [], blocked: [] };
