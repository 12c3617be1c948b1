import { randomUUID } from 'node:crypto';
import { DateTime } from 'luxon';
import {
  isGiving,
  journalEntry,
  journalEntryForm,
  placeOf,
  withEntry,
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
  type Listed,
  type IndexPlace,
  type Span,
  type TimeIndex,
  type Walk,
} from './time-index.js';

/** What a change of a record is, and the entries that tell it: one write. */
export interface Told {
  readonly record: EarnerRecord;
  readonly entries: readonly JournalEntry[];
}

export interface JournalParts {
  readonly redis: RedisConnection;
  /** Of the keys, without a hash tag. */
  readonly prefix: string;
  readonly earners: EarnerStore;
  readonly vault: Vault;
  /** Whose days are counted. */
  readonly timeZone: string;
}

export type Journal = ReturnType<typeof createJournal>;

/** What was decided and done. A person's entries are in their record; those about nobody have a place of their own. */
export function createJournal({ redis, prefix, earners, vault, timeZone }: JournalParts) {
  const index = createTimeIndex(redis, prefix, timeZone);
  const general = createGeneralJournal(redis, prefix, index);
  const readAt = (places: readonly IndexPlace[]) => readPlaces(earners, general, places);
  async function* walkEntries(walk: Walk): AsyncGenerator<AtPlace> {
    for await (const places of index.walk(walk)) yield* await readAt(places);
  }
  const idOf = (earner: EarnerKey, { kind, atS, badgeId, event }: JournalEntry): string =>
    vault.name(JSON.stringify([earner, kind, atS, badgeId, event]), 'journal entry');

  /**
   * Changes a record and writes the entries that tell it, in one write; then the index. Idempotent: an entry that
   * tells the same as an earlier one is not added. On an erased record it becomes an entry about nobody.
   * @param how pure, as of `EarnerStore.update`
   */
  const tell = async (earner: EarnerKey, how: (record: EarnerRecord) => Told): Promise<EarnerRecord> => {
    const { record, entries } = await updateAndTell(earners, earner, how);
    if (isErased(record))
      for (const entry of entries) await general.put(idOf(earner, entry), anonymous(entry));
    else await index.add(entries.map((entry) => ofRecord(earner, record, entry)));
    return record;
  };

  return {
    tell,
    /** Writes entries, each about whom it names; one about nobody is added each time. */
    async write(entries: readonly JournalEntry[]): Promise<void> {
      await Promise.all(
        entries.map((entry) =>
          entry.earner === null
            ? general.put(randomUUID(), withoutAddress(entry))
            : tell(entry.earner, (record) => ({ record, entries: [entry] })),
        ),
      );
    },
    /** Somebody looked at their own page: one more in the entry of that day. */
    countView: (atS: number): Promise<void> =>
      general.countView(DateTime.fromSeconds(atS, { zone: timeZone }).startOf('day').toSeconds()),
    /** Everything about one address, oldest first. */
    ofEarner: async (earner: EarnerKey): Promise<readonly JournalEntry[]> =>
      (await earners.read(earner)).journal.toSorted((a, b) => a.atS - b.atS),
    /** Everyone whom an OBF event gave the award to. */
    async ofEvent(event: EventId): Promise<readonly JournalEntry[]> {
      const found = await readAt(await index.ofEvent(event));
      return found.flatMap(({ entry }) => (entry?.event === event && isGiving(entry) ? entry : []));
    },
    /** Streamed, in the order in which it happened. */
    async *read(query: JournalQuery): AsyncIterable<JournalEntry> {
      for await (const { entry } of walkEntries({ ...query, way: 'newer', beyond: null }))
        if (entry !== null && isAskedFor(entry, query)) yield entry;
    },
    page: (query: JournalQuery, asked: PageAsked) =>
      readPage(walkEntries({ ...query, ...asked }), query, asked),
    issuedByDay: (span: Span) => index.issuedByDay(span),
    /** Before an erasure: what stays of a person's entries, which then are about nobody. Idempotent. */
    async anonymise(earner: EarnerKey, entries: readonly JournalEntry[]): Promise<void> {
      // They were counted when they were indexed, and stay counted.
      for (const entry of entries) await general.put(idOf(earner, entry), anonymous(entry), false);
    },
    /** After an erasure: takes these entries of a person out of the index. */
    unindex: (earner: EarnerKey, entries: readonly (readonly [place: number, atS: number])[]) =>
      index.remove(entries.map(([place, atS]) => ({ atS, member: memberOf(earner, place) }))),
    /** Fills the index anew. @param records every address, in chunks */
    async rebuild(records: AsyncIterable<readonly (readonly [EarnerKey, EarnerRecord])[]>): Promise<void> {
      await index.clear();
      await general.reindex();
      for await (const some of records)
        await index.add(some.flatMap(([earner, record]) => ofWhole(earner, record)));
    },
  };
}

/** The change and the entries that tell it, in one compare-and-set; an erased record takes no entries. */
async function updateAndTell(
  earners: EarnerStore,
  earner: EarnerKey,
  how: (record: EarnerRecord) => Told,
): Promise<Told> {
  let entries: readonly JournalEntry[] = [];
  const record = await earners.update(earner, (before) => {
    const told = how(before);
    entries = told.entries.map(withoutAddress);
    if (isErased(told.record)) return told.record;
    const journal = entries.reduce(withEntry, told.record.journal);
    return journal === told.record.journal ? told.record : { ...told.record, journal };
  });
  return { record, entries };
}

const memberOf = (earner: EarnerKey, place: number): string => `${earner}:${place}`;

/** What OBF said of a person may name them. */
const withoutAddress = (entry: JournalEntry): JournalEntry =>
  entry.detail === null ? entry : { ...entry, detail: withoutAddresses(entry.detail) };

/** What stays of an entry: that it happened, when, and under which version of the rules. */
const anonymous = ({ kind, atS, award, badgeId, version }: JournalEntry): JournalEntry =>
  journalEntry(kind, atS, { award, badgeId, version });

function ofRecord(earner: EarnerKey, { journal }: EarnerRecord, entry: JournalEntry): Listed {
  const place = placeOf(journal, entry);
  return { member: memberOf(earner, place), entry: journal[place] ?? entry };
}

const ofWhole = (earner: EarnerKey, { journal }: EarnerRecord): readonly Listed[] =>
  journal.map((entry, place) => ({ member: memberOf(earner, place), entry }));

/** Which entries are asked for. */
export interface JournalQuery extends Span {
  readonly award?: AwardId;
  readonly kinds?: readonly JournalKind[];
  readonly event?: EventId;
}

/** Whether an entry is one of those asked for. */
export const isAskedFor = (
  { kind, atS, award, event }: JournalEntry,
  { fromS = -Infinity, untilS = Infinity, ...asked }: JournalQuery,
): boolean =>
  fromS <= atS &&
  atS < untilS &&
  (asked.award === undefined || award === asked.award) &&
  (asked.event === undefined || event === asked.event) &&
  (asked.kinds === undefined || asked.kinds.includes(kind));

/** What stands at a place of the index; null: its person is erased, or cannot be read. */
interface AtPlace {
  readonly place: IndexPlace;
  readonly entry: JournalEntry | null;
}

/** In their order. */
async function readPlaces(
  earners: EarnerStore,
  general: GeneralJournal,
  places: readonly IndexPlace[],
): Promise<readonly AtPlace[]> {
  const named = places.map((place) => {
    const end = place.member.lastIndexOf(':');
    return { place, earner: asEarnerKey(place.member.slice(0, end)), rest: place.member.slice(end + 1) };
  });
  const keys = [...new Set(named.flatMap(({ earner }) => (earner === '' ? [] : earner)))];
  const ids = named.flatMap(({ earner, rest }) => (earner === '' ? rest : []));
  const [records, others] = await Promise.all([earners.readMany(keys), general.find(ids)]);
  return named.map(({ place, earner, rest }) => {
    const record = records.get(earner) ?? EMPTY_RECORD;
    const journal = record instanceof RecordUnreadable ? [] : record.journal;
    const entry = earner === '' ? others.get(rest) : journal[Number(rest)];
    // A place of before an erasure may have its number again.
    return { place, entry: entry?.atS === place.atS ? entry : null };
  });
}

/** Which page of the journal. */
export interface PageAsked extends Pick<Walk, 'way' | 'beyond'> {
  /** How many entries at most. */
  readonly size: number;
}

/** How many places are looked at for one page, whatever stands there: some tenths of a second. */
const MAX_LOOKED_AT = 5000;

async function readPage(
  places: AsyncIterable<AtPlace>,
  query: JournalQuery,
  { size, way, beyond }: PageAsked,
) {
  const found: { readonly place: IndexPlace; readonly entry: JournalEntry }[] = [];
  let lookedAt = 0;
  let last: IndexPlace | null = null;
  for await (const { place, entry } of places) {
    if (entry !== null && isAskedFor(entry, query)) found.push({ place, entry });
    lookedAt += 1;
    last = place;
    if (found.length > size || lookedAt === MAX_LOOKED_AT) break;
  }
  const shown = found.slice(0, size);
  const hasMore = found.length > size;
  const isPartial = !hasMore && lookedAt === MAX_LOOKED_AT;
  const far = hasMore ? (shown.at(-1)?.place ?? null) : isPartial ? last : null;
  const near = beyond === null ? null : (shown[0]?.place ?? null);
  return {
    /** What happened last comes first. */
    entries: (way === 'older' ? shown : shown.toReversed()).map(({ entry }) => entry),
    /** From where the page before, or after, is read; null: there is none. */
    older: way === 'older' ? far : near,
    newer: way === 'older' ? near : far,
    /** So many entries were looked at that the rest is left to the next page. */
    isPartial,
  };
}

type GeneralJournal = ReturnType<typeof createGeneralJournal>;

/** What begins the id of a day's views; when the day begins stands after it, and how many as its value. */
const VIEWED = 'viewed-';

const entryIn = (id: string, text: string): JournalEntry =>
  id.startsWith(VIEWED)
    ? journalEntry('viewed', Number(id.slice(VIEWED.length)), { detail: text })
    : journalEntryForm.parse(JSON.parse(text));

const listed = (id: string, entry: JournalEntry): Listed => ({ member: `:${id}`, entry });

/** Entries about nobody: rules that were applied, erasures in numbers, and what stays of erased people's entries. */
function createGeneralJournal(redis: RedisConnection, prefix: string, index: TimeIndex) {
  const key = `${prefix}:journal:{log}:general`;
  return {
    /** Idempotent by id. @param isCounted as of the index */
    async put(id: string, entry: JournalEntry, isCounted = true): Promise<void> {
      await redis.hset(key, id, JSON.stringify(entry));
      await index.add([listed(id, entry)], isCounted);
    },
    /** One view more. @param dayS when the day begins */
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
    /** Lists all of them in the index. Idempotent. */
    async reindex(): Promise<void> {
      const pages: AsyncIterable<readonly string[]> = redis.hscanStream(key, { count: 500 });
      for await (const flat of pages)
        await index.add(
          flat.flatMap((id, at) => (at % 2 === 0 ? listed(id, entryIn(id, flat[at + 1] ?? '')) : [])),
        );
    },
  };
}
