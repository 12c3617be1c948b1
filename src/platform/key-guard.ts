import { rateLimitedLog, type Logger } from './logger.js';
import { OTHER_KEY } from './redis-faults.js';
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
      'PALIER_KEY is not the one that this Redis was filled under, so nothing is stored or issued: set the former key again; ' +
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
  const [mark = null, names = null] = await redis.hmget(nameOf(prefix), 'mark', 'names');
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
 * For a process that goes on under another key, and serves nothing meanwhile: asks every second whether Redis is
 * ours, and logs that it is not. Names people as `isSameKey` does, whenever it comes to be ours.
 * @param redis a connection that fails fast
 */
export function watchKey(redis: RedisConnection, prefix: string, vault: Vault, log: Logger) {
  let isSame: boolean | null = null;
  const complain = rateLimitedLog((err) =>
    log.error({ redis: OTHER_KEY.fault, err }, 'nothing can be stored'),
  );
  const ask = async (): Promise<void> => {
    const before = isSame;
    // Names stay: those of a worker that runs are not told from an emptied Redis.
    isSame = before
      ? vault.isOurs(await redis.hget(nameOf(prefix), 'mark'))
      : await isSameKey(redis, prefix, vault);
    if (!isSame) complain(new KeyChanged());
    else if (before === false) log.info('Redis is under this PALIER_KEY again');
  };
  const watch = (): void => void ask().catch((err: unknown) => log.debug({ err }, 'Redis'));
  watch();
  const timer = setInterval(watch, WATCH_EVERY_MS).unref();
  return {
    /** Null: Redis has not answered yet. */
    isOurs: () => isSame,
    stop: () => clearInterval(timer),
  };
}

/**
 * Marks this Redis as filled under our key, unless it is marked. Names that are not our key's own are kept: the key
 * before alone opens nothing any more. Idempotent; every worker calls it before it works.
 * @param prefix of our keys
 * @throws KeyChanged when it was filled under another key
 */
export async function markKey(redis: RedisConnection, prefix: string, vault: Vault): Promise<void> {
  const requireSame = async (): Promise<void> => {
    if (!(await isSameKey(redis, prefix, vault))) throw new KeyChanged();
  };
  await requireSame();
  if (!vault.hasOwnNames()) await redis.hsetnx(nameOf(prefix), 'names', vault.sealNames());
  await redis.hsetnx(nameOf(prefix), 'mark', vault.mark);
  await requireSame();
}

/** The last step of changing the key: without `PALIER_KEY_OLD` this Redis is ours from now on. */
export async function moveMark(redis: RedisConnection, prefix: string, vault: Vault): Promise<void> {
  await redis.hset(nameOf(prefix), { names: vault.sealNames(), mark: vault.mark });
}
