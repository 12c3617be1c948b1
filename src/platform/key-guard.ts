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

const nameOf = (prefix: string): string => `${prefix}:key-mark`;
/** Says which key it is, and nothing about it. */
const markOf = (vault: Vault): string => vault.fingerprint('palier', 'which key');

/** Whether this Redis was filled under our key; an empty one was. @param prefix of our keys */
export async function isSameKey(redis: RedisConnection, prefix: string, vault: Vault): Promise<boolean> {
  const mark = await redis.get(nameOf(prefix));
  return mark === null || mark === markOf(vault);
}

/**
 * At the start of a worker: says under which key it fills this Redis, for whoever comes later.
 * @param prefix of our keys
 * @throws KeyChanged when somebody filled it under another one
 */
export async function requireSameKey(redis: RedisConnection, prefix: string, vault: Vault): Promise<void> {
  await redis.set(nameOf(prefix), markOf(vault), 'NX');
  if (!(await isSameKey(redis, prefix, vault))) throw new KeyChanged();
}
