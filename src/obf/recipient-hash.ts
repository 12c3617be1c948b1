import { createHash, timingSafeEqual } from 'node:crypto';
import { withoutUnseenEnds } from '../platform/invisible.js';

/** The one that a credential was made for, as both formats write it. */
export interface Recipient {
  readonly hashed: boolean;
  /** `sha256$<hex>`, or the address itself. */
  readonly identity: string;
  readonly salt: string | null;
}

const capitalised = (text: string): string =>
  `${text.slice(0, 1).toUpperCase()}${text.slice(1).toLowerCase()}`;

/**
 * OBF hashes an address as the issuer typed it, so it is tried in the letter cases that people type
 * (the same that Open Badge Passport tries); all of them are one person to us.
 */
function spellings(address: string): ReadonlySet<string> {
  const bare = withoutUnseenEnds(address);
  const plain = bare.normalize('NFC');
  return new Set([
    address,
    address.trim(),
    bare,
    plain,
    plain.toLowerCase(),
    plain.toUpperCase(),
    capitalised(plain),
  ]);
}

/** True when the credential was made for this address. @see Open Badges 2.0, IdentityHash; 3.0, IdentityObject */
export function isFor(recipient: Recipient, address: string): boolean {
  if (!recipient.hashed) return fold(recipient.identity) === fold(address);
  const [algorithm, hex = ''] = recipient.identity.split('$');
  // MD5, which the standards also allow, can be forged.
  if (algorithm !== 'sha256' || !/^[0-9a-f]{64}$/i.test(hex)) return false;
  const wanted = Buffer.from(hex, 'hex');
  return [...spellings(address)]
    .map((spelling) =>
      createHash('sha256')
        .update(spelling + (recipient.salt ?? ''))
        .digest(),
    )
    .some((hash) => timingSafeEqual(hash, wanted));
}

const fold = (address: string): string =>
  withoutUnseenEnds(address).normalize('NFC').toLowerCase().normalize('NFC');
