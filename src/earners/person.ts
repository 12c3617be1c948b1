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
  requireReadable,
  RecordUnreadable,
  type Assertion,
  type AwardRecord,
  type Contact,
  type EarnerRecord,
} from './record.js';
import type { EarnerStore } from './store.js';

/** Returns the keyed hash that replaces an address in Redis, job ids, logs and `log_entry`. */
export const earnerKeyOf = (vault: Vault, address: string): EarnerKey =>
  asEarnerKey(vault.name(normaliseAddress(address), 'earner'));

/** The badges of one person, as the rules read them. */
export interface Portfolio {
  /** Issued by partners, and by strangers if any. */
  readonly assertions: readonly Assertion[];
  /** Issued by the Région: manual, revoked and expired ones included. */
  readonly held: readonly Assertion[];
  /** Région badges that a human revoked: not issued again until ops unblocks them. */
  readonly blocked: readonly BadgeId[];
}

/** An award record, and the key of the address that holds it. */
export interface AddressAward {
  readonly key: EarnerKey;
  readonly badgeId: BadgeId;
  readonly record: AwardRecord;
}

/**
 * Pure. Makes a person's portfolio. An award that Palier issued counts as held until its assertion has been read from
 * OBF. From then on the assertion alone decides.
 */
export function portfolioOf(
  region: ClientId,
  assertions: readonly Assertion[],
  records: readonly AddressAward[],
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
 * Returns the badges that a human revoked: the revocation is not Palier's, and no other was issued since. Manual awards
 * are dated at midnight, so their order within a day is unknown. One without expiry therefore always counts as issued
 * since; one with an expiry, only if its date is later.
 */
function revokedByHand(held: readonly Assertion[], records: readonly AddressAward[]): readonly BadgeId[] {
  const isIgnored = ({ badgeId, eventId }: Assertion): boolean =>
    eventId !== null &&
    records.some(
      ({ badgeId: recordBadgeId, record }) =>
        recordBadgeId === badgeId &&
        (record.ignoredRevocations.includes(eventId) ||
          // Palier itself is revoking it now.
          (record.state === 'revoking' && record.event === eventId)),
    );
  const isIssuedSince = (revoked: Assertion): boolean =>
    held.some(
      (other) =>
        other.badgeId === revoked.badgeId &&
        !other.revoked &&
        (other.expiresOnS === null || other.issuedOnS > revoked.issuedOnS),
    );
  return held
    .filter((one) => one.revoked && !isIgnored(one) && !isIssuedSince(one))
    .map(({ badgeId }) => badgeId);
}

/** Where people are read from. */
export interface PersonSources {
  readonly earners: EarnerStore;
  /** The Région's own OBF client. */
  readonly region: ClientId;
}

/** One address with its record. */
export interface Address {
  readonly key: EarnerKey;
  readonly record: EarnerRecord;
}

/** One person: all addresses that ops linked, as one. */
export interface Person {
  /** The key of the person's own address: the one to which the others were linked. */
  readonly earner: EarnerKey;
  /** The key of every address, the person's own first. */
  readonly keys: readonly EarnerKey[];
  /** Every address, the person's own first. */
  readonly addresses: readonly Address[];
  readonly portfolio: Portfolio;
  /** The award records of all addresses. */
  readonly records: readonly AddressAward[];
  /** The latest generation of the rules under which something new was stored; 0: none. */
  readonly lastSchemeGeneration: number;
}

/** Reads a person by the key of any of their addresses. @throws RecordUnreadable */
export async function readPerson({ earners, region }: PersonSources, earner: EarnerKey): Promise<Person> {
  const addressed = await earners.read(earner);
  const key = addressed.linkedTo ?? earner;
  const record = addressed.linkedTo === null ? addressed : await earners.read(key);
  return personOf(region, [{ key, record }, ...(await readLinked(earners, { key, record }))]);
}

/** Reads the addresses that a person's own lists and that point to it. @throws RecordUnreadable */
export async function readLinked(earners: Pick<EarnerStore, 'readMany'>, { key, record }: Address) {
  const listed = await readAddresses(earners, record.linked);
  // Others left since: an erased one is nobody's, and one that came back is a person of its own.
  return listed.filter((one) => one.record.linkedTo === key);
}

/** @throws RecordUnreadable */
export async function readAddresses(earners: Pick<EarnerStore, 'readMany'>, keys: readonly EarnerKey[]) {
  const records = await earners.readMany(keys);
  return [...records].map(([key, read]): Address => ({ key, record: requireReadable(read) }));
}

/** @param addresses all of one person's, the person's own first */
export function personOf(region: ClientId, addresses: readonly [Address, ...Address[]]): Person {
  const records = addresses.flatMap(awardsOf);
  const assertions = addresses.flatMap(({ record }) => record.assertions);
  return {
    earner: addresses[0].key,
    keys: addresses.map(({ key }) => key),
    addresses,
    portfolio: portfolioOf(region, assertions, records),
    records,
    lastSchemeGeneration: Math.max(...addresses.map(({ record }) => record.lastSchemeGeneration)),
  };
}

/** Callbacks of an iteration over all people. */
interface IterationHooks {
  /** Called for an unreadable record; the others go on. */
  readonly unreadable?: (earner: EarnerKey, error: unknown) => void;
  /** Called with how many addresses were read so far, and of how many. */
  readonly progress?: (done: number, total: number) => void;
}

/** How many addresses are read together. */
const CHUNK = 100;
/** How many chunks are read ahead: Redis reads while the caller works. */
const AHEAD = { concurrency: 4 };

/**
 * Iterates all people in chunks, each person once, linked addresses merged. Skips people without any badge; may miss
 * people whose first badge arrives meanwhile.
 * @throws the signal's reason once it is aborted; Redis' error when it cannot go on
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
        const record = requireReadable(read);
        if (record === EMPTY_RECORD)
          throw new RecordUnreadable(key, 'it is gone, or was not written by Palier');
        if (record.linkedTo !== null) continue;
        const person = personOf(region, [{ key, record }, ...(await readLinked(earners, { key, record }))]);
        if (person.portfolio.assertions.length + person.portfolio.held.length > 0) people.push(person);
      } catch (error) {
        if (!(error instanceof RecordUnreadable)) throw error;
        unreadable(key, error);
      }
    yield people;
    done += records.size;
    // Some addresses may be newer than the count.
    progress(done, Math.max(done, total));
  }
}

async function* chunksOf(earners: EarnerStore): AsyncIterable<readonly EarnerKey[]> {
  for await (const keys of earners.keys()) yield* chunked(keys, CHUNK);
}

export const awardsOf = ({ key, record: { awards } }: Address): readonly AddressAward[] =>
  [...awards].map(([badgeId, record]) => ({ key, badgeId, record }));

/** Returns the person's journal, address by address. */
export const journalOf = ({ addresses }: Pick<Person, 'addresses'>): readonly JournalEntry[] =>
  addresses.flatMap(({ record }) => record.journal.toSorted((a, b) => a.atS - b.atS));

/** Whether another address of the person has this badge in flight: the person's own is not sent it as well. */
export const isInFlightElsewhere = ({ earner, records }: Person, badgeId: BadgeId): boolean =>
  records.some((own) => own.key !== earner && own.badgeId === badgeId && isInFlight(own.record));

/** Returns the address that received an assertion. */
export const addressOf = ({ addresses }: Person, assertion: AssertionId): Address | undefined =>
  addresses.find(({ record }) => record.assertions.some(({ id }) => id === assertion));

/** Returns where the badge goes: the address of the latest counted assertion, else the person's own, else any. */
export function contactFor(person: Person, counted: readonly Assertion[]): Contact | null {
  const [latest] = counted.toSorted((a, b) => b.issuedOnS - a.issuedOnS);
  const preferred = latest === undefined ? undefined : addressOf(person, latest.id);
  const contacts = person.addresses.flatMap(({ record }) => record.contact ?? []);
  return preferred?.record.contact ?? contacts[0] ?? null;
}

/**
 * The records of one person's addresses. The person's own lists the others (`linked`); each of the others points to it
 * (`linkedTo`). An address that points to another is never evaluated on its own, listed or not; one that is listed, and
 * points elsewhere or nowhere, is not the person's.
 */
export type LinkedRecords = ReadonlyMap<EarnerKey, EarnerRecord>;

/** Reads every address of these people, by links in both directions: half-done links and unlinks are found too. */
export async function linkedRecords(
  earners: Pick<EarnerStore, 'read'>,
  start: readonly EarnerKey[],
): Promise<LinkedRecords> {
  const records = new Map<EarnerKey, EarnerRecord>();
  const next = [...start];
  for (let key = next.pop(); key !== undefined; key = next.pop()) {
    if (records.has(key)) continue;
    const record = await earners.read(key);
    records.set(key, record);
    next.push(...record.linked, ...(record.linkedTo === null ? [] : [record.linkedTo]));
  }
  const people = new Set(start.map((key) => personKeyOf(records, key)));
  return new Map([...records].filter(([key]) => people.has(personKeyOf(records, key))));
}

/** Returns the key of the person's own address, given any of their addresses. */
export function personKeyOf(records: LinkedRecords, address: EarnerKey): EarnerKey {
  const visited = new Set<EarnerKey>();
  for (let key = address; ;) {
    const next = records.get(key)?.linkedTo ?? key;
    if (next === key) return key;
    // A cycle: two operators linked the same addresses at the same time, in opposite directions.
    if (visited.has(next)) return [...visited].slice([...visited].indexOf(next)).toSorted()[0] ?? key;
    visited.add(next);
    key = next;
  }
}
