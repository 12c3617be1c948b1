import type { RedisConnection } from './redis.js';
import type { Vault } from './vault.js';

/**
 * What Redis holds of people was kept under another `PALIER_KEY`. Under this one nobody would be known:
 * what they were given before would not count, and be given again.
 */
export class KeyChanged extends Error {
  readonly code = 'key_changed';
  constructor() {
    super(
      'PALIER_KEY is not the one that this Redis was filled under, so nothing starts: set the former key again; ' +
        'if it is lost, see docs/operating.md ("PALIER_KEY")',
    );
    this.name = 'KeyChanged';
  }
}

/** What stands there says under which key this Redis was filled, and nothing about the key. */
const nameOf = (prefix: string): string => `${prefix}:key-mark`;
const markOf = (vault: Vault): string => vault.fingerprint('palier', 'which key');

/** Whether this Redis was filled under our key; an empty one was. @param prefix of our keys */
export async function isSameKey(redis: RedisConnection, prefix: string, vault: Vault): Promise<boolean> {
  const mark = await redis.get(nameOf(prefix));
  return mark === null || mark === markOf(vault);
}

/**
 * Marks this Redis as filled under our key. Idempotent; every worker calls it before it works.
 * @param prefix of our keys
 * @throws KeyChanged when it was filled under another key
 */
export async function markKey(redis: RedisConnection, prefix: string, vault: Vault): Promise<void> {
  await redis.set(nameOf(prefix), markOf(vault), 'NX');
  if (!(await isSameKey(redis, prefix, vault))) throw new KeyChanged();
}
