import { asEarnerKey, type EarnerKey } from '../ids.js';
import { isCluster, type RedisConnection } from '../platform/redis.js';
import { countKeys, scanKeys, scriptOf } from '../platform/redis-commands.js';
import type { Vault } from '../platform/vault.js';
import { decodeRecord, encodeRecord } from './codec.js';
import { EMPTY_RECORD, RecordUnreadable, type EarnerRecord } from './record.js';

/** What is stored of each address, in one string each, and so in one slot of a cluster. */
export interface EarnerStore {
  /** One snapshot; the empty record where nothing is stored. @throws RecordUnreadable */
  read(earner: EarnerKey): Promise<EarnerRecord>;
  /** The same of many, in as few commands as possible. One that cannot be read stands as its error. */
  readMany(earners: readonly EarnerKey[]): Promise<readonly (EarnerRecord | RecordUnreadable)[]>;
  /**
   * Compare-and-set: stores what `how` makes of the record. `how` is pure, runs again when another writer was
   * quicker, and returns the record itself where nothing changes.
   * @returns the record that is stored now
   * @throws RecordUnreadable
   */
  update(earner: EarnerKey, how: (record: EarnerRecord) => EarnerRecord): Promise<EarnerRecord>;
  /** The key of every address that anything is stored of, in chunks, each once. */
  keys(): AsyncIterable<readonly EarnerKey[]>;
  /** About how many there are. */
  count(): Promise<number>;
}

/** Any other is an error. */
const VERSION = 1;

/**
 * Stores a value if the one that was read is still there; '' stands for none, before and after. KEYS: the record.
 * ARGV: as it was read, as it is to be. Returns 1 when done.
 */
const COMPARE_AND_SET = scriptOf(`
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2]) end
return 1`);

/** Of several writers one always succeeds; this many failures in a row mean a fault. */
const MAX_TRIES = 200;
/** How many records one command reads: Redis does nothing else meanwhile, for less than a millisecond. */
const READ_TOGETHER = 100;

const changedByOthers = (earner: EarnerKey): string =>
  `The record of earner ${earner} was changed by others ${MAX_TRIES} times in a row`;

/** Where the record of an address is stored. @param prefix of the keys */
export const recordKey = (prefix: string, earner: EarnerKey): string => `${prefix}:{${earner}}`;

/** @param prefix of the keys, without a hash tag: each earner key makes its own slot */
export function createEarnerStore(redis: RedisConnection, prefix: string, vault: Vault): EarnerStore {
  const keyOf = (earner: EarnerKey): string => recordKey(prefix, earner);
  const anyKey = keyOf(asEarnerKey('*'));
  return {
    read: async (earner) => openRecord(vault, earner, await redis.getBuffer(keyOf(earner))),
    async readMany(earners) {
      // In a cluster each is in a slot of its own.
      const together = isCluster(redis) ? 1 : READ_TOGETHER;
      const asked: Promise<readonly (Buffer | null)[]>[] = [];
      for (let at = 0; at < earners.length; at += together)
        asked.push(redis.mgetBuffer(earners.slice(at, at + together).map(keyOf)));
      const found = (await Promise.all(asked)).flat();
      return earners.map((earner, at) => openedOr(vault, earner, found[at] ?? null));
    },
    async update(earner, how) {
      for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
        const read = await redis.getBuffer(keyOf(earner));
        const from = openRecord(vault, earner, read);
        const to = how(from);
        if (to === from) return from;
        const sealed = sealRecord(vault, earner, to);
        if ((await COMPARE_AND_SET(redis, [keyOf(earner)], [read ?? '', sealed ?? ''])) === 1) return to;
      }
      throw new Error(changedByOthers(earner));
    },
    async *keys() {
      for await (const keys of scanKeys(redis, anyKey)) yield keys.flatMap((key) => earnerIn(prefix, key));
    },
    count: () => countKeys(redis, anyKey),
  };
}

/**
 * Seals the record anew if it is sealed under `PALIER_KEY_OLD`. Idempotent.
 * @returns whether it was
 * @throws RecordUnreadable when it is sealed under neither key
 */
export async function resealRecord(
  redis: RedisConnection,
  prefix: string,
  vault: Vault,
  earner: EarnerKey,
): Promise<boolean> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const read = await redis.getBuffer(recordKey(prefix, earner));
    const anew = read === null ? null : resealed(vault, earner, read);
    if (read === null || anew === null) return false;
    if ((await COMPARE_AND_SET(redis, [recordKey(prefix, earner)], [read, anew])) === 1) return true;
  }
  throw new Error(changedByOthers(earner));
}

function earnerIn(prefix: string, key: string): readonly EarnerKey[] {
  const name = key.slice(`${prefix}:{`.length, -1);
  return /[{}]/.test(name) ? [] : [asEarnerKey(name)];
}

const isEmpty = (record: EarnerRecord): boolean =>
  record.contact === null &&
  record.assertions.length + record.journal.length + record.linked.length === 0 &&
  record.awards.size + record.flags.size + record.lastSchemeGeneration === 0 &&
  record.linkedTo === null &&
  record.tombstone === null;

/** A version byte, and the record sealed whole: whoever merely writes to Redis cannot make one up. */
export const sealRecord = (vault: Vault, earner: EarnerKey, record: EarnerRecord): Buffer | null =>
  isEmpty(record) ? null : Buffer.concat([Buffer.of(VERSION), vault.sealBytes(encodeRecord(record), earner)]);

/** @param bytes null: nothing is stored. @throws RecordUnreadable */
export function openRecord(vault: Vault, earner: EarnerKey, bytes: Buffer | null): EarnerRecord {
  if (bytes === null) return EMPTY_RECORD;
  if (bytes[0] !== VERSION) throw new RecordUnreadable(earner, `it is of version ${bytes[0] ?? 'none'}`);
  try {
    return decodeRecord(vault.openBytes(bytes.subarray(1), earner), earner);
  } catch (cause) {
    throw new RecordUnreadable(earner, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Without decoding it: what cannot be opened is all that matters. Null: it is under our key. */
function resealed(vault: Vault, earner: EarnerKey, bytes: Buffer): Buffer | null {
  try {
    const sealed = vault.reseal(bytes.subarray(1), earner);
    return sealed === null ? null : Buffer.concat([bytes.subarray(0, 1), sealed]);
  } catch (cause) {
    throw new RecordUnreadable(earner, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function openedOr(vault: Vault, earner: EarnerKey, bytes: Buffer | null): EarnerRecord | RecordUnreadable {
  try {
    return openRecord(vault, earner, bytes);
  } catch (error) {
    if (error instanceof RecordUnreadable) return error;
    throw error;
  }
}
