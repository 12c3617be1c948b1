import { asAssertionId, asBadgeId, asClientId, asEventId, type AssertionId } from '../ids.js';
import type { Assertion } from './assertion.js';

/**
 * An assertion as it stands in Redis: a short JSON array that begins with the form's version, so that a
 * later form can be told from this one and both be read. Whether it is revoked stands beside it (see
 * store.ts): a revocation is never undone by an older reading of the same assertion.
 */
const VERSION = 1;
type Form = readonly [
  version: typeof VERSION,
  clientId: string,
  badgeId: string,
  eventId: string | null,
  issuedOnS: number,
  expiresOnS: number | null,
];

/** Redis holds something that is no assertion of a form we know. */
export class CodecError extends Error {
  readonly code = 'portfolio_unreadable';
}

export const encodeAssertion = (a: Assertion): string =>
  JSON.stringify([VERSION, a.clientId, a.badgeId, a.eventId, a.issuedOnS, a.expiresOnS]);

/** @throws CodecError when `text` was written by a newer version, or by a hand. */
export function decodeAssertion(id: AssertionId, text: string, revoked: boolean): Assertion {
  const read = parseJson(text);
  if (!isForm(read)) throw new CodecError(`Assertion ${id} in Redis is of an unknown form`);
  const [, clientId, badgeId, eventId, issuedOnS, expiresOnS] = read;
  return {
    id: asAssertionId(id),
    clientId: asClientId(clientId),
    badgeId: asBadgeId(badgeId),
    eventId: eventId === null ? null : asEventId(eventId),
    issuedOnS,
    expiresOnS,
    revoked,
  };
}

/** By hand: a plan reads millions of them. */
function isForm(read: unknown): read is Form {
  if (!Array.isArray(read) || read.length !== 6) return false;
  const [version, clientId, badgeId, eventId, issuedOnS, expiresOnS] = read as readonly unknown[];
  return (
    version === VERSION &&
    typeof clientId === 'string' &&
    typeof badgeId === 'string' &&
    (eventId === null || typeof eventId === 'string') &&
    Number.isSafeInteger(issuedOnS) &&
    (expiresOnS === null || Number.isSafeInteger(expiresOnS))
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
