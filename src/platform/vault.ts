import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

export class VaultError extends Error {
  readonly code = 'vault_cannot_open';
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const derive = (key: Buffer, info: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `palier/${info}/v1`, 32));

const mac = (key: Buffer, text: string, purpose: string): string =>
  createHmac('sha256', key).update(`${purpose}\0${text}`).digest().subarray(0, 16).toString('base64url');

export type Vault = ReturnType<typeof createVault>;

/**
 * Encrypts (seals) what must not be readable in Redis. Opens values sealed under `PALIER_KEY_OLD`, too, but seals none
 * under it. Opening throws VaultError when the value was altered, or the key or context is another.
 * @param key 32 random bytes (`PALIER_KEY`)
 * @param old the previous key (`PALIER_KEY_OLD`)
 * @param named false: nothing can be named until `nameAs` has set the naming key
 * @see RFC 5869 for the derivation, NIST SP 800-38D for the encryption
 */
export function createVault(key: Buffer, old: Buffer | null = null, named = true) {
  const own = keysOf(key);
  const former = old === null ? null : keysOf(old);
  const keyring = former === null ? [own] : [own, former];
  /** The key of `name`: derived from `PALIER_KEY`, or the one that Redis was filled under. */
  let naming = named ? own.names : null;
  const namingKey = (): Buffer => {
    if (naming === null)
      throw new VaultError('Redis must answer first: it says under which key people are named');
    return naming;
  };
  /** AES-256-GCM with a random nonce. Adds 29 bytes; the first is the id of the key. */
  const sealBytes = (bytes: Buffer, context: string): Buffer => encrypt(own, bytes, context);
  const openBytes = (sealed: Buffer, context: string): Buffer => openSealed(keyring, sealed, context).bytes;
  const resealBytes = (sealed: Buffer, context: string): Buffer | null => {
    const { keys, bytes } = openSealed(keyring, sealed, context);
    return keys === own ? null : sealBytes(bytes, context);
  };
  const seal = (bytes: Buffer, context: string): string => sealBytes(bytes, context).toString('base64url');
  const open = (sealed: string, context: string): Buffer =>
    openBytes(Buffer.from(sealed, 'base64url'), context);
  return {
    /** `context` is authenticated: it must be the same to open. */
    seal: (text: string, context: string): string => seal(Buffer.from(text), context),
    open: (sealed: string, context: string): string => open(sealed, context).toString(),
    /** Seals it again under `PALIER_KEY`; null: it is already. */
    reseal: (sealed: string, context: string): string | null =>
      resealBytes(Buffer.from(sealed, 'base64url'), context)?.toString('base64url') ?? null,
    /** A version byte and the sealed value: write access to Redis is not enough to forge one. */
    sealValue: (bytes: Buffer, context: string): Buffer => withVersion(sealBytes(bytes, context)),
    openValue: (value: Buffer, context: string): Buffer => openBytes(withoutVersion(value), context),
    resealValue(value: Buffer, context: string): Buffer | null {
      const anew = resealBytes(withoutVersion(value), context);
      return anew === null ? null : withVersion(anew);
    },
    /** A keyed fingerprint, 128 bits in base64url (22 characters): never reversible without the key. */
    fingerprint: (text: string, purpose: string): string => mac(own.fingerprint, text, purpose),
    /** As `fingerprint`, for people's keys: stays the same when `PALIER_KEY` changes. @throws VaultError */
    name: (text: string, purpose: string): string => mac(namingKey(), text, purpose),
    /** Identifies the key that Redis was filled under, and reveals nothing of it. */
    mark: own.mark,
    /** True for the mark of our key or the old one, and for null: there is none yet. */
    isOurs: (mark: string | null): boolean => mark === null || keyring.some((keys) => keys.mark === mark),
    /**
     * Sets the naming key to that of a Redis with this mark.
     * @param names its naming key, sealed; null: the one derived from the mark's key
     * @throws VaultError when it was sealed under another key
     */
    nameAs(mark: string | null, names: string | null): void {
      const keysOfMark = keyring.find((keys) => keys.mark === mark) ?? former ?? own;
      naming = names === null ? keysOfMark.names : open(names, NAMES_CONTEXT);
    },
    hasOwnNames: (): boolean => namingKey().equals(own.names),
    sealNames: (): string => seal(namingKey(), NAMES_CONTEXT),
  };
}

const NAMES_CONTEXT = 'naming key';

/** Derives all keys from one. */
function keysOf(key: Buffer) {
  const fingerprint = derive(key, 'fingerprint');
  return {
    id: derive(key, 'key id').readUInt8(0),
    seal: derive(key, 'seal'),
    names: derive(key, 'names'),
    fingerprint,
    mark: mac(fingerprint, 'palier', 'which key'),
  };
}
type Keys = Pick<ReturnType<typeof keysOf>, 'id' | 'seal'>;

const TAG_AT = 1 + NONCE_BYTES;
const BODY_AT = TAG_AT + TAG_BYTES;

function encrypt({ id, seal }: Keys, bytes: Buffer, context: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', seal, nonce).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(bytes), cipher.final()]);
  return Buffer.concat([Buffer.of(id), nonce, cipher.getAuthTag(), body]);
}

function decrypt({ seal }: Keys, bytes: Buffer, context: string): Buffer {
  const opening = createDecipheriv('aes-256-gcm', seal, bytes.subarray(1, TAG_AT))
    .setAAD(Buffer.from(context))
    .setAuthTag(bytes.subarray(TAG_AT, BODY_AT));
  return Buffer.concat([opening.update(bytes.subarray(BODY_AT)), opening.final()]);
}

/** Opens it; returns the keys that did, too. Two keys may share an id: then both are tried. */
function openSealed(keyring: readonly Keys[], sealed: Buffer, context: string) {
  if (sealed.length < BODY_AT) throw new VaultError('Sealed text is cut short');
  const fitting = keyring.filter(({ id }) => id === sealed[0]);
  if (fitting.length === 0) throw new VaultError('Sealed text is of another PALIER_KEY');
  let cause: unknown = null;
  for (const keys of fitting)
    try {
      return { keys, bytes: decrypt(keys, sealed, context) };
    } catch (error) {
      cause = error;
    }
  throw new VaultError('Sealed text was altered, or PALIER_KEY is not the one it was sealed under', {
    cause,
  });
}

/** The version of stored values. Any other is an error. */
const VERSION = 1;

const withVersion = (sealed: Buffer): Buffer => Buffer.concat([Buffer.of(VERSION), sealed]);

function withoutVersion(value: Buffer): Buffer {
  if (value[0] !== VERSION) throw new VaultError(`it is of version ${value[0] ?? 'none'}`);
  return value.subarray(1);
}
