import { fingerprintBy } from '../earners/assertions.js';
import { journalEntry, type JournalEntry } from '../earners/journal-entry.js';
import {
  awardsOf,
  linkedRecords,
  personKeyOf,
  readAddresses,
  type Address,
  portfolioOf,
} from '../earners/person.js';
import { type AwardRecord, type EarnerRecord, tombstoneOf } from '../earners/record.js';
import { asEventId, type BadgeId, type ClientId, type EarnerKey } from '../ids.js';
import { removeFromOpenBatches } from '../issuing/ledger.js';
import type { IssuingSources, openIssuing } from '../issuing/parts.js';
import { secondsOf } from '../platform/clock.js';
import type { Vault } from '../platform/vault.js';
import { splitAllArrivals } from '../queue/arrivals.js';
import { enqueueRevocation, overlappingJobIds, type Queues } from '../queue/enqueue.js';
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

/** All stores that hold something about people. */
export type ErasureParts = RewriteParts &
  Pick<IssuingSources, 'earners' | 'journal' | 'clock' | 'now'> &
  Pick<ReturnType<typeof openIssuing>, 'ledger' | 'outbox' | 'batches' | 'flags'> & {
    /** The Région's own OBF client. */
    readonly region: ClientId;
    readonly queues: Queues;
    readonly vault: Vault;
  };

export interface PersonToErase {
  /** The key of the person's own address. */
  readonly person: EarnerKey;
  /** The keys of all addresses, `person` included, in the order of their erasure. */
  readonly keys: readonly EarnerKey[];
  /**
   * Checked on each record as it is replaced; a record that is no longer meant stays, as do those after it. Absent: all
   * records are erased, and also the addresses that are linked meanwhile.
   */
  readonly isMeant?: (record: EarnerRecord) => boolean;
}

/** Counts of what was removed, to be added to. */
export const emptyErasureCounts = () => ({
  people: 0,
  addresses: 0,
  assertions: 0,
  /** Journal entries. */
  entries: 0,
  jobs: 0,
  flags: 0,
  /** Awards that are kept as given, or as not to be given. */
  awards: 0,
});
export type ErasedNumbers = ReturnType<typeof emptyErasureCounts>;

/**
 * Erases a person, under all of their addresses. What remains keeps old assertions out, and badges from being issued
 * twice. Idempotent. The journal records the numbers.
 * @returns null when there was nothing to erase
 */
export async function eraseEarner(parts: ErasureParts, earner: EarnerKey): Promise<ErasedNumbers | null> {
  const person = await personToErase(parts, earner);
  if (!(await isAnythingHeld(parts, person))) return null;
  const numbers = emptyErasureCounts();
  await erasePeople(parts, [person], numbers, () =>
    parts.journal.write([erasedEntry(parts, 'erased', numbers)]),
  );
  await requestAofRewrite(parts);
  return numbers;
}

/** Finds all addresses of a person by their links. The given one is erased last, since it leads to the others. */
export async function personToErase({ earners }: Pick<ErasureParts, 'earners'>, address: EarnerKey) {
  const records = await linkedRecords(earners, [address]);
  const person = personKeyOf(records, address);
  const last = [person, address];
  const others = [...records.keys()].filter((key) => !last.includes(key));
  return { person, keys: [...new Set([...others, ...last])] };
}

async function isAnythingHeld(parts: ErasureParts, { keys }: PersonToErase): Promise<boolean> {
  // In the order in which a notice travels, so that none is missed between two places.
  await splitAllArrivals(parts);
  const jobs = await Promise.all(QUEUES.map((name) => jobsAbout(parts.queues[name], new Set(keys))));
  if (jobs.flat().length > 0) return true;
  const addresses = await readAddresses(parts.earners, keys);
  return addresses.some((address) => needsErasure(parts, address));
}

/** Whether a record has more than an erasure leaves, or its erasure was stopped before its end. */
export function needsErasure(
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
 * Replaces each address' record by its tombstone, in one write. A job at work meets the tombstone in its own
 * compare-and-set, and stops. Then clears the indexes, and removes the people's waiting jobs. Idempotent.
 * @param numbers receives the counts of what was removed
 * @param beforeComplete is called before the erasure counts as complete
 */
export async function erasePeople(
  parts: ErasureParts,
  people: readonly PersonToErase[],
  numbers: ErasedNumbers,
  beforeComplete: () => Promise<void> = async () => {},
): Promise<void> {
  const erased: Erased[] = [];
  for (const person of people) {
    const addresses = [...(await writeTombstones(parts, person))];
    if (person.isMeant === undefined) addresses.push(...(await eraseLinkedSince(parts, person)));
    if (addresses.length > 0) erased.push({ person: person.person, addresses });
  }
  const addresses = erased.flatMap((one) => one.addresses);
  if (addresses.length === 0) return;
  numbers.jobs += await removeTraces(parts, addresses);
  for (const one of erased) await count(parts, one, numbers);
  await beforeComplete();
  for (const { key } of addresses) await parts.earners.update(key, withCompleteTombstone);
}

/** Erases the addresses that were linked to a person before the tombstones, which are linked to nobody. */
async function eraseLinkedSince(parts: ErasureParts, { person, keys }: PersonToErase) {
  const linked = await personToErase(parts, person);
  return writeTombstones(parts, { person, keys: linked.keys.filter((key) => !keys.includes(key)) });
}

/** A person's addresses, with their records before the erasure. */
interface Erased {
  readonly person: EarnerKey;
  readonly addresses: readonly Address[];
}

/** @returns the records as they were before, of each address up to the first that is no longer meant */
async function writeTombstones(
  { earners, journal, region, vault, now }: ErasureParts,
  { keys, isMeant }: PersonToErase,
): Promise<readonly Address[]> {
  const addresses = await readAddresses(earners, keys);
  const isStillMeant = isMeant ?? (() => true);
  if (!addresses.every(({ record }) => isStillMeant(record))) return [];
  // Redis' clock, since every process compares OBF's instants with this one.
  const nowS = Math.floor((await now()) / 1000);
  const erased: Address[] = [];
  for (const { key, record: read } of addresses) {
    // Written first: after the tombstone no process knows the entries.
    await journal.anonymise(key, read.journal);
    const before: { record: EarnerRecord | null } = { record: null };
    await earners.update(key, (record) => {
      before.record = isStillMeant(record) ? record : null;
      if (before.record === null) return record;
      // Each address keeps all of the person's awards, and nothing says that the addresses were one person's.
      const all = addresses.map((one) => (one.key === key ? { key, record } : one));
      const kept = recordsKeptAfterErasure(region, all, nowS);
      const links = isMeant === undefined ? {} : NO_LINKS;
      const ended = { ...record, ...links, awards: awardsToEnd(key, all) };
      return tombstoneOf(ended, kept, nowS, fingerprintBy(vault));
    });
    // The person's own address comes last: it stays as well.
    if (before.record === null) break;
    await journal.anonymise(key, before.record.journal.slice(read.journal.length));
    erased.push({ key, record: before.record });
  }
  return erased;
}

/** A person who is given a badge stays, without the addresses that a purge has erased before: nothing leads to them. */
const NO_LINKS = { linkedTo: null, linked: [] } satisfies Partial<EarnerRecord>;

/** Returns the awards of one address. A revocation that has begun moves to where OBF shows the award: links end. */
function awardsToEnd(key: EarnerKey, addresses: readonly Address[]): ReadonlyMap<BadgeId, AwardRecord> {
  const awards = addresses.flatMap(awardsOf);
  const own = awards.filter((one) => one.key === key && one.record.state !== 'revoking');
  const revoking = awards.filter(({ key: of, record: award }) => {
    if (award.state !== 'revoking') return false;
    const holders = addresses.filter(({ record }) =>
      record.assertions.some(({ eventId }) => eventId === award.event),
    );
    return holders.length === 0 ? of === key : holders.some((one) => one.key === key);
  });
  // Last: it replaces what this address had of the same badge, as an award that was withdrawn.
  return new Map([...own, ...revoking].map(({ badgeId, record }) => [badgeId, record]));
}

/** Removes people from the outboxes, batches, indexes and queues. @returns how many jobs were removed */
async function removeTraces(parts: ErasureParts, addresses: readonly Address[]): Promise<number> {
  const { outbox, flags, journal, earners, queues } = parts;
  const keys = new Set(addresses.map(({ key }) => key));
  for (const badgeId of new Set(addresses.flatMap(({ record }) => [...record.awards.keys()]))) {
    await outbox.remove(badgeId, [...keys]);
    await removeFromOpenBatches(parts, badgeId, keys);
  }
  const revocations = new Set<string>();
  for (const address of await readAddresses(earners, [...keys])) {
    await journal.unindex(address.key, address.record.tombstone?.entriesToUnindex ?? []);
    for (const { key, badgeId, record } of awardsOf(address)) {
      if (record.state !== 'revoking') continue;
      await enqueueRevocation(queues.awards, key, badgeId);
      for (const id of overlappingJobIds(revokeJobId(key, badgeId))) revocations.add(id);
    }
  }
  await flags.unlist(keys);
  await createPlanStore(parts).forget(keys);
  // A revocation that has begun is ended, as OBF may have received the request.
  const removed = await removeJobsAbout(parts, keys, (id) => revocations.has(id));
  await forgetJobEvents(parts);
  return removed;
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

/** Pure. Removes from a tombstone the links and entries that an unfinished erasure needs. */
const withCompleteTombstone = (record: EarnerRecord): EarnerRecord =>
  record.tombstone === null
    ? record
    : { ...record, linkedTo: null, linked: [], tombstone: { ...record.tombstone, entriesToUnindex: [] } };

/** Makes an entry about nobody: people were erased, and how much was held of them. */
export const erasedEntry = (
  { clock }: Pick<ErasureParts, 'clock'>,
  why: 'erased' | 'purged',
  { people, addresses, assertions, awards, entries, jobs }: ErasedNumbers,
): JournalEntry =>
  journalEntry(why, secondsOf(clock), {
    cause: why === 'erased' ? 'ops' : 'retention',
    detail: `people ${people}, addresses ${addresses}, assertions ${assertions}, awards ${awards}, entries ${entries}, jobs ${jobs}`,
  });

/** Replaces the event of a held award when none is known, which is rare: it is never looked up. */
const UNKNOWN_EVENT = asEventId('unknown');

/**
 * Pure. Returns the award records that outlive a person's erasure: badge, state and the Région's events, no reasons.
 * They keep Palier from issuing again what the Région's account holds, or what a human revoked. An award that is being
 * revoked is left out: its own record stays.
 * @param addresses all of the person's
 */
function recordsKeptAfterErasure(region: ClientId, addresses: readonly Address[], nowS: number) {
  const records = addresses.flatMap(awardsOf);
  const assertions = addresses.flatMap(({ record }) => record.assertions);
  const { held, blocked } = portfolioOf(region, assertions, records);
  const valid = heldBadges(held, nowS);
  const kept = new Map<BadgeId, AwardRecord>();
  for (const badgeId of new Set([...records, ...held].map((one) => one.badgeId))) {
    const ofBadge = records.filter((one) => one.badgeId === badgeId).map(({ record }) => record);
    const ignoredRevocations = [...new Set(ofBadge.flatMap((record) => record.ignoredRevocations))];
    const atS = Math.max(...ofBadge.map((record) => record.atS), 0);
    const assertion = ofBadge.some(({ state }) => state === 'revoking') ? undefined : valid.get(badgeId);
    if (assertion !== undefined) {
      const { eventId, issuedOnS } = assertion;
      const event = eventId ?? UNKNOWN_EVENT;
      kept.set(badgeId, { state: 'issued', atS: issuedOnS, ignoredRevocations, event });
    } else if (blocked.includes(badgeId))
      kept.set(badgeId, { state: 'blocked', atS: atS === 0 ? nowS : atS, ignoredRevocations });
    // Without it, a full read of the account would take Palier's own revocation for a human's.
    else if (ignoredRevocations.length > 0)
      kept.set(badgeId, { state: 'withdrawn', atS, ignoredRevocations });
  }
  return kept;
}
