import {
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
  scrypt,
  type ScryptOptions,
  timingSafeEqual,
} from 'node:crypto';
import { promisify } from 'node:util';

/** The work that a guess costs: scrypt's N (as its logarithm), r and p. */
type Cost = readonly [logN: number, r: number, p: number];

/**
 * 32 MiB and three rounds cost a guess as much as 128 MiB and one; they fit a small process.
 * @see OWASP's Password Storage Cheat Sheet, which names both as equal
 */
const COST: Cost = [15, 8, 3];
/** Above this, checking a password would itself overload the process. */
const MAX_COST: Cost = [17, 16, 8];
const SALT_BYTES = 16;
const KEY_BYTES = 32;
/** No ':' ',' or space: the hash is in OPS_USERS as `name:hash`, comma-separated. */
const HASH_FORM = /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([\w-]{22})\$([\w-]{43})$/;

/**
 * Hashes a password with a new salt: `scrypt$<log2 N>$<r>$<p>$<salt>$<key>`, base64url.
 * @see RFC 7914
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, salt, COST);
  return ['scrypt', ...COST, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** True for the password that `hash` was made of; false for any other, and for a hash of another form. */
export async function verifyPassword(hash: string, password: string): Promise<boolean> {
  const parsed = parseHash(hash);
  return parsed !== null && timingSafeEqual(await derive(password, parsed.salt, parsed.cost), parsed.key);
}

/** True for a hash that `verifyPassword` can accept. */
export const isPasswordHash = (hash: string): boolean => parseHash(hash) !== null;

function parseHash(hash: string) {
  const [, logN, r, p, salt, key] = HASH_FORM.exec(hash) ?? [];
  if (salt === undefined || key === undefined) return null;
  const cost: Cost = [Number(logN), Number(r), Number(p)];
  if (cost.some((part, at) => part < 1 || part > (MAX_COST[at] ?? 0))) return null;
  return { cost, salt: Buffer.from(salt, 'base64url'), key: Buffer.from(key, 'base64url') };
}

const deriveKey = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** The same characters typed on another keyboard are the same password (NIST SP 800-63B, 5.1.1.2). */
function derive(password: string, salt: Buffer, [logN, r, p]: Cost): Promise<Buffer> {
  const N = 2 ** logN;
  const options = { N, r, p, maxmem: 128 * N * r + 128 * r * p + 1024 * 1024 };
  return deriveKey(password.normalize('NFKC'), salt, KEY_BYTES, options);
}

/** Decodes a `whsec_` secret. */
export const webhookKey = (secret: string): KeyObject =>
  createSecretKey(Buffer.from(secret.replace(/^whsec_/, ''), 'base64'));

/**
 * The symmetric signature of Standard Webhooks: `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`.
 * Node's HMAC: the specification's own library computes it in JavaScript. Tests compare the two.
 * @param stamp Unix seconds
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export const webhookSignature = (key: KeyObject, id: string, stamp: string, body: string | Buffer): string =>
  `v1,${createHmac('sha256', key).update(`${id}.${stamp}.`).update(body).digest('base64')}`;
