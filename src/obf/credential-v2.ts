import { z } from 'zod';
import { instantS, oneOrMany, optionalText, type ParsedCredential } from './credential.js';
import { ObfUnreadable } from './errors.js';
import { readReply } from './read-reply.js';

/**
 * An Open Badges 2.0 assertion as OBF hosts it. The badge class may stand in it or at its own address;
 * so may the issuer in the badge class.
 * @see https://www.imsglobal.org/sites/default/files/Badges/OBv2p0Final/index.html
 */
const issuer = z.union([z.string().transform((id) => ({ id })), z.object({ id: z.string() })]);
const embedded = z.object({ id: z.string(), issuer: issuer.nullish() });

const assertion = z.object({
  id: z.string(),
  recipient: z.object({
    type: oneOrMany(z.string()),
    hashed: z.boolean(),
    identity: z.string(),
    salt: optionalText,
  }),
  badge: z.union([z.string().transform((id) => ({ id, issuer: null })), embedded]),
  issuedOn: instantS,
  expires: instantS.nullish(),
});

const badgeClass = z.object({ issuer });

export interface AssertionV2 extends ParsedCredential {
  /** Address of the badge class. */
  readonly badge: string;
  /** Address of the issuer; null: the badge class tells. */
  readonly issuer: string | null;
}

export const isV2 = (json: object): boolean => 'badge' in json && 'recipient' in json;

/** Whatever else stands beside it: often nothing does. */
export const saysRevoked = (json: object): boolean => Reflect.get(json, 'revoked') === true;

/** @throws ObfUnreadable naming the field */
export function parseV2(call: string, body: string): AssertionV2 {
  const read = readReply(call, body, assertion);
  const { type, ...recipient } = read.recipient;
  if (!type.includes('email')) throw new ObfUnreadable(call, 'field recipient.type: not an e-mail address');
  return {
    id: read.id,
    recipients: [recipient],
    badge: read.badge.id,
    issuer: read.badge.issuer?.id ?? null,
    issuedOnS: read.issuedOn,
    expiresOnS: read.expires ?? null,
  };
}

/** The issuer's address out of a badge class. @throws ObfUnreadable */
export const issuerOfClass = (call: string, body: string): string =>
  readReply(call, body, badgeClass).issuer.id;
