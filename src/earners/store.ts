import { isDeepStrictEqual } from 'node:util';
import { Packr } from 'msgpackr';
import { z } from 'zod';
import { asEarnerKey, type EarnerKey } from '../ids.js';
import { isCluster, type RedisConnection } from '../platform/redis.js';
import { chunked, countKeys, scanKeys, updateValue } from '../platform/redis-commands.js';
import type { Vault } from '../platform/vault.js';
import { earnerRecord, EMPTY_RECORD, readable, RecordUnreadable, type EarnerRecord } from './record.js';

export type EarnerStore = ReturnType<typeof createEarnerStore>;

/** How many records one command reads: Redis does nothing else meanwhile, for less than a millisecond. */
const READ_TOGETHER = 100;

/** Where the record of an address is stored. @param prefix of the keys */
export const recordKey = (prefix: string, earner: EarnerKey): string => `${prefix}:{${earner}}`;

/**
 * What is stored of each address, in one string each, and so in one slot of a cluster.
 * @param prefix of the keys, without a hash tag: each earner key makes its own slot
 */
export function createEarnerStore(redis: RedisConnection, prefix: string, vault: Vault) {
  const keyOf = (earner: EarnerKey): string => recordKey(prefix, earner);
  const anyKey = keyOf(asEarnerKey('*'));
  return {
    /** One snapshot; the empty record where nothing is stored. @throws RecordUnreadable */
    read: async (earner: EarnerKey): Promise<EarnerRecord> =>
      readable(openRecord(vault, earner, await redis.getBuffer(keyOf(earner)))),
    /** The same of many, in as few commands as possible. One that cannot be read stands as its error. */
    async readMany(
      earners: readonly EarnerKey[],
    ): Promise<ReadonlyMap<EarnerKey, EarnerRecord | RecordUnreadable>> {
      // In a cluster each is in a slot of its own.
      const together = isCluster(redis) ? 1 : READ_TOGETHER;
      const asked = [...chunked(earners, together)].map((some) => redis.mgetBuffer(some.map(keyOf)));
      const found = (await Promise.all(asked)).flat();
      return new Map(earners.map((earner, at) => [earner, openRecord(vault, earner, found[at] ?? null)]));
    },
    /**
     * Compare-and-set: stores what `how` makes of the record. `how` is pure, runs again when another writer was
     * quicker, and returns the record itself where nothing changes.
     * @returns the record that is stored now
     * @throws RecordUnreadable
     */
    async update(earner: EarnerKey, how: (record: EarnerRecord) => EarnerRecord): Promise<EarnerRecord> {
      let stored: EarnerRecord = EMPTY_RECORD;
      await updateValue(redis, keyOf(earner), (read) => {
        const before = readable(openRecord(vault, earner, read));
        stored = how(before);
        return stored === before ? read : sealRecord(vault, earner, stored);
      });
      return stored;
    },
    /**
     * Seals the record anew if it is sealed under `PALIER_KEY_OLD`. Idempotent. @returns whether it was
     * @throws RecordUnreadable when it is sealed under neither key
     */
    async reseal(earner: EarnerKey): Promise<boolean> {
      let isAnew = false;
      await updateValue(redis, keyOf(earner), (read) => {
        const anew = read === null ? null : readable(attempt(earner, () => vault.resealValue(read, earner)));
        isAnew = anew !== null;
        return anew ?? read;
      });
      return isAnew;
    },
    /** The key of every address that anything is stored of, in chunks, each once. */
    async *keys(): AsyncGenerator<readonly EarnerKey[]> {
      for await (const keys of scanKeys(redis, anyKey)) yield keys.flatMap((key) => earnerIn(prefix, key));
    },
    /** About how many there are. */
    count: (): Promise<number> => countKeys(redis, anyKey),
  };
}

function earnerIn(prefix: string, key: string): readonly EarnerKey[] {
  const name = key.slice(`${prefix}:{`.length, -1);
  return /[{}]/.test(name) ? [] : [asEarnerKey(name)];
}

/** Null for the empty record. */
export const sealRecord = (vault: Vault, earner: EarnerKey, record: EarnerRecord): Buffer | null =>
  isDeepStrictEqual(record, EMPTY_RECORD) ? null : vault.sealValue(encodeRecord(record), earner);

/** @param bytes null: nothing is stored */
const openRecord = (
  vault: Vault,
  earner: EarnerKey,
  bytes: Buffer | null,
): EarnerRecord | RecordUnreadable =>
  bytes === null ? EMPTY_RECORD : attempt(earner, () => decodeRecord(vault.openValue(bytes, earner), earner));

/** What `open` returns, or why it cannot. */
function attempt<T>(earner: EarnerKey, open: () => T): T | RecordUnreadable {
  try {
    return open();
  } catch (cause) {
    return new RecordUnreadable(earner, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

const packr = new Packr({ useRecords: false });
const HEX_ID = /^[0-9a-f]{40}$/;

/**
 * A record as a msgpack value of plain lists. Ids repeat (an award's event stands in the ledger, the journal and the
 * assertions), so each text is stored once, in a table, and a list of its place alone stands for it: nothing else is a
 * list of one number. Assertion ids, being 40 hexadecimal digits, take 20 bytes. Entries do not repeat whose they are.
 */
export function encodeRecord(record: EarnerRecord): Buffer {
  const places = new Map<string, number>();
  const withPlaces = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(withPlaces);
    if (typeof value !== 'string') return value;
    const place = places.get(value) ?? places.size;
    places.set(value, place);
    return [place];
  };
  const journal = record.journal.map((entry) => ({ ...entry, earner: null }));
  const rows = withPlaces(z.encode(earnerRecord, { ...record, journal }));
  const texts = [...places.keys()].map((text) => (HEX_ID.test(text) ? Buffer.from(text, 'hex') : text));
  return packr.pack([texts, rows]);
}

const form = z.tuple([z.array(z.unknown()), z.unknown()]);

/**
 * @param earner whose record it is
 * @throws ZodError, or an error of msgpackr, for what `encodeRecord` never makes
 */
export function decodeRecord(bytes: Buffer, earner: EarnerKey): EarnerRecord {
  const [table, rows] = form.parse(packr.unpack(bytes));
  const texts = table.map((one) => (Buffer.isBuffer(one) ? one.toString('hex') : one));
  const withTexts = (value: unknown): unknown => {
    if (!Array.isArray(value)) return value;
    const isPlace = value.length === 1 && typeof value[0] === 'number';
    return isPlace ? texts[value[0]] : value.map(withTexts);
  };
  const record = earnerRecord.parse(withTexts(rows));
  return { ...record, journal: record.journal.map((entry) => ({ ...entry, earner })) };
}
