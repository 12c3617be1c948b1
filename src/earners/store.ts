import { isDeepStrictEqual } from 'node:util';
import { Packr } from 'msgpackr';
import { z } from 'zod';
import { asEarnerKey, type EarnerKey } from '../ids.js';
import { isCluster, type RedisConnection } from '../platform/redis.js';
import { chunked, countKeys, scanKeys, updateValue } from '../platform/redis-commands.js';
import type { Vault } from '../platform/vault.js';
import {
  earnerRecord,
  EMPTY_RECORD,
  requireReadable,
  RecordUnreadable,
  type EarnerRecord,
} from './record.js';

export type EarnerStore = ReturnType<typeof createEarnerStore>;

/** How many records one command reads: it blocks Redis for less than a millisecond. */
const READ_TOGETHER = 100;

/** Returns the Redis key of an address' record. */
export const recordKey = (prefix: string, earner: EarnerKey): string => `${prefix}:{${earner}}`;

/**
 * The records of all addresses, one string each. In a cluster all data of an address is in one slot.
 * @param prefix of the keys, without a hash tag: each earner key makes its own slot
 */
export function createEarnerStore(redis: RedisConnection, prefix: string, vault: Vault) {
  const keyOf = (earner: EarnerKey): string => recordKey(prefix, earner);
  const anyKey = keyOf(asEarnerKey('*'));
  return {
    /** Reads one snapshot; the empty record when nothing is stored. @throws RecordUnreadable */
    read: async (earner: EarnerKey): Promise<EarnerRecord> =>
      requireReadable(openRecord(vault, earner, await redis.getBuffer(keyOf(earner)))),
    /** Reads many records in as few commands as possible; the error of each that cannot be read. */
    async readMany(earners: readonly EarnerKey[]) {
      // In a cluster each key has its own slot, and one command reads one slot.
      const perCommand = isCluster(redis) ? 1 : READ_TOGETHER;
      const reads = [...chunked(earners, perCommand)].map((some) => redis.mgetBuffer(some.map(keyOf)));
      const values = (await Promise.all(reads)).flat();
      return new Map(earners.map((earner, at) => [earner, openRecord(vault, earner, values[at] ?? null)]));
    },
    /**
     * Stores what `how` returns for the record, by compare-and-set. `how` is pure, runs again when another writer was
     * quicker, and returns the same record when nothing changes.
     * @returns the record that is stored now
     * @throws RecordUnreadable
     */
    async update(earner: EarnerKey, how: (record: EarnerRecord) => EarnerRecord): Promise<EarnerRecord> {
      let stored: EarnerRecord = EMPTY_RECORD;
      await updateValue(redis, keyOf(earner), (read) => {
        const before = requireReadable(openRecord(vault, earner, read));
        stored = how(before);
        return stored === before ? read : sealRecord(vault, earner, stored);
      });
      return stored;
    },
    /**
     * Seals the record again if it is sealed under `PALIER_KEY_OLD`. Idempotent. @returns whether it was
     * @throws RecordUnreadable when it is sealed under neither key
     */
    async reseal(earner: EarnerKey): Promise<boolean> {
      let isResealed = false;
      await updateValue(redis, keyOf(earner), (read) => {
        const next =
          read === null ? null : requireReadable(attempt(earner, () => vault.resealValue(read, earner)));
        isResealed = next !== null;
        return next ?? read;
      });
      return isResealed;
    },
    /** Yields the key of every address that has a record, in chunks, each once. */
    async *keys(): AsyncGenerator<readonly EarnerKey[]> {
      for await (const keys of scanKeys(redis, anyKey)) yield keys.flatMap((key) => earnerIn(prefix, key));
    },
    /** Returns about how many records there are. */
    count: (): Promise<number> => countKeys(redis, anyKey),
  };
}

function earnerIn(prefix: string, key: string): readonly EarnerKey[] {
  const name = key.slice(`${prefix}:{`.length, -1);
  return /[{}]/.test(name) ? [] : [asEarnerKey(name)];
}

/** Seals a record; null for the empty one, which is not stored. */
export const sealRecord = (vault: Vault, earner: EarnerKey, record: EarnerRecord): Buffer | null =>
  isDeepStrictEqual(record, EMPTY_RECORD) ? null : vault.sealValue(encodeRecord(record), earner);

/** @param bytes null: nothing is stored */
const openRecord = (vault: Vault, earner: EarnerKey, bytes: Buffer | null) =>
  bytes === null ? EMPTY_RECORD : attempt(earner, () => decodeRecord(vault.openValue(bytes, earner), earner));

/** Returns what `open` returns, or its error as a RecordUnreadable. */
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
 * Encodes a record as a msgpack value of plain lists. Ids repeat: an award's event is in the ledger, the journal and
 * the assertions. So a table has each text once, and a list of one number, its place there, replaces it elsewhere.
 * Nothing else is a list of one number. Assertion ids, 40 hexadecimal digits, take 20 bytes. Entries omit their earner.
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
 * Decodes what `encodeRecord` wrote.
 * @param earner the record's, put back into its journal entries
 * @throws ZodError, or an error of msgpackr, for anything else
 */
export function decodeRecord(bytes: Buffer, earner: EarnerKey): EarnerRecord {
  const [table, rows] = form.parse(packr.unpack(bytes));
  const texts = table.map((text) => (Buffer.isBuffer(text) ? text.toString('hex') : text));
  const withTexts = (value: unknown): unknown => {
    if (!Array.isArray(value)) return value;
    const isPlace = value.length === 1 && typeof value[0] === 'number';
    return isPlace ? texts[value[0]] : value.map(withTexts);
  };
  const record = earnerRecord.parse(withTexts(rows));
  return { ...record, journal: record.journal.map((entry) => ({ ...entry, earner })) };
}
