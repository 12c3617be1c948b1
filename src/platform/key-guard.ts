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
 * What stands there says under which key this Redis was filled, and nothing about the key; and behind it in which
 * form. A Palier before forms wrote the key's mark alone, one that kept people in form 2 looked for the mark at the
 * end: neither starts where more is said.
 */
const nameOf = (prefix: string): string => `${prefix}:key-mark`;
const markOf = (vault: Vault): string => vault.fingerprint('palier', 'which key');
/** How earners and the account are kept today: see decisions/0009 and 0012. */
const todays = (vault: Vault): string => `${markOf(vault)} 3`;
/** A worker is at it, or was stopped at it: the next one that starts goes on. */
const takingOver = (vault: Vault): string => `${markOf(vault)} taking-over`;
/** What stands there of a former form: alone, of form 2, and on the way to it. */
const formers = (vault: Vault): readonly string[] =>
  ['', '2 ', 'taking-over '].map((form) => `${form}${markOf(vault)}`);

/**
 * `ours`: filled under our key, or by nobody; `former`: under our key, and some of it still stands as an
 * older Palier kept it, where nobody looks for it; `changed`: under another key.
 */
export type KeyState = 'ours' | 'former' | 'changed';

/** @param prefix of our keys */
export async function keyState(redis: RedisConnection, prefix: string, vault: Vault): Promise<KeyState> {
  const mark = await redis.get(nameOf(prefix));
  if (mark === null || mark === todays(vault)) return 'ours';
  return [takingOver(vault), ...formers(vault)].includes(mark) ? 'former' : 'changed';
}

/** Whether this Redis was filled under our key; an empty one was. @param prefix of our keys */
export const isSameKey = async (redis: RedisConnection, prefix: string, vault: Vault): Promise<boolean> =>
  (await keyState(redis, prefix, vault)) !== 'changed';

/** KEYS: the mark. ARGV: what takes its place, then what it may be. Returns what stands there. */
const BEGIN = scriptOf(`
local mark = redis.call('GET', KEYS[1])
local isFormer = not mark
for at = 2, #ARGV do isFormer = isFormer or mark == ARGV[at] end
if isFormer then
  mark = ARGV[1]
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
  const mark = await BEGIN(redis, [nameOf(prefix)], [takingOver(vault), ...formers(vault)]);
  if ((await keyState(redis, prefix, vault)) === 'changed') throw new KeyChanged();
  return mark !== todays(vault);
}

/** Nothing of a former form is left. */
export async function endTakeOver(redis: RedisConnection, prefix: string, vault: Vault): Promise<void> {
  await redis.set(nameOf(prefix), todays(vault));
}
