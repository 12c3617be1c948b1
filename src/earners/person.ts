import { pMapIterable } from 'p-map';
import {
  asAssertionId,
  asEarnerKey,
  type AssertionId,
  type BadgeId,
  type ClientId,
  type EarnerKey,
} from '../ids.js';
import { normaliseAddress } from '../platform/invisible.js';
import { chunked } from '../platform/redis-commands.js';
import type { Vault } from '../platform/vault.js';
import type { JournalEntry } from './journal-entry.js';
import {
  EMPTY_RECORD,
  isInFlight,
  readable,
  RecordUnreadable,
  type Assertion,
  type AwardRecord,
  type Contact,
  type EarnerRecord,
} from './record.js';
import type { EarnerStore } from './store.js';

/** What stands for the person of an address, in Redis, job ids, logs and `log_entry`. */
export const earnerKeyOf = (vault: Vault, address: string): EarnerKey =>
  asEarnerKey(vault.name(normaliseAddress(address), 'earner'));

/** All that deciding needs to know of one earner. */
export interface Portfolio {
  /** What partners (and strangers, if any) issued to this person. */
  readonly assertions: readonly Assertion[];
  /** The Région's own badges, those issued by hand, revoked or expired included. */
  readonly held: readonly Assertion[];
  /** Région badges that a human revoked: not given again until ops lifts it. */
  readonly blocked: readonly BadgeId[];
}

/** A ledger record, and the address' key that it stands under. */
export interface OwnRecord {
  readonly key: EarnerKey;
  readonly badgeId: BadgeId;
  readonly record: AwardRecord;
}

/**
 * Pure. An award that we issued counts as held before its assertion has been read back from OBF; once
 * it has, the assertion alone says whether it still is.
 */
export function compose(
  region: ClientId,
  assertions: readonly Assertion[],
  records: readonly OwnRecord[],
): Portfolio {
  const held = assertions.filter(({ clientId }) => clientId === region);
  const readBack = new Set(held.map(({ eventId }) => eventId));
  const ours = records.flatMap(({ badgeId, record }): readonly Assertion[] => {
    if (!('event' in record) || readBack.has(record.event)) return [];
    const { event: eventId, atS: issuedOnS } = record;
    const id = asAssertionId(`event.${eventId}`);
    return [{ id, clientId: region, badgeId, eventId, issuedOnS, expiresOnS: null, revoked: false }];
  });
  const blocked = records.flatMap(({ badgeId, record }) => (record.state === 'blocked' ? badgeId : []));
  return {
    assertions: assertions.filter(({ clientId }) => clientId !== region),
    held: [...held, ...ours],
    blocked: [...new Set([...blocked, ...revokedByHand(held, records)])],
  };
}

/**
 * The badges that somebody at the Région revoked, and meant it: the revocation is not ours, and nothing
 * was given since. An award given by hand is dated at midnight, so of one day's awards no order is known:
 * one that never ends has the last word, one that has an end only if it was issued later.
 */
function revokedByHand(held: readonly Assertion[], records: readonly OwnRecord[]): readonly BadgeId[] {
  const isIgnored = ({ badgeId, eventId }: Assertion): boolean =>
    eventId !== null &&
    records.some(
      ({ badgeId: of, record }) =>
        of === badgeId &&
        // What Palier is taking back at this moment is no human's doing.
        (record.ignoredRevocations.includes(eventId) ||
          (record.state === 'revoking' && record.event === eventId)),
    );
  const givenSince = (revoked: Assertion): boolean =>
    held.some(
      (other) =>
        other.badgeId === revoked.badgeId &&
        !other.revoked &&
        (other.expiresOnS === null || other.issuedOnS > revoked.issuedOnS),
    );
  return held
    .filter((one) => one.revoked && !isIgnored(one) && !givenSince(one))
    .map(({ badgeId }) => badgeId);
}

/** Where people are read from. */
export interface PersonSources {
  readonly earners: EarnerStore;
  /** The Région's own OBF client. */
  readonly region: ClientId;
}

/** What is stored of one address. */
export interface Address {
  readonly key: EarnerKey;
  readonly record: EarnerRecord;
}

/** One person: all addresses that ops joined, seen as one, each read once. */
export interface Person {
  /** The key that stands for the person: of the address that the others were linked to. */
  readonly earner: EarnerKey;
  /** The key of every address, the person's own first. */
  readonly keys: readonly EarnerKey[];
  /** Every address, the person's own first. */
  readonly addresses: readonly Address[];
  readonly portfolio: Portfolio;
  /** Every award record of every address. */
  readonly records: readonly OwnRecord[];
  /** The latest change of the rules (its generation) under which something new was stored; 0: none. */
  readonly lastSchemeGeneration: number;
}

/**
 * All that deciding needs to know of the person whom this address belongs to, under whichever key it came.
 * @throws RecordUnreadable
 */
export async function readPerson({ earners, region }: PersonSources, earner: EarnerKey): Promise<Person> {
  const asked = await earners.read(earner);
  const key = asked.linkedTo ?? earner;
  const record = asked.linkedTo === null ? asked : await earners.read(key);
  return personOf(region, [{ key, record }, ...(await readAddresses(earners, record.linked))]);
}

/** @throws RecordUnreadable */
export async function readAddresses(
  earners: Pick<EarnerStore, 'readMany'>,
  keys: readonly EarnerKey[],
): Promise<readonly Address[]> {
  const records = await earners.readMany(keys);
  return [...records].map(([key, read]) => ({ key, record: readable(read) }));
}

/** @param addresses all of one person's, the person's own first */
export function personOf(region: ClientId, addresses: readonly [Address, ...Address[]]): Person {
  const records = addresses.flatMap(awardsOf);
  const assertions = addresses.flatMap(({ record }) => record.assertions);
  return {
    earner: addresses[0].key,
    keys: addresses.map(({ key }) => key),
    addresses,
    portfolio: compose(region, assertions, records),
    records,
    lastSchemeGeneration: Math.max(...addresses.map(({ record }) => record.lastSchemeGeneration)),
  };
}

/** Callbacks of an iteration over everybody. */
interface IterationHooks {
  /** Called for an unreadable record; the others go on. */
  readonly unreadable?: (earner: EarnerKey, error: unknown) => void;
  /** How many addresses were looked at so far, of how many. */
  readonly progress?: (done: number, total: number) => void;
}

/** How many addresses are looked at together. */
const CHUNK = 100;
/** How many such chunks are on the wire, or wait to be looked at: Redis works while we judge. */
const AHEAD = { concurrency: 4 };

/**
 * Everybody, some at a time, each person once, as `readPerson` would read them: an address that was linked
 * to another is read with its person. The next ones are on their way while these are looked at. Who is given a
 * first badge meanwhile may be missed, and who has no badge at all is passed over.
 * @throws the signal's reason once it is aborted; what Redis answers when it cannot go on
 */
export async function* iteratePeople(
  { earners, region }: PersonSources,
  signal: AbortSignal,
  { unreadable = () => undefined, progress = () => undefined }: IterationHooks = {},
): AsyncIterable<readonly Person[]> {
  const total = await earners.count();
  let done = 0;
  const readAhead = pMapIterable(chunksOf(earners), (keys) => earners.readMany(keys), AHEAD);
  for await (const records of readAhead) {
    signal.throwIfAborted();
    const people: Person[] = [];
    for (const [key, read] of records)
      try {
        const record = readable(read);
        if (record === EMPTY_RECORD)
          throw new RecordUnreadable(key, 'it is gone, or was not written by Palier');
        if (record.linkedTo !== null) continue;
        const person = personOf(region, [{ key, record }, ...(await readAddresses(earners, record.linked))]);
        if (person.portfolio.assertions.length + person.portfolio.held.length > 0) people.push(person);
      } catch (error) {
        if (!(error instanceof RecordUnreadable)) throw error;
        unreadable(key, error);
      }
    yield people;
    done += records.size;
    // Some may have come since they were counted.
    progress(done, Math.max(done, total));
  }
}

async function* chunksOf(earners: EarnerStore): AsyncIterable<readonly EarnerKey[]> {
  for await (const keys of earners.keys()) yield* chunked(keys, CHUNK);
}

export const awardsOf = ({ key, record: { awards } }: Address): readonly OwnRecord[] =>
  [...awards].map(([badgeId, record]) => ({ key, badgeId, record }));

/** The person's journal, address by address. */
export const journalOf = ({ addresses }: Pick<Person, 'addresses'>): readonly JournalEntry[] =>
  addresses.flatMap(({ record }) => record.journal.toSorted((a, b) => a.atS - b.atS));

/** Whether the badge is on its way to another address of the person: it is not sent to this one as well. */
export const isInFlightElsewhere = (person: Person, badgeId: BadgeId): boolean =>
  person.records.some(
    ({ key, badgeId: of, record }) => key !== person.earner && of === badgeId && isInFlight(record),
  );

/** Under which address an assertion came. */
export const addressOf = ({ addresses }: Person, assertion: AssertionId): Address | undefined =>
  addresses.find(({ record }) => record.assertions.some(({ id }) => id === assertion));

/** Where the badge goes: the address of the latest assertion that counted, else the person's own, else any. */
export function contactFor(person: Person, counted: readonly Assertion[]): Contact | null {
  const [latest] = counted.toSorted((a, b) => b.issuedOnS - a.issuedOnS);
  const wanted = latest === undefined ? undefined : addressOf(person, latest.id);
  const contacts = person.addresses.flatMap(({ record }) => record.contact ?? []);
  return wanted?.record.contact ?? contacts[0] ?? null;
}

/**
 * Which addresses are one person's: each of the others points to the one that stands for the person (`linkedTo`), which
 * lists them (`linked`). An address that points to a person is never served on its own, listed or not.
 */
export type LinkedRecords = ReadonlyMap<EarnerKey, EarnerRecord>;

/** Every address that links lead to, both ways: what a link, or its undoing, left half done is found too. */
export async function linkedRecords(
  earners: Pick<EarnerStore, 'read'>,
  asked: readonly EarnerKey[],
): Promise<LinkedRecords> {
  const records = new Map<EarnerKey, EarnerRecord>();
  const next = [...asked];
  for (let key = next.pop(); key !== undefined; key = next.pop()) {
    if (records.has(key)) continue;
    const record = await earners.read(key);
    records.set(key, record);
    next.push(...record.linked, ...(record.linkedTo === null ? [] : [record.linkedTo]));
  }
  return records;
}

/** The key that stands for the person whom this address belongs to. */
export function personKeyOf(records: LinkedRecords, address: EarnerKey): EarnerKey {
  const passed = new Set<EarnerKey>();
  for (let at = address; ;) {
    const leadsTo = records.get(at)?.linkedTo ?? at;
    if (leadsTo === at) return at;
    // Two who linked the same addresses at the same time, each the other way round.
    if (passed.has(leadsTo)) return [...passed].toSorted()[0] ?? at;
    passed.add(leadsTo);
    at = leadsTo;
  }
}
