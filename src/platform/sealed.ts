import type { RedisConnection } from './redis.js';
import { scriptOf } from './redis-commands.js';
import { VaultError, type Vault } from './vault.js';

/** Of the form around what is sealed. Any other is an error. */
const VERSION = 1;

/** A version byte, and the value sealed whole under its context: who merely writes to Redis cannot make one up. */
export const sealValue = (vault: Pick<Vault, 'sealBytes'>, bytes: Buffer, context: string): Buffer =>
  Buffer.concat([Buffer.of(VERSION), vault.sealBytes(bytes, context)]);

/** @throws VaultError */
export function openValue(vault: Pick<Vault, 'openBytes'>, sealed: Buffer, context: string): Buffer {
  requireVersion(sealed);
  return vault.openBytes(sealed.subarray(1), context);
}

/** The same sealed under `PALIER_KEY`; null: it is already. @throws VaultError */
export function resealValue(vault: Pick<Vault, 'reseal'>, sealed: Buffer, context: string): Buffer | null {
  requireVersion(sealed);
  const anew = vault.reseal(sealed.subarray(1), context);
  return anew === null ? null : Buffer.concat([sealed.subarray(0, 1), anew]);
}

function requireVersion(sealed: Buffer): void {
  if (sealed[0] !== VERSION) throw new VaultError(`it is of version ${sealed[0] ?? 'none'}`);
}

/**
 * '' stands for no value, before and after. KEYS: the value. ARGV: as it was read, as it is to be. Returns 1 when done.
 */
const COMPARE_AND_SET = scriptOf(`
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2]) end
return 1`);

/** Of several writers one always succeeds; this many failures in a row mean a fault. */
const MAX_TRIES = 200;

/**
 * Compare-and-set, retried: stores what `how` makes of the value; null: none. `how` is pure, and returns `read` itself
 * where nothing changes.
 */
export async function updateValue(
  redis: RedisConnection,
  key: string,
  how: (read: Buffer | null) => Buffer | null,
): Promise<void> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const read = await redis.getBuffer(key);
    const to = how(read);
    if (to === read) return;
    if ((await COMPARE_AND_SET(redis, [key], [read ?? '', to ?? ''])) === 1) return;
  }
  throw new Error(`${key} was changed by others ${MAX_TRIES} times in a row`);
}
