import { z } from 'zod';
import { asAssertionId, asBadgeId, asClientId, asEventId, type AssertionId } from '../ids.js';
import type { Assertion } from './assertion.js';

/**
 * An assertion as it stands in Redis: a short JSON array that begins with the form's version, so that a
 * later form can be told from this one and both be read. Whether it is revoked stands beside it (see
 * store.ts): a revocation is never undone by an older reading of the same assertion.
 */
const VERSION = 1;
const form = z.tuple([
  z.literal(VERSION),
  z.string(),
  z.string(),
  z.string().nullable(),
  z.number().int(),
  z.number().int().nullable(),
]);

/** Redis holds something that is no assertion of a form we know. */
export class CodecError extends Error {
  readonly code = 'portfolio_unreadable';
}

export const encodeAssertion = (a: Assertion): string =>
  JSON.stringify([VERSION, a.clientId, a.badgeId, a.eventId, a.issuedOnS, a.expiresOnS]);

/** @throws CodecError when `text` was written by a newer version, or by a hand. */
export function decodeAssertion(id: AssertionId, text: string, revoked: boolean): Assertion {
  const read = form.safeParse(parseJson(text));
  if (!read.success) throw new CodecError(`Assertion ${id} in Redis is of an unknown form`);
  const [, clientId, badgeId, eventId, issuedOnS, expiresOnS] = read.data;
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
