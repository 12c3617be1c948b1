import { randomUUID } from 'node:crypto';
import { DateTime } from 'luxon';
import {
  isGiving,
  journalEntry,
  journalEntryForm,
  placeOf,
  withEntry,
  type JournalEntry,
} from '../earners/journal-entry.js';
import { isErased, RecordUnreadable, type EarnerRecord } from '../earners/record.js';
import type { EarnerStore } from '../earners/store.js';
import { asEarnerKey, type EarnerKey, type EventId } from '../ids.js';
import { withoutAddresses } from '../platform/logger.js';
import type { RedisConnection } from '../platform/redis.js';
import type { Vault } from '../platform/vault.js';
import { isAskedFor, readPage, type Found, type JournalQuery, type PageAsked } from './pages.js';
import { createTimeIndex, type Listed, type Place, type Span } from './time-index.js';

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
  const general = createGeneralJournal(redis, prefix);
  const foundAt = (places: readonly Place[]) => readFound(earners, general, places);
  const addGeneral = async (id: string, entry: JournalEntry, isCounted = true): Promise<void> => {
    await general.put(id, entry);
    await index.add([{ member: `:${id}`, entry, isCounted }]);
  };
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
      for (const entry of entries) await addGeneral(idOf(earner, entry), anonymous(entry));
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
            ? addGeneral(randomUUID(), withoutAddress(entry))
            : tell(entry.earner, (record) => ({ record, entries: [entry] })),
        ),
      );
    },
    /** Somebody looked at their own page: one more in the entry of that day. */
    async countView(atS: number): Promise<void> {
      const dayS = DateTime.fromSeconds(atS, { zone: timeZone }).startOf('day').toSeconds();
      const member = `:${await general.countView(dayS)}`;
      await index.add([{ member, entry: journalEntry('viewed', dayS, {}), isCounted: false }]);
    },
    /** Everything about one address, oldest first. */
    ofEarner: async (earner: EarnerKey): Promise<readonly JournalEntry[]> =>
      (await earners.read(earner)).journal.toSorted((a, b) => a.atS - b.atS),
    /** Everyone whom an OBF event gave the award to. */
    async ofEvent(event: EventId): Promise<readonly JournalEntry[]> {
      const found = await foundAt(await index.ofEvent(event));
      return found.flatMap(({ entry }) => (entry.event === event && isGiving(entry) ? entry : []));
    },
    /** Streamed, in the order in which it happened. */
    async *read(query: JournalQuery): AsyncIterable<JournalEntry> {
      for await (const places of index.walk({ ...query, way: 'newer', beyond: null }))
        for (const { entry } of await foundAt(places)) if (isAskedFor(entry, query)) yield entry;
    },
    page: (query: JournalQuery, asked: PageAsked) => readPage(index.walk, foundAt, query, asked),
    issuedByDay: (span: Span) => index.issuedByDay(span),
    /** Before an erasure: what stays of a person's entries, which then are about nobody. Idempotent. */
    async anonymise(earner: EarnerKey, entries: readonly JournalEntry[]): Promise<void> {
      // They were counted when they were indexed, and stay counted.
      for (const entry of entries) await addGeneral(idOf(earner, entry), anonymous(entry), false);
    },
    /** After an erasure: takes these entries of a person out of the index. */
    unindex: (earner: EarnerKey, entries: readonly (readonly [place: number, atS: number])[]) =>
      index.remove(entries.map(([place, atS]) => ({ atS, member: memberOf(earner, place) }))),
    /** Fills the index anew. @param records every address, in chunks */
    async rebuild(records: AsyncIterable<readonly (readonly [EarnerKey, EarnerRecord])[]>): Promise<void> {
      await index.clear();
      for await (const entries of general.all())
        await index.add(entries.map(([id, entry]) => ({ member: `:${id}`, entry, isCounted: true })));
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
  return { member: memberOf(earner, place), entry: journal[place] ?? entry, isCounted: true };
}

const ofWhole = (earner: EarnerKey, record: EarnerRecord): readonly Listed[] =>
  record.journal.map((entry) => ofRecord(earner, record, entry));

/** In their order. One whose person is erased, or cannot be read, is left out. */
async function readFound(
  earners: EarnerStore,
  general: GeneralJournal,
  places: readonly Place[],
): Promise<readonly Found[]> {
  const named = places.map((place) => {
    const end = place.member.lastIndexOf(':');
    return { place, earner: asEarnerKey(place.member.slice(0, end)), rest: place.member.slice(end + 1) };
  });
  const keys = [...new Set(named.flatMap(({ earner }) => (earner === '' ? [] : earner)))];
  const ids = named.flatMap(({ earner, rest }) => (earner === '' ? rest : []));
  const [records, others] = await Promise.all([earners.readMany(keys), general.find(ids)]);
  const journals = new Map(
    records.map((one, at) => [keys[at] ?? '', one instanceof RecordUnreadable ? [] : one.journal] as const),
  );
  return named.flatMap(({ place, earner, rest }) => {
    const entry = earner === '' ? others.get(rest) : journals.get(earner)?.[Number(rest)];
    // A place of before an erasure may have its number again.
    return entry?.atS === place.atS ? [{ place, entry }] : [];
  });
}

type GeneralJournal = ReturnType<typeof createGeneralJournal>;

/** What begins the id of a day's views; when the day begins stands after it, and how many as its value. */
const VIEWED = 'viewed-';

const entryIn = (id: string, text: string): JournalEntry =>
  id.startsWith(VIEWED)
    ? journalEntry('viewed', Number(id.slice(VIEWED.length)), { detail: text })
    : journalEntryForm.parse(JSON.parse(text));

/** Entries about nobody: rules that were applied, erasures in numbers, and what stays of erased people's entries. */
function createGeneralJournal(redis: RedisConnection, prefix: string) {
  const key = `${prefix}:journal:{log}:general`;
  return {
    /** Idempotent by id. */
    put: (id: string, entry: JournalEntry): Promise<unknown> => redis.hset(key, id, JSON.stringify(entry)),
    /** One view more. @param dayS when the day begins @returns the id */
    async countView(dayS: number): Promise<string> {
      await redis.hincrby(key, `${VIEWED}${dayS}`, 1);
      return `${VIEWED}${dayS}`;
    },
    async find(ids: readonly string[]): Promise<ReadonlyMap<string, JournalEntry>> {
      const texts = ids.length === 0 ? [] : await redis.hmget(key, ...ids);
      const found = ids.flatMap((id, at) => {
        const text = texts[at] ?? null;
        return text === null ? [] : [[id, entryIn(id, text)] as const];
      });
      return new Map(found);
    },
    async *all(): AsyncGenerator<readonly (readonly [id: string, entry: JournalEntry])[]> {
      const pages: AsyncIterable<readonly string[]> = redis.hscanStream(key, { count: 500 });
      for await (const flat of pages)
        yield flat.flatMap((id, at) =>
          at % 2 === 0 ? [[id, entryIn(id, flat[at + 1] ?? '')] as const] : [],
        );
    },
  };
}
