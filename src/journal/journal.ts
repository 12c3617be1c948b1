import { randomUUID } from 'node:crypto';
import { DateTime } from 'luxon';
import { isGiving, journalEntry, placeOf, withEntry, type JournalEntry } from '../earners/journal-entry.js';
import { isErased, RecordUnreadable, type EarnerRecord } from '../earners/record.js';
import type { EarnerStore } from '../earners/store.js';
import { asEarnerKey, type EarnerKey, type EventId } from '../ids.js';
import { withoutAddresses } from '../platform/logger.js';
import type { RedisConnection } from '../platform/redis.js';
import type { Vault } from '../platform/vault.js';
import { dayOf, monthOf } from './calendar.js';
import { createGeneralJournal, type GeneralJournal } from './general.js';
import { issuedByDay, type IssuedByDay } from './issued-by-day.js';
import { createPages, type Found, type JournalPage, type PageAsked } from './pages.js';
import { isAskedFor, type JournalQuery } from './query.js';
import { createTimeIndex, type Indexed, type Place } from './time-index.js';

/** What a change of a record is, and the entries that tell it: one write. */
export interface Told {
  readonly record: EarnerRecord;
  readonly entries: readonly JournalEntry[];
}

/** What was decided and done. A person's entries are in their record; those about nobody have a place of their own. */
export interface Journal {
  /**
   * Changes a record and writes the entries that tell it, in one write; then the index. Idempotent: an entry that
   * tells the same as an earlier one is not added. On an erased record it becomes an entry about nobody.
   * @param how pure, as of `EarnerStore.update`
   */
  tell(earner: EarnerKey, how: (record: EarnerRecord) => Told): Promise<EarnerRecord>;
  /** Writes entries, each about whom it names; one about nobody is added each time. */
  write(entries: readonly JournalEntry[]): Promise<void>;
  /** Somebody looked at their own page: one more in the entry of that day. */
  countView(atS: number): Promise<void>;
  /** Everything about one address, oldest first. */
  ofEarner(earner: EarnerKey): Promise<readonly JournalEntry[]>;
  /** Everyone whom an OBF event gave the award to. */
  ofEvent(event: EventId): Promise<readonly JournalEntry[]>;
  /** Streamed, in the order in which it happened. */
  read(query: JournalQuery): AsyncIterable<JournalEntry>;
  page(query: JournalQuery, asked: PageAsked): Promise<JournalPage>;
  /** How many of each award were issued, on whole days: that of `fromS`, that before `untilS`, and those between. */
  issuedByDay(query: Pick<JournalQuery, 'fromS' | 'untilS'>): Promise<IssuedByDay>;
  /** Before an erasure: what stays of a person's entries, which then are about nobody. Idempotent. */
  anonymise(earner: EarnerKey, entries: readonly JournalEntry[]): Promise<void>;
  /** After an erasure: takes these entries of a person out of the index. */
  unindex(earner: EarnerKey, entries: readonly (readonly [place: number, atS: number])[]): Promise<void>;
  /** Fills the index anew. @param records every address', in chunks */
  rebuild(records: AsyncIterable<readonly (readonly [EarnerKey, EarnerRecord])[]>): Promise<void>;
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

export function createJournal({ redis, prefix, earners, vault, timeZone }: JournalParts): Journal {
  const index = createTimeIndex(redis, prefix);
  const general = createGeneralJournal(redis, prefix);
  const sources: Sources = { earners, general };
  const addGeneral = async (id: string, entry: JournalEntry, isCounted: boolean): Promise<void> => {
    await general.put(id, entry);
    await index.add([ofGeneral(id, entry, isCounted ? timeZone : null)]);
  };
  const idOf = (earner: EarnerKey, { kind, atS, badgeId, event }: JournalEntry): string =>
    vault.name(JSON.stringify([earner, kind, atS, badgeId, event]), 'journal entry');

  const tell: Journal['tell'] = async (earner, how) => {
    const { record, entries } = await updateAndTell(earners, earner, how);
    if (isErased(record))
      for (const entry of entries) await addGeneral(idOf(earner, entry), anonymous(entry), true);
    else await index.add(entries.map((entry) => ofRecord(earner, record, entry, timeZone)));
    return record;
  };

  return {
    tell,
    async write(entries) {
      await Promise.all(
        entries.map(async (entry) => {
          if (entry.earner === null) await addGeneral(randomUUID(), withoutAddress(entry), true);
          else await tell(entry.earner, (record) => ({ record, entries: [entry] }));
        }),
      );
    },
    async countView(atS) {
      const [id, entry] = viewsOf(atS, timeZone);
      await general.count(id, entry);
      await index.add([ofGeneral(id, entry, null)]);
    },
    ofEarner: async (earner) => (await earners.read(earner)).journal.toSorted((a, b) => a.atS - b.atS),
    async ofEvent(event) {
      const found = await foundAt(sources, await index.ofEvent(event));
      return found.flatMap(({ entry }) => (entry.event === event && isGiving(entry) ? entry : []));
    },
    async *read(query) {
      for await (const places of index.walk({ way: 'newer', beyond: null, ...query }))
        for (const { entry } of await foundAt(sources, places)) if (isAskedFor(entry, query)) yield entry;
    },
    page: createPages(index, (places) => foundAt(sources, places)),
    issuedByDay: (query) => issuedByDay(index, timeZone, query),
    async anonymise(earner, entries) {
      // They were counted when they were indexed, and stay counted.
      for (const entry of entries) await addGeneral(idOf(earner, entry), anonymous(entry), false);
    },
    unindex: (earner, entries) =>
      index.remove(entries.map(([place, atS]) => ({ atS, member: memberOf(earner, place) }))),
    async rebuild(records) {
      await index.clear();
      for await (const entries of general.all())
        await index.add(entries.map(([id, entry]) => ofGeneral(id, entry, timeZone)));
      for await (const some of records)
        await index.add(some.flatMap(([earner, record]) => ofWhole(earner, record, timeZone)));
    },
  };
}

/** The change and the entries that tell it, in one compare-and-set; an erased record takes no entries. */
async function updateAndTell(
  { update }: Pick<EarnerStore, 'update'>,
  earner: EarnerKey,
  how: (record: EarnerRecord) => Told,
): Promise<Told> {
  let entries: readonly JournalEntry[] = [];
  const record = await update(earner, (before) => {
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
const anonymous = ({ kind, atS, award, badgeId, version }: JournalEntry): JournalEntry => ({
  kind,
  atS,
  earner: null,
  award,
  badgeId,
  assertions: [],
  cause: null,
  version,
  event: null,
  detail: null,
});

const ofGeneral = (id: string, entry: JournalEntry, timeZone: string | null): Indexed =>
  indexed({ atS: entry.atS, member: `:${id}` }, entry, timeZone);

/** The day's entry that counts views, and its id. */
function viewsOf(atS: number, timeZone: string): readonly [id: string, entry: JournalEntry] {
  const day = DateTime.fromSeconds(atS, { zone: timeZone }).startOf('day');
  return [`viewed-${day.toISODate()}`, journalEntry('viewed', day.toSeconds(), {})];
}

function ofRecord(
  earner: EarnerKey,
  { journal }: EarnerRecord,
  entry: JournalEntry,
  timeZone: string,
): Indexed {
  const place = placeOf(journal, entry);
  const stored = journal[place] ?? entry;
  return indexed({ atS: stored.atS, member: memberOf(earner, place) }, stored, timeZone);
}

const ofWhole = (earner: EarnerKey, record: EarnerRecord, timeZone: string): readonly Indexed[] =>
  record.journal.map((entry) => ofRecord(earner, record, entry, timeZone));

/** @param timeZone null: it is not counted */
function indexed(place: Place, entry: JournalEntry, timeZone: string | null): Indexed {
  const isCounted = timeZone !== null && entry.kind === 'issued' && entry.award !== null;
  const day = isCounted ? dayOf(entry.atS, timeZone) : '';
  return {
    ...place,
    counted: isCounted ? { month: monthOf(day), field: `${day} ${entry.award}` } : null,
    event: isGiving(entry) ? entry.event : null,
  };
}

interface Sources {
  readonly earners: Pick<EarnerStore, 'readMany'>;
  readonly general: Pick<GeneralJournal, 'find'>;
}

/** In their order. One whose person is erased, or cannot be read, is left out. */
async function foundAt({ earners, general }: Sources, places: readonly Place[]): Promise<readonly Found[]> {
  const named = places.map(({ member }) => {
    const end = member.lastIndexOf(':');
    return { earner: asEarnerKey(member.slice(0, end)), rest: member.slice(end + 1) };
  });
  const keys = [...new Set(named.flatMap(({ earner }) => (earner === '' ? [] : earner)))];
  const ids = named.flatMap(({ earner, rest }) => (earner === '' ? rest : []));
  const [records, others] = await Promise.all([earners.readMany(keys), general.find(ids)]);
  const journals = new Map(
    records.map((one, at) => [keys[at] ?? '', one instanceof RecordUnreadable ? [] : one.journal] as const),
  );
  return named.flatMap(({ earner, rest }, at) => {
    const [place, entry] = [
      places[at],
      earner === '' ? others.get(rest) : journals.get(earner)?.[Number(rest)],
    ];
    // A place of before an erasure may have its number again.
    return place === undefined || entry?.atS !== place.atS ? [] : [{ place, entry }];
  });
}
