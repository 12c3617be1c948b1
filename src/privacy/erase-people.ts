import type { EarnerRecord } from '../earners/record.js';
import { tombstoneOf } from '../earners/tombstone.js';
import type { BadgeId, EarnerKey } from '../ids.js';
import { secondsOf } from '../platform/clock.js';
import { fingerprintBy } from '../earners/assertions.js';
import { revokeJobId, QUEUES } from '../queue/jobs.js';
import { journalEntry } from '../earners/journal-entry.js';
import { lastingRecords } from './lasting-records.js';
import { removeFromOpenBatches } from '../issuing/open-batches.js';
import { readAddresses, type Address } from '../earners/person.js';
import type { Pipeline } from '../workers/pipeline.js';
import { createPlanStore } from '../scheme/plan-store.js';
import { linkedRecords, personKeyOf } from '../earners/links.js';
import { forgetJobEvents, jobsAbout, removeJobsAbout } from './remove-jobs.js';
import { sortAllArrivals } from '../workers/sort-arrivals.js';

export interface PersonToErase {
  /** Stands for the person. */
  readonly person: EarnerKey;
  /** Every address', `person` among them, in the order in which they are to go. */
  readonly keys: readonly EarnerKey[];
}

/** What was removed. */
export interface ErasedNumbers {
  readonly people: number;
  readonly addresses: number;
  readonly assertions: number;
  /** Of the journal. */
  readonly entries: number;
  readonly jobs: number;
  readonly flags: number;
  /** Awards of which it stays known that they were given, or are not to be. */
  readonly awards: number;
}

/**
 * Removes everything about a person, under all of their addresses, but for what keeps it from coming back
 * and them from being given twice. Idempotent. The journal is told in numbers.
 * @returns null when nothing is held of them, or nothing any more
 */
export async function eraseEarner(
  pipeline: Pipeline,
  earner: EarnerKey,
  why: 'erased' | 'purged',
): Promise<ErasedNumbers | null> {
  const person = await personToErase(pipeline, earner);
  if (!(await isAnythingHeld(pipeline, person))) return null;
  return erasePeople(pipeline, [person], {
    tell: (numbers) => pipeline.journal.write([erasedEntry(pipeline, why, numbers)]),
  });
}

/** The person of an address, as far as links lead; the address itself is to be erased last: it leads to the others. */
export async function personToErase(
  { earners }: Pick<Pipeline, 'earners'>,
  asked: EarnerKey,
): Promise<PersonToErase> {
  const files = await linkedRecords(earners, [asked]);
  const person = personKeyOf(files, asked);
  const last = [person, asked];
  const others = [...files.keys()].filter((key) => !last.includes(key));
  return { person, keys: [...new Set([...others, ...last])] };
}

async function isAnythingHeld(pipeline: Pipeline, { keys }: PersonToErase): Promise<boolean> {
  // In the order in which a notice goes: what is on its way is not missed in either place.
  await sortAllArrivals(pipeline);
  const jobs = await Promise.all(QUEUES.map((name) => jobsAbout(pipeline.queues[name], new Set(keys))));
  if (jobs.flat().length > 0) return true;
  const addresses = await readAddresses(pipeline, keys);
  return addresses.some((address) => isMoreHeldThanLasts(pipeline, address));
}

/** Whether more is held of an address than an erasure leaves, or its erasure was stopped before its end. */
export function isMoreHeldThanLasts(
  { region, clock }: Pick<Pipeline, 'region' | 'clock'>,
  address: Address,
): boolean {
  const { contact, assertions, journal, linked, linkedTo, awards, tombstone } = address.record;
  if (contact !== null || linkedTo !== null) return true;
  if (assertions.length + journal.length + linked.length > 0) return true;
  if (tombstone !== null) return tombstone.entriesToUnindex.length > 0;
  const lasting = lastingRecords(region, [address], secondsOf(clock));
  return [...awards].some(
    ([badgeId, { state }]) => state !== 'revoking' && lasting.get(badgeId)?.state !== state,
  );
}

export interface Erasing {
  /** Told what was removed, before the erasure counts as complete. */
  readonly tell: (numbers: ErasedNumbers) => Promise<void>;
  /** Asked of each record as it is replaced: whoever is not meant any more stays. */
  readonly isMeant?: (record: EarnerRecord) => boolean;
}

/**
 * Each address' record becomes its tombstone in one write. Whatever is at work for it meets the tombstone in its own
 * compare-and-set, and stops. Then the indexes and what waits for these people go. Stopped anywhere, it is done again.
 */
export async function erasePeople(
  pipeline: Pipeline,
  people: readonly PersonToErase[],
  { tell, isMeant = () => true }: Erasing,
): Promise<ErasedNumbers> {
  const gone: Gone[] = [];
  for (const { keys } of people) {
    const erased = await buryAll(pipeline, keys, isMeant);
    if (erased !== null) gone.push(erased);
  }
  const addresses = gone.flatMap((one) => one.addresses);
  const keys = new Set(addresses.map(({ key }) => key));
  const jobs = keys.size === 0 ? 0 : await clean(pipeline, addresses, keys);
  const numbers = { ...(await countGone(pipeline, gone)), jobs };
  if (keys.size > 0) await tell(numbers);
  for (const key of keys) await completeErasure(pipeline, key);
  return numbers;
}

/** One person, as they were before. */
interface Gone {
  readonly person: EarnerKey;
  readonly addresses: readonly Address[];
}

/** @returns null for somebody who is not meant any more */
async function buryAll(
  pipeline: Pipeline,
  keys: readonly EarnerKey[],
  isMeant: (record: EarnerRecord) => boolean,
): Promise<Gone | null> {
  const before = await readAddresses(pipeline, keys);
  const [person] = keys.toReversed();
  if (person === undefined || !before.every(({ record }) => isMeant(record))) return null;
  const addresses: Address[] = [];
  for (const key of keys) {
    const record = await bury(pipeline, key, before, isMeant);
    if (record !== null) addresses.push({ key, record });
  }
  return addresses.length === 0 ? null : { person, addresses };
}

/** @returns the record as it was; null when it is not meant any more */
async function bury(
  { earners, journal, region, clock, vault }: Pipeline,
  key: EarnerKey,
  before: readonly Address[],
  isMeant: (record: EarnerRecord) => boolean,
): Promise<EarnerRecord | null> {
  // What stays of the entries is written first: after the tombstone nobody knows them any more.
  const known = before.find((one) => one.key === key)?.record.journal ?? [];
  await journal.anonymise(key, known);
  const was: { record: EarnerRecord | null } = { record: null };
  await earners.update(key, (record) => {
    was.record = isMeant(record) ? record : null;
    if (was.record === null) return record;
    // Under every address the same: that they were one person's is forgotten, that each has its awards is not.
    const now = before.map((one) => (one.key === key ? { key, record } : one));
    const nowS = secondsOf(clock);
    return tombstoneOf(record, lastingRecords(region, now, nowS), nowS, fingerprintBy(vault));
  });
  if (was.record !== null) await journal.anonymise(key, was.record.journal.slice(known.length));
  return was.record;
}

/** @returns how many jobs were removed */
async function clean(
  pipeline: Pipeline,
  addresses: readonly Address[],
  keys: ReadonlySet<EarnerKey>,
): Promise<number> {
  const { outbox, flags, journal, earners } = pipeline;
  for (const badgeId of badgesOf(addresses)) {
    await outbox.remove(badgeId, [...keys]);
    await removeFromOpenBatches(pipeline, badgeId, keys);
  }
  for (const key of keys) {
    const { tombstone } = await earners.read(key);
    await journal.unindex(key, tombstone?.entriesToUnindex ?? []);
  }
  await flags.unlist(keys);
  await createPlanStore(pipeline.people).forget(keys);
  const { removed } = await removeJobsAbout(pipeline, keys, isOfRevocation(addresses));
  await forgetJobEvents(pipeline);
  return removed;
}

const badgesOf = (addresses: readonly Address[]): ReadonlySet<BadgeId> =>
  new Set(addresses.flatMap(({ record }) => [...record.awards.keys()]));

/** A revocation that has begun is ended, by the job that began it: OBF may have been told. */
function isOfRevocation(addresses: readonly Address[]): (id: string) => boolean {
  const begun = addresses.flatMap(({ key, record }) =>
    [...record.awards].flatMap(([badgeId, { state }]) =>
      state === 'revoking' ? [revokeJobId(key, badgeId)] : [],
    ),
  );
  return (id) => begun.some((one) => id === one || id.startsWith(`${one}.`));
}

async function countGone(
  { earners }: Pick<Pipeline, 'earners'>,
  gone: readonly Gone[],
): Promise<Omit<ErasedNumbers, 'jobs'>> {
  const records = gone.flatMap(({ addresses }) => addresses.map(({ record }) => record));
  const sum = (of: (record: EarnerRecord) => number): number =>
    records.reduce((total, record) => total + of(record), 0);
  const lasting = await Promise.all(gone.map(async ({ person }) => (await earners.read(person)).awards.size));
  return {
    people: gone.length,
    addresses: records.length,
    assertions: sum(({ assertions }) => assertions.length),
    entries: sum(({ journal, tombstone }) => journal.length + (tombstone?.entriesToUnindex.length ?? 0)),
    flags: sum(({ flags }) => flags.size),
    awards: lasting.reduce((total, count) => total + count, 0),
  };
}

/** Nothing more is to be done for this address: it forgets what the erasure found it by. */
async function completeErasure({ earners }: Pick<Pipeline, 'earners'>, key: EarnerKey): Promise<void> {
  await earners.update(key, (record) =>
    record.tombstone === null
      ? record
      : {
          ...record,
          linkedTo: null,
          linked: [],
          tombstone: { ...record.tombstone, entriesToUnindex: [] },
        },
  );
}

/** Of nobody: it says that somebody was erased, and how much was held of them. */
export const erasedEntry = (
  { clock }: Pick<Pipeline, 'clock'>,
  why: 'erased' | 'purged',
  { people, addresses, assertions, awards, entries, jobs }: ErasedNumbers,
) =>
  journalEntry(why, secondsOf(clock), {
    cause: why === 'erased' ? 'ops' : 'retention',
    detail: `people ${people}, addresses ${addresses}, assertions ${assertions}, awards ${awards}, entries ${entries}, jobs ${jobs}`,
  });
