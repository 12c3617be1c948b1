import { createHash } from 'node:crypto';
import { z } from 'zod';
import { asClientId } from '../ids.js';
import { normaliseAddress, withoutUnseenEnds } from '../platform/invisible.js';
import { fieldOf } from '../platform/logger.js';
import { inSeconds, optionalText } from './wire.js';

/** The form of an id of OBF. */
export const HOSTED_ID = /^[\w-]{1,128}$/;

/** The recipient that a credential names. `identity` is `sha256$<hex>`, or the address as OBF writes it. */
interface Recipient {
  readonly hashed: boolean;
  readonly identity: string;
  readonly salt: string | null;
}

/** An ISO 8601 instant or date, or Unix seconds (or milliseconds). */
const instantS = z.union([z.number(), z.string()]).transform((value, ctx) => {
  const seconds =
    typeof value === 'number' || /^\d+$/.test(value)
      ? inSeconds(Number(value))
      : Math.floor(Date.parse(value) / 1000);
  if (Number.isSafeInteger(seconds)) return seconds;
  ctx.addIssue({ code: 'custom', message: 'neither an ISO 8601 date nor Unix seconds' });
  return z.NEVER;
});

/** JSON-LD writes a list of one element as the element alone. */
const oneOrMany = <T extends z.ZodType>(schema: T) =>
  z.union([z.array(schema).max(50), schema.transform((one) => [one])]);

/**
 * An Open Badges 3.0 credential as OBF issues it. Its proof is not verified: it comes from OBF over TLS, and OBF alone
 * vouches for its `did:key`.
 * @see https://www.imsglobal.org/spec/ob/v3p0/ (IdentityObject, AchievementSubject, IdentifierEntry)
 */
export const credentialV3 = z
  .object({
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
  })
  .transform(({ id, credentialSubject, issuer, validFrom, validUntil, credentialStatus }) => {
    // The `systemId` is the client id of OBF's API.
    const clients = issuer.otherIdentifier.filter(({ identifierType }) => identifierType === 'systemId');
    const [client = '', ...others] = new Set(clients.map(({ identifier }) => identifier));
    return {
      id,
      recipients: credentialSubject.identifier
        .filter(({ identityType }) => identityType === 'emailAddress' || identityType === 'email')
        .map(({ hashed, identityHash, salt }): Recipient => ({ hashed, identity: identityHash, salt })),
      achievement: credentialSubject.achievement.id,
      /** Null: the credential names none, or several. */
      clientId: others.length === 0 && HOSTED_ID.test(client) ? asClientId(client) : null,
      issuedOnS: validFrom,
      expiresOnS: validUntil ?? null,
      statuses: credentialStatus ?? [],
    };
  });

export type CredentialV3 = z.output<typeof credentialV3>;

const issuerV2 = z.union([z.string().transform((id) => ({ id })), z.object({ id: z.string() })]);
const badgeV2 = z.union([
  z.string().transform((id) => ({ id, issuer: null })),
  z.object({ id: z.string(), issuer: issuerV2.nullish() }),
]);
/**
 * An Open Badges 2.0 assertion as OBF hosts it. The badge class is embedded or given by its URL; so is its issuer.
 * @see https://www.imsglobal.org/sites/default/files/Badges/OBv2p0Final/index.html
 */
export const assertionV2 = z
  .object({
    id: z.string(),
    recipient: z.object({
      type: oneOrMany(z.string()).refine((types) => types.includes('email'), 'not an e-mail address'),
      hashed: z.boolean(),
      identity: z.string(),
      salt: optionalText,
    }),
    badge: badgeV2,
    issuedOn: instantS,
    expires: instantS.nullish(),
  })
  .transform(({ id, recipient, badge, issuedOn, expires }) => ({
    id,
    recipients: [recipient] as readonly Recipient[],
    badge: badge.id,
    /** URL of the issuer; null: the hosted badge class names it. */
    issuer: badge.issuer?.id ?? null,
    issuedOnS: issuedOn,
    expiresOnS: expires ?? null,
  }));

export type CredentialV2 = z.output<typeof assertionV2>;

export const issuerOfClass = z.object({ issuer: issuerV2 }).transform(({ issuer }) => issuer.id);

/** @see https://www.imsglobal.org/spec/vcrl/v1p0/ */
export const REVOCATION_LIST_TYPE = '1EdTechRevocationList';

/** The list's name in the specification, its plural, which is also in use, and its name in Open Badges 2.0. */
const REVOCATIONS = ['revokedCredential', 'revokedCredentials', 'revokedAssertions'];

/**
 * Reads the ids of a revocation list: bare, or in objects, where `revoked: false` lifts a revocation. A list of another
 * form is a fault, not an empty list.
 */
export const revokedIds = z
  .preprocess(
    (list) =>
      Array.isArray(list) ? list : REVOCATIONS.map((name) => fieldOf(list, name)).find((one) => one != null),
    z.array(
      z.union([
        z.string().transform((id) => ({ id, revoked: true })),
        z.object({ id: z.string(), revoked: z.boolean().nullish() }),
      ]),
    ),
  )
  .transform((entries) => entries.filter(({ revoked }) => revoked !== false).map(({ id }) => id));

/** True when the credential was made for this address. @see Open Badges 2.0, IdentityHash; 3.0, IdentityObject */
export function isIssuedTo(recipient: Recipient, address: string): boolean {
  if (!recipient.hashed) return normaliseAddress(recipient.identity) === normaliseAddress(address);
  const [algorithm, hex = ''] = recipient.identity.split('$');
  // MD5, which the standards also allow, can be forged.
  if (algorithm !== 'sha256') return false;
  const hashOf = (spelling: string): string =>
    createHash('sha256')
      .update(`${spelling}${recipient.salt ?? ''}`)
      .digest('hex');
  return spellings(address).some((spelling) => hashOf(spelling) === hex.toLowerCase());
}

/**
 * Returns an address in the letter cases that people type, since OBF hashes it as the issuer typed it. Open Badge
 * Passport tries the same ones. Palier takes them all for one person.
 */
function spellings(address: string): readonly string[] {
  const bare = withoutUnseenEnds(address);
  const plain = bare.normalize('NFC');
  const capitalised = `${plain.slice(0, 1).toUpperCase()}${plain.slice(1).toLowerCase()}`;
  return [address, address.trim(), bare, plain, plain.toLowerCase(), plain.toUpperCase(), capitalised];
}
