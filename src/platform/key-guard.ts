import { rateLimitedLog, type Logger } from './logger.js';
import { OTHER_KEY } from './redis-faults.js';
import type { RedisConnection } from './redis.js';
import type { Vault } from './vault.js';

/**
 * Redis was filled under another `PALIER_KEY`. Under this one Palier would recognise nobody, and issue again what people
 * hold already.
 */
export class KeyChanged extends Error {
  readonly code = 'key_changed';
  constructor() {
    super(
      'PALIER_KEY is not the one that this Redis was filled under, so nothing is stored or issued: set the former key again; ' +
        'if it is lost, see docs/operating.md ("PALIER_KEY")',
    );
    this.name = 'KeyChanged';
  }
}

const hashKey = (prefix: string): string => `${prefix}:key-mark`;

/**
 * True when Redis was filled under our key or the old one, or is empty. The vault then names people as that Redis does.
 * @param prefix of our keys
 */
export async function isSameKey(redis: RedisConnection, prefix: string, vault: Vault): Promise<boolean> {
  const [mark = null, names = null] = await redis.hmget(hashKey(prefix), 'mark', 'names');
  if (!vault.isOurs(mark)) return false;
  try {
    vault.nameAs(mark, names);
    return true;
  } catch {
    return false;
  }
}

export type KeyWatch = ReturnType<typeof watchKey>;

const WATCH_EVERY_MS = 1000;

/**
 * Checks every second whether Redis is under our key, and logs when it is not. For a process that keeps running then,
 * and serves nothing. Names people as `isSameKey` does, once Redis is ours.
 * @param redis a connection that fails fast
 */
export function watchKey(redis: RedisConnection, prefix: string, vault: Vault, log: Logger) {
  let isSame: boolean | null = null;
  const logFault = rateLimitedLog((err) =>
    log.error({ redis: OTHER_KEY.fault, err }, 'nothing can be stored'),
  );
  const check = async (): Promise<void> => {
    const wasSame = isSame;
    // Once ours, Redis may be emptied: that must not change how people are named while workers run.
    isSame = wasSame
      ? vault.isOurs(await redis.hget(hashKey(prefix), 'mark'))
      : await isSameKey(redis, prefix, vault);
    if (!isSame) logFault(new KeyChanged());
    else if (wasSame === false) log.info('Redis is under this PALIER_KEY again');
  };
  const checkAndLog = (): void =>
    void check().catch((err: unknown) => log.debug({ err }, 'Redis: the key could not be checked'));
  checkAndLog();
  const timer = setInterval(checkAndLog, WATCH_EVERY_MS).unref();
  return {
    /** Null: Redis has not answered yet. */
    isOurs: () => isSame,
    stop: () => clearInterval(timer),
  };
}

/**
 * Marks this Redis as filled under our key, unless it is marked. Stores a naming key of the old `PALIER_KEY`, sealed under
 * ours: from then on the old key alone is refused. Idempotent; every worker calls it before it works.
 * @param prefix of our keys
 * @throws KeyChanged when it was filled under another key
 */
export async function markKey(redis: RedisConnection, prefix: string, vault: Vault): Promise<void> {
  const requireSame = async (): Promise<void> => {
    if (!(await isSameKey(redis, prefix, vault))) throw new KeyChanged();
  };
  await requireSame();
  if (!vault.hasOwnNames()) await redis.hsetnx(hashKey(prefix), 'names', vault.sealNames());
  await redis.hsetnx(hashKey(prefix), 'mark', vault.mark);
  await requireSame();
}

/** Ends a change of the key: this Redis is ours without `PALIER_KEY_OLD` from now on. */
export async function moveMark(redis: RedisConnection, prefix: string, vault: Vault): Promise<void> {
  await redis.hset(hashKey(prefix), { names: vault.sealNames(), mark: vault.mark });
}
