import type { RedisConnection } from './redis.js';
import { scriptOf } from './script.js';
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

/**
 * What stands there says under which key this Redis was filled, and nothing about the key; and in front of it
 * in which form. A Palier before forms wrote the key's mark alone, and refuses to start where more is said.
 */
const nameOf = (prefix: string): string => `${prefix}:key-mark`;
const markOf = (vault: Vault): string => vault.fingerprint('palier', 'which key');
/** How earners are kept today: see decisions/0009. */
const FORM = '2';
/** A worker is at it, or was stopped at it: the next one that starts goes on. */
const TAKING_OVER = 'taking-over';

/**
 * `ours`: filled under our key, or by nobody; `former`: under our key, and some of it still stands as an
 * older Palier kept it, where nobody looks for it; `changed`: under another key.
 */
export type KeyState = 'ours' | 'former' | 'changed';

/** @param prefix of our keys */
export async function keyState(redis: RedisConnection, prefix: string, vault: Vault): Promise<KeyState> {
  const mark = await redis.get(nameOf(prefix));
  if (mark === null || mark === `${FORM} ${markOf(vault)}`) return 'ours';
  return mark.split(' ').at(-1) === markOf(vault) ? 'former' : 'changed';
}

/** Whether this Redis was filled under our key; an empty one was. @param prefix of our keys */
export const isSameKey = async (redis: RedisConnection, prefix: string, vault: Vault): Promise<boolean> =>
  (await keyState(redis, prefix, vault)) !== 'changed';

/** KEYS: the mark. ARGV: our key's, what takes its place, and a mark that stays. Returns what stands there. */
const BEGIN = scriptOf(`
local mark = redis.call('GET', KEYS[1])
if not mark or mark == ARGV[1] then
  mark = ARGV[2]
  redis.call('SET', KEYS[1], mark)
end
return mark`);

/**
 * At the start of a worker: says that it fills this Redis under our key, and that something of a former form
 * may stand there. From here on no older Palier starts.
 * @param prefix of our keys
 * @returns whether something of a former form may well stand there: nobody has said yet that all was taken over
 * @throws KeyChanged when somebody filled it under another key
 */
export async function beginTakeOver(redis: RedisConnection, prefix: string, vault: Vault): Promise<boolean> {
  const mark = await BEGIN(redis, [nameOf(prefix)], [markOf(vault), `${TAKING_OVER} ${markOf(vault)}`]);
  if ((await keyState(redis, prefix, vault)) === 'changed') throw new KeyChanged();
  return mark !== `${FORM} ${markOf(vault)}`;
}

/** Nothing of a former form is left. */
export async function endTakeOver(redis: RedisConnection, prefix: string, vault: Vault): Promise<void> {
  await redis.set(nameOf(prefix), `${FORM} ${markOf(vault)}`);
}
