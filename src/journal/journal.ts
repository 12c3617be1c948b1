import { randomUUID } from 'node:crypto';
import { DateTime } from 'luxon';
import {
  recordsAward,
  journalEntry,
  journalEntryForm,
  indexOfEntry,
  addEntry,
  type JournalEntry,
  type JournalKind,
} from '../earners/journal-entry.js';
import { EMPTY_RECORD, isErased, RecordUnreadable, type EarnerRecord } from '../earners/record.js';
import type { EarnerStore } from '../earners/store.js';
import { asEarnerKey, type AwardId, type EarnerKey, type EventId } from '../ids.js';
import { withoutAddresses } from '../platform/logger.js';
import type { RedisConnection } from '../platform/redis.js';
import type { Vault } from '../platform/vault.js';
import {
  createTimeIndex,
  type IndexedEntry,
  type IndexPlace,
  type Span,
  type TimeIndex,
  type Walk,
} from './time-index.js';

/** A changed record and the entries about the change: one write. */
export interface JournaledChange {
  readonly record: EarnerRecord;
  readonly entries: readonly JournalEntry[];
}

interface JournalParts {
  readonly redis: RedisConnection;
  /** The prefix of the keys, without a hash tag. */
  readonly prefix: string;
  readonly earners: EarnerStore;
  readonly vault: Vault;
  /** The zone of the days by which awards and views are counted. */
  readonly timeZone: string;
}

export type Journal = ReturnType<typeof createJournal>;

/** What was decided and done. A person's entries are in their record; entries about nobody are stored apart. */
export function createJournal({ redis, prefix, earners, vault, timeZone }: JournalParts) {
  const index = createTimeIndex(redis, prefix, timeZone);
  const general = createGeneralJournal(redis, prefix, index);
  const entriesAt = (places: readonly IndexPlace[]) => readPlaces(earners, general, places);
  async function* walkEntries(walk: Walk): AsyncGenerator<PlacedEntry> {
    for await (const places of index.walk(walk)) yield* await entriesAt(places);
  }
  const anonymousId = (earner: EarnerKey, { kind, atS, badgeId, event }: JournalEntry): string =>
    vault.name(JSON.stringify([earner, kind, atS, badgeId, event]), 'journal entry');

  /**
   * Changes a record and adds the entries about the change, in one write; then indexes them. Idempotent: an entry that
   * records the same as an earlier one is not added. Entries of an erased person become entries about nobody.
   * @param how pure, as of `EarnerStore.update`
   */
  const updateWithEntries = async (
    earner: EarnerKey,
    how: (record: EarnerRecord) => JournaledChange,
  ): Promise<EarnerRecord> => {
    const { record, entries } = await writeWithEntries(earners, earner, how);
    if (isErased(record))
      for (const entry of entries) await general.put(anonymousId(earner, entry), anonymous(entry));
    else await index.add(entries.map((entry) => ofRecord(earner, record, entry)));
    return record;
  };

  return {
    updateWithEntries,
    /** Writes entries to the records of their earners. Idempotent, but for entries about nobody. */
    async write(entries: readonly JournalEntry[]): Promise<void> {
      await Promise.all(
        entries.map((entry) =>
          entry.earner === null
            ? general.put(randomUUID(), withoutAddress(entry))
            : updateWithEntries(entry.earner, (record) => ({ record, entries: [entry] })),
        ),
      );
    },
    /** Counts one view of an earner's own page, in the entry of that day. */
    countView: (atS: number): Promise<void> =>
      general.countView(DateTime.fromSeconds(atS, { zone: timeZone }).startOf('day').toSeconds()),
    /** Returns the entries of one address, oldest first. */
    ofEarner: async (earner: EarnerKey): Promise<readonly JournalEntry[]> =>
      (await earners.read(earner)).journal.toSorted((a, b) => a.atS - b.atS),
    /** Returns the entries of awards that an OBF event gave. */
    async ofEvent(event: EventId): Promise<readonly JournalEntry[]> {
      const placed = await entriesAt(await index.ofEvent(event));
      return placed.flatMap(({ entry }) => (entry?.event === event && recordsAward(entry) ? entry : []));
    },
    /** Streams entries, oldest first. */
    async *read(query: JournalQuery): AsyncIterable<JournalEntry> {
      for await (const { entry } of walkEntries({ ...query, direction: 'newer', after: null }))
        if (entry !== null && matchesQuery(entry, query)) yield entry;
    },
    page: (query: JournalQuery, page: JournalPageRequest) =>
      readPage(walkEntries({ ...query, ...page }), query, page),
    issuedByDay: (span: Span) => index.issuedByDay(span),
    /** Before an erasure: writes what stays of a person's entries, as entries about nobody. Idempotent. */
    async anonymise(earner: EarnerKey, entries: readonly JournalEntry[]): Promise<void> {
      // They are counted already, since they were indexed.
      for (const entry of entries) await general.put(anonymousId(earner, entry), anonymous(entry), false);
    },
    /** After an erasure: removes these entries of a person from the index. */
    unindex: (earner: EarnerKey, entries: readonly (readonly [place: number, atS: number])[]) =>
      index.remove(entries.map(([place, atS]) => ({ atS, member: memberOf(earner, place) }))),
    /** Rebuilds the index. @param records of every address, in chunks */
    async rebuild(records: AsyncIterable<readonly (readonly [EarnerKey, EarnerRecord])[]>): Promise<void> {
      await index.clear();
      await general.reindex();
      for await (const some of records)
        await index.add(some.flatMap(([earner, record]) => ofWhole(earner, record)));
    },
  };
}

/** Changes a record and adds its entries in one compare-and-set; an erased record takes no entries. */
async function writeWithEntries(
  earners: EarnerStore,
  earner: EarnerKey,
  how: (record: EarnerRecord) => JournaledChange,
): Promise<JournaledChange> {
  let entries: readonly JournalEntry[] = [];
  const record = await earners.update(earner, (before) => {
    const change = how(before);
    const after = change.record;
    entries = change.entries.map(withoutAddress);
    if (isErased(after)) return after;
    const journal = entries.reduce(addEntry, after.journal);
    return journal === after.journal ? after : { ...after, journal };
  });
  return { record, entries };
}

const memberOf = (earner: EarnerKey, place: number): string => `${earner}:${place}`;

/** OBF's message about a person may contain their address. */
const withoutAddress = (entry: JournalEntry): JournalEntry =>
  entry.detail === null ? entry : { ...entry, detail: withoutAddresses(entry.detail) };

/** Keeps of an entry what happened, when, and under which version of the rules. */
const anonymous = ({ kind, atS, award, badgeId, version }: JournalEntry): JournalEntry =>
  journalEntry(kind, atS, { award, badgeId, version });

function ofRecord(earner: EarnerKey, { journal }: EarnerRecord, entry: JournalEntry): IndexedEntry {
  const place = indexOfEntry(journal, entry);
  return { member: memberOf(earner, place), entry: journal[place] ?? entry };
}

const ofWhole = (earner: EarnerKey, { journal }: EarnerRecord): readonly IndexedEntry[] =>
  journal.map((entry, place) => ({ member: memberOf(earner, place), entry }));

/** Which entries to read. */
export interface JournalQuery extends Span {
  readonly award?: AwardId;
  readonly kinds?: readonly JournalKind[];
  readonly event?: EventId;
}

/** Whether an entry matches a query. */
export const matchesQuery = (
  { kind, atS, award, event }: JournalEntry,
  { fromS = -Infinity, untilS = Infinity, ...query }: JournalQuery,
): boolean =>
  fromS <= atS &&
  atS < untilS &&
  (query.award === undefined || award === query.award) &&
  (query.event === undefined || event === query.event) &&
  (query.kinds === undefined || query.kinds.includes(kind));

/** A place of the index and its entry; null: the person is erased, or their record cannot be read. */
interface PlacedEntry {
  readonly place: IndexPlace;
  readonly entry: JournalEntry | null;
}

/** Reads the entries at these places, in the same order. */
async function readPlaces(earners: EarnerStore, general: GeneralJournal, places: readonly IndexPlace[]) {
  const parsed = places.map((place) => {
    const end = place.member.lastIndexOf(':');
    return { place, earner: asEarnerKey(place.member.slice(0, end)), id: place.member.slice(end + 1) };
  });
  const keys = [...new Set(parsed.flatMap(({ earner }) => (earner === '' ? [] : earner)))];
  const generalIds = parsed.flatMap(({ earner, id }) => (earner === '' ? id : []));
  const [records, generalEntries] = await Promise.all([earners.readMany(keys), general.find(generalIds)]);
  return parsed.map(({ place, earner, id }): PlacedEntry => {
    const record = records.get(earner) ?? EMPTY_RECORD;
    const journal = record instanceof RecordUnreadable ? [] : record.journal;
    const entry = earner === '' ? generalEntries.get(id) : journal[Number(id)];
    // After an erasure, a new entry may have the number of an old one; its instant differs.
    return { place, entry: entry?.atS === place.atS ? entry : null };
  });
}

/** Which page of the journal. */
export interface JournalPageRequest extends Pick<Walk, 'direction' | 'after'> {
  /** How many entries at most. */
  readonly size: number;
}

/** How many places are read for one page, matching or not: some tenths of a second. */
const MAX_PLACES_READ = 5000;

async function readPage(
  places: AsyncIterable<PlacedEntry>,
  query: JournalQuery,
  { size, direction, after }: JournalPageRequest,
) {
  const matches: { readonly place: IndexPlace; readonly entry: JournalEntry }[] = [];
  let placesRead = 0;
  let last: IndexPlace | null = null;
  for await (const { place, entry } of places) {
    if (entry !== null && matchesQuery(entry, query)) matches.push({ place, entry });
    placesRead += 1;
    last = place;
    if (matches.length > size || placesRead === MAX_PLACES_READ) break;
  }
  const shown = matches.slice(0, size);
  const hasMore = matches.length > size;
  const isPartial = !hasMore && placesRead === MAX_PLACES_READ;
  const next = hasMore ? (shown.at(-1)?.place ?? null) : isPartial ? last : null;
  const previous = after === null ? null : (shown[0]?.place ?? null);
  return {
    /** The newest first. */
    entries: (direction === 'older' ? shown : shown.toReversed()).map(({ entry }) => entry),
    /** Where the next page begins, of older entries and of newer ones; null: there is none. */
    older: direction === 'older' ? next : previous,
    newer: direction === 'older' ? previous : next,
    /** Whether `MAX_PLACES_READ` ended the page before it was full. */
    isPartial,
  };
}

type GeneralJournal = ReturnType<typeof createGeneralJournal>;

/** Prefix of the id of a day's views. The start of the day follows; the value is their number. */
const VIEWED = 'viewed-';

const entryIn = (id: string, text: string): JournalEntry =>
  id.startsWith(VIEWED)
    ? journalEntry('viewed', Number(id.slice(VIEWED.length)), { detail: text })
    : journalEntryForm.parse(JSON.parse(text));

const listed = (id: string, entry: JournalEntry): IndexedEntry => ({ member: `:${id}`, entry });

/** Entries about nobody: applied rules, erasures in numbers, what stays of erased people's entries. */
function createGeneralJournal(redis: RedisConnection, prefix: string, index: TimeIndex) {
  const key = `${prefix}:journal:{log}:general`;
  return {
    /** Writes and indexes an entry. Idempotent by id. @param isCounted as of the index */
    async put(id: string, entry: JournalEntry, isCounted = true): Promise<void> {
      await redis.hset(key, id, JSON.stringify(entry));
      await index.add([listed(id, entry)], isCounted);
    },
    /** Counts one view. @param dayS the start of the day */
    async countView(dayS: number): Promise<void> {
      const id = `${VIEWED}${dayS}`;
      await index.add([listed(id, entryIn(id, String(await redis.hincrby(key, id, 1))))]);
    },
    async find(ids: readonly string[]): Promise<ReadonlyMap<string, JournalEntry>> {
      const texts = ids.length === 0 ? [] : await redis.hmget(key, ...ids);
      const entries = new Map<string, JournalEntry>();
      for (const [at, id] of ids.entries()) {
        const text = texts[at] ?? null;
        if (text !== null) entries.set(id, entryIn(id, text));
      }
      return entries;
    },
    /** Indexes all entries again. Idempotent. */
    async reindex(): Promise<void> {
      const pages: AsyncIterable<readonly string[]> = redis.hscanStream(key, { count: 500 });
      for await (const flat of pages)
        await index.add(
          flat.flatMap((id, at) => (at % 2 === 0 ? listed(id, entryIn(id, flat[at + 1] ?? '')) : [])),
        );
    },
  };
}
