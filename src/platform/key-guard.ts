import type { RedisConnection } from './redis.js';
import { VaultError, type Vault } from './vault.js';

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

/**
 * Whether this Redis was filled under our key or the one before; an empty one was. If so, the vault names people
 * from now on as they are named there. @param prefix of our keys
 */
export async function isSameKey(redis: RedisConnection, prefix: string, vault: Vault): Promise<boolean> {
  const { own, old } = vault.marks;
  const [mark = null, names = null] = await redis.hmget(nameOf(prefix), 'mark', 'names');
  if (mark !== null && mark !== own && mark !== old) return false;
  if (names === null) {
    vault.names.derive(mark === own || old === null ? 'own' : 'old');
    return true;
  }
  try {
    vault.names.open(names);
    return true;
  } catch (error) {
    if (error instanceof VaultError) return false;
    throw error;
  }
}

/** @param prefix of our keys. @throws KeyChanged when this Redis was filled under another key */
export async function requireSameKey(redis: RedisConnection, prefix: string, vault: Vault): Promise<void> {
  if (!(await isSameKey(redis, prefix, vault))) throw new KeyChanged();
}

/**
 * Marks this Redis as filled under our key, unless it is marked. Names that are not our key's own are kept: the key
 * before alone opens nothing any more. Idempotent; every worker calls it before it works.
 * @param prefix of our keys
 * @throws KeyChanged when it was filled under another key
 */
export async function markKey(redis: RedisConnection, prefix: string, vault: Vault): Promise<void> {
  await requireSameKey(redis, prefix, vault);
  if (!vault.names.areOwn) await redis.hsetnx(nameOf(prefix), 'names', vault.names.seal());
  await redis.hsetnx(nameOf(prefix), 'mark', vault.marks.own);
  await requireSameKey(redis, prefix, vault);
}

/** The last step of changing the key: without `PALIER_KEY_OLD` this Redis is ours from now on. */
export async function moveMark(redis: RedisConnection, prefix: string, vault: Vault): Promise<void> {
  await redis.hset(nameOf(prefix), { names: vault.names.seal(), mark: vault.marks.own });
}
