import { z } from 'zod';
import { instantS, oneOrMany, optionalText, type ParsedCredential } from './credential.js';
import { readReply } from './read-reply.js';

const EMAIL = new Set(['emailAddress', 'email']);
/** OBF's own name for a client: the id that its API knows it by. */
const CLIENT_ID_TYPE = 'systemId';

/**
 * An Open Badges 3.0 credential as OBF issues it. Its proof is not verified: it was read from OBF itself
 * over TLS, and its `did:key` is vouched for by nobody else.
 * @see https://www.imsglobal.org/spec/ob/v3p0/ (IdentityObject, AchievementSubject, IdentifierEntry)
 */
const credential = z.object({
  id: z.string(),
  credentialSubject: z.object({
    identifier: oneOrMany(
      z.object({
        identityType: z.string(),
        hashed: z.boolean(),
        identityHash: z.string(),
        salt: optionalText,
      }),
    ),
    achievement: z.object({ id: z.string() }),
  }),
  issuer: z.object({
    otherIdentifier: oneOrMany(z.object({ identifier: z.string(), identifierType: z.string() })),
  }),
  validFrom: instantS,
  validUntil: instantS.nullish(),
  credentialStatus: oneOrMany(z.object({ id: z.string(), type: oneOrMany(z.string()) })).nullish(),
});

export interface CredentialV3 extends ParsedCredential {
  readonly achievement: string;
  /** As the credential has it, not checked. Null: it names none, or several. */
  readonly clientId: string | null;
  readonly statuses: readonly { readonly id: string; readonly types: readonly string[] }[];
}

export const isV3 = (json: object): boolean => 'credentialSubject' in json;

/** @throws ObfUnreadable naming the field */
export function parseV3(call: string, body: string): CredentialV3 {
  const { id, credentialSubject, issuer, ...rest } = readReply(call, body, credential);
  const clients = issuer.otherIdentifier.filter((other) => other.identifierType === CLIENT_ID_TYPE);
  const [client, ...others] = new Set(clients.map((one) => one.identifier));
  return {
    id,
    recipients: credentialSubject.identifier
      .filter((one) => EMAIL.has(one.identityType))
      .map(({ hashed, identityHash, salt }) => ({ hashed, identity: identityHash, salt })),
    achievement: credentialSubject.achievement.id,
    clientId: others.length === 0 ? (client ?? null) : null,
    issuedOnS: rest.validFrom,
    expiresOnS: rest.validUntil ?? null,
    statuses: (rest.credentialStatus ?? []).map((status) => ({ id: status.id, types: status.type })),
  };
}
