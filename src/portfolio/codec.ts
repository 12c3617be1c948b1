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
  const read = readPlain(text) ?? readJson(text);
  if (read === null) throw new CodecError(`Assertion ${id} in Redis is of an unknown form`);
  return {
    id: asAssertionId(id),
    clientId: asClientId(read[1]),
    badgeId: asBadgeId(read[2]),
    eventId: read[3] === null ? null : asEventId(read[3]),
    issuedOnS: read[4],
    expiresOnS: read[5],
    revoked,
  };
}

/** How nearly all of them are written: ids of plain letters, and instants. */
const PLAIN = /^\[1,"([\w.-]+)","([\w.-]+)",(?:null|"([\w.-]+)"),([1-9]\d{0,14}),(?:null|([1-9]\d{0,14}))\]$/;

/** The same as JSON would read, several times as fast: a plan reads millions of them. Null: let JSON read it. */
function readPlain(text: string): Form | null {
  const found = PLAIN.exec(text);
  if (found === null) return null;
  const expiresOnS = found[5];
  return [
    VERSION,
    found[1] ?? '',
    found[2] ?? '',
    found[3] ?? null,
    Number(found[4]),
    expiresOnS === undefined ? null : Number(expiresOnS),
  ];
}

const isForm = (read: unknown): read is Form =>
  Array.isArray(read) &&
  read.length === 6 &&
  read[0] === VERSION &&
  typeof read[1] === 'string' &&
  typeof read[2] === 'string' &&
  (read[3] === null || typeof read[3] === 'string') &&
  Number.isSafeInteger(read[4]) &&
  (read[5] === null || Number.isSafeInteger(read[5]));

function readJson(text: string): Form | null {
  try {
    const read: unknown = JSON.parse(text);
    return isForm(read) ? read : null;
  } catch {
    return null;
  }
}
