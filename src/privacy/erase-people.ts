import { fingerprintBy } from '../earners/assertions.js';
import { journalEntry, type JournalEntry } from '../earners/journal-entry.js';
import {
  awardsOf,
  linkedRecords,
  personKeyOf,
  readAddresses,
  type Address,
  compose,
} from '../earners/person.js';
import { type AwardRecord, type EarnerRecord, tombstoneOf } from '../earners/record.js';
import { asEventId, type BadgeId, type ClientId, type EarnerKey } from '../ids.js';
import { removeFromOpenBatches } from '../issuing/ledger.js';
import type { IssuingSources, openIssuing } from '../issuing/parts.js';
import { secondsOf } from '../platform/clock.js';
import type { Vault } from '../platform/vault.js';
import { sortAllArrivals } from '../queue/arrivals.js';
import type { Queues } from '../queue/enqueue.js';
import { revokeJobId, QUEUES } from '../queue/jobs.js';
import { heldBadges } from '../rules/countable.js';
import { createPlanStore } from '../scheme/runs.js';
import {
  forgetJobEvents,
  jobsAbout,
  removeJobsAbout,
  requestAofRewrite,
  type RewriteParts,
} from './remove-traces.js';

/** All places where something is stored of people. */
export type ErasureParts = RewriteParts &
  Pick<IssuingSources, 'earners' | 'journal' | 'clock' | 'now'> &
  Pick<ReturnType<typeof openIssuing>, 'ledger' | 'outbox' | 'batches' | 'flags'> & {
    /** The Région's own OBF client. */
    readonly region: ClientId;
    readonly queues: Queues;
    readonly vault: Vault;
  };

export interface PersonToErase {
  /** Stands for the person. */
  readonly person: EarnerKey;
  /** Every address', `person` among them, in the order in which they are to go. */
  readonly keys: readonly EarnerKey[];
  /** Asked of each record as it is replaced: one that is not meant any more stays. */
  readonly isMeant?: (record: EarnerRecord) => boolean;
}

/** What was removed, to be added to. */
export const noneErased = () => ({
  people: 0,
  addresses: 0,
  assertions: 0,
  /** Of the journal. */
  entries: 0,
  jobs: 0,
  flags: 0,
  /** Awards of which it stays known that they were given, or are not to be. */
  awards: 0,
});
export type ErasedNumbers = ReturnType<typeof noneErased>;

/**
 * Removes everything about a person, under all of their addresses, but for what keeps it from coming back and them from
 * being given twice. Idempotent. The journal gets the numbers.
 * @returns null when nothing is held of them, or nothing any more
 */
export async function eraseEarner(parts: ErasureParts, earner: EarnerKey): Promise<ErasedNumbers | null> {
  const person = await personToErase(parts, earner);
  if (!(await isAnythingHeld(parts, person))) return null;
  const numbers = noneErased();
  await erasePeople(parts, [person], numbers, () =>
    parts.journal.write([erasedEntry(parts, 'erased', numbers)]),
  );
  await requestAofRewrite(parts);
  return numbers;
}

/** The person of an address, as far as links lead; the address itself is to be erased last: it leads to the others. */
export async function personToErase({ earners }: Pick<ErasureParts, 'earners'>, asked: EarnerKey) {
  const records = await linkedRecords(earners, [asked]);
  const person = personKeyOf(records, asked);
  const last = [person, asked];
  const others = [...records.keys()].filter((key) => !last.includes(key));
  return { person, keys: [...new Set([...others, ...last])] };
}

async function isAnythingHeld(parts: ErasureParts, { keys }: PersonToErase): Promise<boolean> {
  // In the order in which a notice goes: what is on its way is not missed in either place.
  await sortAllArrivals(parts);
  const jobs = await Promise.all(QUEUES.map((name) => jobsAbout(parts.queues[name], new Set(keys))));
  if (jobs.flat().length > 0) return true;
  const addresses = await readAddresses(parts.earners, keys);
  return addresses.some((address) => isMoreHeldThanKept(parts, address));
}

/** Whether more is held of an address than an erasure leaves, or its erasure was stopped before its end. */
export function isMoreHeldThanKept(
  { region, clock }: Pick<ErasureParts, 'region' | 'clock'>,
  address: Address,
): boolean {
  const { contact, assertions, journal, linked, linkedTo, awards, tombstone } = address.record;
  if (contact !== null || linkedTo !== null) return true;
  if (assertions.length + journal.length + linked.length > 0) return true;
  if (tombstone !== null) return tombstone.entriesToUnindex.length > 0;
  const kept = recordsKeptAfterErasure(region, [address], secondsOf(clock));
  return [...awards].some(
    ([badgeId, { state }]) => state !== 'revoking' && kept.get(badgeId)?.state !== state,
  );
}

/**
 * Each address' record becomes its tombstone in one write. What is at work for it meets the tombstone in its own
 * compare-and-set, and stops. Then the indexes and what waits for these people go. Stopped anywhere, it is done again.
 * @param numbers receives what was removed. @param tell is called before the erasure counts as complete
 */
export async function erasePeople(
  parts: ErasureParts,
  people: readonly PersonToErase[],
  numbers: ErasedNumbers,
  tell: () => Promise<void> = async () => {},
): Promise<void> {
  const erased: Erased[] = [];
  for (const person of people) {
    const addresses = await buryAll(parts, person);
    if (addresses.length > 0) erased.push({ person: person.person, addresses });
  }
  const addresses = erased.flatMap((one) => one.addresses);
  if (addresses.length === 0) return;
  numbers.jobs += await clean(parts, addresses);
  for (const one of erased) await count(parts, one, numbers);
  await tell();
  for (const { key } of addresses) await parts.earners.update(key, withCompleteTombstone);
}

/** One person, as they were before. */
interface Erased {
  readonly person: EarnerKey;
  readonly addresses: readonly Address[];
}

/** @returns the records as they were; none for somebody who is not meant any more */
async function buryAll(
  { earners, journal, region, vault, now }: ErasureParts,
  { keys, isMeant = () => true }: PersonToErase,
): Promise<readonly Address[]> {
  const before = await readAddresses(earners, keys);
  if (!before.every(({ record }) => isMeant(record))) return [];
  // OBF's instants are compared with it, by whichever process.
  const nowS = Math.floor((await now()) / 1000);
  const buried: Address[] = [];
  for (const { key, record: known } of before) {
    // What stays of the entries is written first: after the tombstone nobody knows them any more.
    await journal.anonymise(key, known.journal);
    const was: { record: EarnerRecord | null } = { record: null };
    await earners.update(key, (record) => {
      was.record = isMeant(record) ? record : null;
      if (was.record === null) return record;
      // Under every address the same: that they were one person's is forgotten, that each has its awards is not.
      const all = before.map((one) => (one.key === key ? { key, record } : one));
      return tombstoneOf(record, recordsKeptAfterErasure(region, all, nowS), nowS, fingerprintBy(vault));
    });
    if (was.record === null) continue;
    await journal.anonymise(key, was.record.journal.slice(known.journal.length));
    buried.push({ key, record: was.record });
  }
  return buried;
}

/** @returns how many jobs were removed */
async function clean(parts: ErasureParts, addresses: readonly Address[]): Promise<number> {
  const { outbox, flags, journal, earners } = parts;
  const keys = new Set(addresses.map(({ key }) => key));
  for (const badgeId of new Set(addresses.flatMap(({ record }) => [...record.awards.keys()]))) {
    await outbox.remove(badgeId, [...keys]);
    await removeFromOpenBatches(parts, badgeId, keys);
  }
  for (const key of keys) {
    const { tombstone } = await earners.read(key);
    await journal.unindex(key, tombstone?.entriesToUnindex ?? []);
  }
  await flags.unlist(keys);
  await createPlanStore(parts).forget(keys);
  const removed = await removeJobsAbout(parts, keys, isOfRevocation(addresses));
  await forgetJobEvents(parts);
  return removed;
}

/** A revocation that has begun is ended, by the job that began it: OBF may have been told. */
function isOfRevocation(addresses: readonly Address[]): (id: string) => boolean {
  const begun = addresses.flatMap(({ key, record }) =>
    [...record.awards].flatMap(([badgeId, { state }]) =>
      state === 'revoking' ? [revokeJobId(key, badgeId)] : [],
    ),
  );
  return (id) => begun.some((one) => id === one || id.startsWith(`${one}.`));
}

async function count({ earners }: ErasureParts, { person, addresses }: Erased, numbers: ErasedNumbers) {
  numbers.people += 1;
  numbers.addresses += addresses.length;
  numbers.awards += (await earners.read(person)).awards.size;
  for (const { record } of addresses) {
    numbers.assertions += record.assertions.length;
    numbers.entries += record.journal.length + (record.tombstone?.entriesToUnindex.length ?? 0);
    numbers.flags += record.flags.size;
  }
}

/** Pure. Nothing more is to be done for this address: it forgets what the erasure found it by. */
const withCompleteTombstone = (record: EarnerRecord): EarnerRecord =>
  record.tombstone === null
    ? record
    : { ...record, linkedTo: null, linked: [], tombstone: { ...record.tombstone, entriesToUnindex: [] } };

/** Of nobody: it says that somebody was erased, and how much was held of them. */
export const erasedEntry = (
  { clock }: Pick<ErasureParts, 'clock'>,
  why: 'erased' | 'purged',
  { people, addresses, assertions, awards, entries, jobs }: ErasedNumbers,
): JournalEntry =>
  journalEntry(why, secondsOf(clock), {
    cause: why === 'erased' ? 'ops' : 'retention',
    detail: `people ${people}, addresses ${addresses}, assertions ${assertions}, awards ${awards}, entries ${entries}, jobs ${jobs}`,
  });

/** For the one award in a million of which no event is known: nothing is ever asked by it. */
const UNKNOWN_EVENT = asEventId('unknown');

/**
 * Pure. What outlives a person's erasure, so that they are not given a second time what the Région's account holds for
 * one of their addresses, by hand or not, nor what a human took back: a badge, its state, and the Région's own events.
 * Nothing of what earned it, or of reasons. What is being taken back is not among these: it stays as it is.
 * @param addresses all of the person's
 */
function recordsKeptAfterErasure(
  region: ClientId,
  addresses: readonly Address[],
  nowS: number,
): ReadonlyMap<BadgeId, AwardRecord> {
  const records = addresses.flatMap(awardsOf);
  const assertions = addresses.flatMap(({ record }) => record.assertions);
  const { held, blocked } = compose(region, assertions, records);
  const valid = heldBadges(held, nowS);
  const kept = new Map<BadgeId, AwardRecord>();
  for (const badgeId of new Set([...records, ...held].map((one) => one.badgeId))) {
    const theirs = records.filter((one) => one.badgeId === badgeId).map(({ record }) => record);
    const ignoredRevocations = [...new Set(theirs.flatMap((record) => record.ignoredRevocations))];
    const atS = Math.max(...theirs.map((record) => record.atS), 0);
    const holding = theirs.some(({ state }) => state === 'revoking') ? undefined : valid.get(badgeId);
    if (holding !== undefined) {
      const { eventId, issuedOnS } = holding;
      const event = eventId ?? UNKNOWN_EVENT;
      kept.set(badgeId, { state: 'issued', atS: issuedOnS, ignoredRevocations, event });
    } else if (blocked.includes(badgeId))
      kept.set(badgeId, { state: 'blocked', atS: atS === 0 ? nowS : atS, ignoredRevocations });
    // Were the account read again in full, what Palier took back would look like a human's doing.
    else if (ignoredRevocations.length > 0)
      kept.set(badgeId, { state: 'withdrawn', atS, ignoredRevocations });
  }
  return kept;
}
