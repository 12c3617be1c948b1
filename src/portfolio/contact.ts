import { VaultError, type Vault } from '../platform/vault.js';
import { ByteReader } from '../record/bytes.js';
import { unknownForm } from '../record/error.js';
import type { EarnerKey } from '../ids.js';
import { packTexts, unpackTexts } from './packed-text.js';

/** Where a badge can be sent to. Both parts are personal data: sealed in Redis, shown nowhere. */
export interface Contact {
  readonly address: string;
  readonly name: string | null;
}

/** Bound to whose it is: under another earner's record it does not open. */
const contextOf = (earner: EarnerKey): string => `${earner} contact`;

/** The first byte of what is sealed: packed, without a name or with one. */
const ADDRESS = 0;
const ADDRESS_AND_NAME = 1;

/** Both in one: each on its own would take another 29 bytes. Packed (packed-text.ts): some 20 bytes less. */
export function sealContact(vault: Vault, earner: EarnerKey, { address, name }: Contact): Buffer {
  const [head, texts] = name === null ? [ADDRESS, [address]] : [ADDRESS_AND_NAME, [address, name]];
  return vault.sealBytes(Buffer.concat([Buffer.of(head), packTexts(texts)]), contextOf(earner));
}

/**
 * @throws VaultError when it was altered, or sealed under another key or for another earner
 * @throws RecordError for what no version of Palier that we know sealed
 */
export function openContact(vault: Vault, earner: EarnerKey, sealed: Buffer): Contact {
  const reader = new ByteReader(vault.openBytes(sealed, contextOf(earner)));
  const head = reader.varint();
  if (head > ADDRESS_AND_NAME) throw unknownForm();
  const [address = '', name = null] = unpackTexts(reader.rest(), head + 1);
  return { address, name };
}

/**
 * What is known of a contact, and what was read now: a reading that has no name leaves the one that is known.
 * @returns `known` itself when it says the same
 */
export function updatedContact(vault: Vault, earner: EarnerKey, known: Buffer | null, read: Contact): Buffer {
  const before = known === null ? null : openIfPossible(vault, earner, known);
  const now = { address: read.address, name: read.name ?? before?.name ?? null };
  const isSame = before !== null && before.address === now.address && before.name === now.name;
  return known !== null && isSame ? known : sealContact(vault, earner, now);
}

/** One that cannot be opened is of no use: what was read now takes its place. */
function openIfPossible(vault: Vault, earner: EarnerKey, sealed: Buffer): Contact | null {
  try {
    return openContact(vault, earner, sealed);
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    return null;
  }
}
