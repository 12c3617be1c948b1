import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** Hides what may not stand readable in Redis. Made from `PALIER_KEY`; the same key, the same results. */
export interface Vault {
  /** AES-256-GCM under a random nonce. `context` is bound in: it must be the same to open. */
  seal(text: string, context: string): string;
  /** @throws VaultError when the text was altered, or sealed under another key or context. */
  open(sealed: string, context: string): string;
  /** As `seal`, of bytes and in bytes: 29 more than were given, of which the first names the key. */
  sealBytes(bytes: Buffer, context: string): Buffer;
  /** As `open`. @throws VaultError */
  openBytes(sealed: Buffer, context: string): Buffer;
  /** A keyed fingerprint of `text`, 128 bits in base64url (22 characters): never reversible without the key. */
  fingerprint(text: string, purpose: string): string;
}

export class VaultError extends Error {
  readonly code = 'vault_cannot_open';
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const derive = (key: Buffer, info: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `palier/${info}/v1`, 32));

/**
 * @param key 32 random bytes (`PALIER_KEY`)
 * @see RFC 5869 for the derivation, NIST SP 800-38D for the encryption
 */
export function createVault(key: Buffer): Vault {
  const sealKey = derive(key, 'seal');
  const macKey = derive(key, 'fingerprint');
  const keyId = derive(key, 'key id').readUInt8(0);
  const sealBytes = (bytes: Buffer, context: string): Buffer => {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', sealKey, nonce).setAAD(Buffer.from(context));
    const body = Buffer.concat([cipher.update(bytes), cipher.final()]);
    return Buffer.concat([Buffer.of(keyId), nonce, cipher.getAuthTag(), body]);
  };
  const openBytes = (sealed: Buffer, context: string): Buffer =>
    openSealed({ id: keyId, sealKey }, sealed, context);
  return {
    seal: (text, context) => sealBytes(Buffer.from(text), context).toString('base64url'),
    open: (sealed, context) => openBytes(Buffer.from(sealed, 'base64url'), context).toString(),
    sealBytes,
    openBytes,
    fingerprint: (text, purpose) =>
      createHmac('sha256', macKey)
        .update(`${purpose}\0${text}`)
        .digest()
        .subarray(0, 16)
        .toString('base64url'),
  };
}

interface SealKey {
  readonly id: number;
  readonly sealKey: Buffer;
}

function openSealed({ id, sealKey }: SealKey, bytes: Buffer, context: string): Buffer {
  const tagAt = 1 + NONCE_BYTES;
  const bodyAt = tagAt + TAG_BYTES;
  if (bytes.length < bodyAt) throw new VaultError('Sealed text is cut short');
  if (bytes[0] !== id) throw new VaultError('Sealed text is of another PALIER_KEY');
  try {
    const decipher = createDecipheriv('aes-256-gcm', sealKey, bytes.subarray(1, tagAt))
      .setAAD(Buffer.from(context))
      .setAuthTag(bytes.subarray(tagAt, bodyAt));
    return Buffer.concat([decipher.update(bytes.subarray(bodyAt)), decipher.final()]);
  } catch (cause) {
    throw new VaultError('Sealed text was altered, or PALIER_KEY is not the one it was sealed under', {
      cause,
    });
  }
}
