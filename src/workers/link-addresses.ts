import {
  awardsOf,
  linkedRecords,
  personKeyOf,
  readAddresses,
  type Address,
  type LinkedRecords,
} from '../earners/person.js';
import {
  isErased,
  STATES_WITHOUT_OBF_EFFECT,
  type AwardRecord,
  type EarnerRecord,
} from '../earners/record.js';
import type { BadgeId, EarnerKey, EventId } from '../ids.js';
import { removeFromOpenBatches, transition } from '../issuing/ledger.js';
import { secondsOf, waitUntil } from '../platform/clock.js';
import { enqueueEarners, enqueueRevocation } from '../queue/enqueue.js';
import { journalEntry } from '../earners/journal-entry.js';
import type { Pipeline } from './pipeline.js';

/** An issue call for this person did not end in time. Try again later. */
export class AwardInFlight extends Error {
  readonly code = 'still_under_way';
  constructor() {
    super('An award of this person, or what came in for them, is still on its way: try again in a minute');
    this.name = 'AwardInFlight';
  }
}

/** The person whom the other addresses were about to join was erased meanwhile. */
export class PersonErased extends Error {
  readonly code = 'person_erased';
  constructor() {
    super('One of these people was erased just now: nothing was linked');
  }
}

/**
 * Joins two people: all addresses of `other`'s person become addresses of `earner`'s. Their assertions count together,
 * and a badge that one address holds is held. An award in flight goes on; no second one is issued meanwhile. Idempotent.
 * @returns `withdrawn`: how many awards waited for a single address; the next evaluation decides on them again
 */
export async function linkAddresses(pipeline: Pipeline, earner: EarnerKey, other: EarnerKey) {
  const { earners, flags, queues, log } = pipeline;
  const records = await linkedRecords(earners, [earner, other]);
  const person = personKeyOf(records, earner);
  const others = [...records.keys()].filter((key) => key !== person);
  const own = records.get(person);
  const isJoined = (key: EarnerKey) => own?.linked.includes(key) && records.get(key)?.linkedTo === person;
  const changed = own?.linkedTo !== null || !others.every(isJoined);
  await joinAddresses(pipeline, person, records);
  const withdrawn = await withdrawWaiting(pipeline, others);
  for (const key of others) await flags.remove(key, [...(records.get(key)?.flags.keys() ?? [])]);
  await enqueueEarners(queues.earners, [person], 'link');
  if (changed) log.info({ earner: person, addresses: records.size }, 'addresses linked');
  return { person, keys: [person, ...others], changed, withdrawn };
}

/** Withdraws the due awards of these addresses; those in flight stay. @returns how many it withdrew */
async function withdrawWaiting(pipeline: Pipeline, keys: readonly EarnerKey[]): Promise<number> {
  const { ledger, outbox, clock } = pipeline;
  const withdrawn = (award: AwardRecord | null): AwardRecord | null =>
    award?.state === 'due' ? transition(award, { type: 'withdraw' }, secondsOf(clock)) : award;
  let count = 0;
  for (const { key, badgeId, record } of await awardsAt(pipeline, keys)) {
    // An award claimed meanwhile is not withdrawn, as its call may be under way.
    const amended = record.state === 'due' ? await ledger.amend(key, badgeId, withdrawn) : null;
    if (amended?.state === 'withdrawn') count += 1;
    await outbox.remove(badgeId, [key]);
  }
  return count;
}

const awardsAt = async (pipeline: Pipeline, keys: readonly EarnerKey[]) =>
  (await readAddresses(pipeline.earners, keys)).flatMap(awardsOf);

type Change = (record: EarnerRecord) => EarnerRecord;

/** An erased address is linked to nobody. @param person null: the address is its own person */
export const withLinkedTo =
  (person: EarnerKey | null): Change =>
  (record) =>
    record.linkedTo === person || isErased(record) ? record : { ...record, linkedTo: person };

export const withLinked =
  (others: readonly EarnerKey[]): Change =>
  (record) =>
    others.every((one) => record.linked.includes(one)) || isErased(record)
      ? record
      : { ...record, linked: [...new Set([...record.linked, ...others])].toSorted() };

const notListing =
  (others: readonly EarnerKey[]): Change =>
  (record) => {
    const linked = record.linked.filter((one) => !others.includes(one));
    return linked.length === record.linked.length ? record : { ...record, linked };
  };

/**
 * Points every other address of `records` to `person`, and lists them there alone. Each write changes one address and
 * its journal.
 * @param records as they were read
 * @throws PersonErased when `person` was erased since; the others are as they were
 */
async function joinAddresses(pipeline: Pipeline, person: EarnerKey, records: LinkedRecords) {
  const others = [...records.keys()].filter((key) => key !== person);
  let isNew = false;
  for (const key of others)
    if (await changeAndJournal(pipeline, key, 'linked', withLinkedTo(person))) isNew = true;
  // One write for all addresses: nothing is decided for the person from some of them alone.
  const joined = await pipeline.journal.updateWithEntries(person, (record) => ({
    record: withLinkedTo(null)(withLinked(others)(record)),
    entries: isNew && !isErased(record) ? [linkEntry(pipeline, person, 'linked')] : [],
  }));
  if (isErased(joined)) {
    for (const [key, { linkedTo }] of records)
      await pipeline.earners.update(key, withLinkedTo(linkedTo === person ? null : linkedTo));
    throw new PersonErased();
  }
  for (const key of others) await pipeline.earners.update(key, notListing([...others, person]));
}

const linkEntry = ({ clock }: Pick<Pipeline, 'clock'>, earner: EarnerKey, kind: 'linked' | 'unlinked') =>
  journalEntry(kind, secondsOf(clock), { earner, cause: 'ops' });

/** Changes a record and adds its journal entry, unless the last one says the same. @returns whether it added one */
async function changeAndJournal(
  pipeline: Pipeline,
  earner: EarnerKey,
  kind: 'linked' | 'unlinked',
  change: Change,
): Promise<boolean> {
  let isNew = false;
  await pipeline.journal.updateWithEntries(earner, (record) => {
    const last = record.journal.findLast((entry) => entry.kind === 'linked' || entry.kind === 'unlinked');
    isNew = (last?.kind ?? 'unlinked') !== kind && !isErased(record);
    return { record: change(record), entries: isNew ? [linkEntry(pipeline, earner, kind)] : [] };
  });
  return isNew;
}

/**
 * Makes `other` a person of its own again, with its own assertions and the awards that OBF issued to it. The person's
 * other addresses stay together. Both people are evaluated. Idempotent.
 * @param withinMs how long to wait for awards in flight; by default what an unknown outcome usually takes
 * @returns `moved`: how many awards moved between the two people
 * @throws AwardInFlight when an issue call does not end in time
 * @throws RegionUnreadable, ObfError when the Région's account cannot be read; on any error the addresses stay linked
 */
export async function unlinkAddress(
  pipeline: Pipeline,
  earner: EarnerKey,
  other: EarnerKey,
  signal: AbortSignal,
  withinMs = pipeline.pace.sendWithinMs + 2 * pipeline.pace.settleMs,
) {
  const { earners, journal, queues, log } = pipeline;
  const records = await linkedRecords(earners, [earner, other]);
  const person = personKeyOf(records, earner);
  if (personKeyOf(records, other) !== person) return { people: [earner, other], changed: false, moved: 0 };
  const others = [...records.keys()].filter((key) => key !== person);
  await joinAddresses(pipeline, person, records);
  // The person's own key cannot leave: the other addresses leave instead, and one of them becomes their person.
  const [newPerson, leaving] = other === person ? [earner, others] : [other, [other]];
  const staying = [...records.keys()].filter((key) => !leaving.includes(key));
  const linkedToNew = leaving.filter((key) => key !== newPerson);
  for (const key of linkedToNew) await earners.update(key, withLinkedTo(newPerson));
  await earners.update(newPerson, withLinked(linkedToNew));
  // The new person still points to the old one, which no longer lists it: nothing is issued to it yet.
  await earners.update(person, notListing(leaving));
  let moved = 0;
  try {
    await drain(pipeline, [...leaving, ...staying], signal, withinMs);
    moved = await splitLedger(pipeline, leaving, staying);
  } catch (error) {
    await joinAddresses(pipeline, person, records);
    // What was taken out of a batch is due still.
    await enqueueEarners(queues.earners, [person], 'unlink');
    throw error;
  }
  if (await changeAndJournal(pipeline, newPerson, 'unlinked', withLinkedTo(null)))
    await journal.write([linkEntry(pipeline, person, 'unlinked')]);
  await enqueueEarners(queues.earners, [person, newPerson], 'unlink');
  log.info({ earner: person, unlinked: newPerson, moved }, 'address unlinked');
  return { people: [person, newPerson], changed: true, moved };
}

/**
 * Removes the addresses from open batches, then waits for their calls under way. Until OBF shows the address of such a
 * call, that address could be given the badge again. @throws AwardInFlight
 */
async function drain(pipeline: Pipeline, keys: readonly EarnerKey[], signal: AbortSignal, withinMs: number) {
  const badges = (await awardsAt(pipeline, keys)).map(({ badgeId }) => badgeId);
  for (const badgeId of new Set(badges)) await removeFromOpenBatches(pipeline, badgeId, new Set(keys));
  const isDrained = await waitUntil(withinMs, signal, async () => !(await isAnyInFlight(pipeline, keys)));
  if (!isDrained) throw new AwardInFlight();
  // Shows which address each award went to.
  await pipeline.regionSync.sync(signal);
}

/** Whether an issue call for these addresses is under way, or of unknown outcome. */
async function isAnyInFlight(pipeline: Pipeline, keys: readonly EarnerKey[]): Promise<boolean> {
  for (const { badgeId, record } of await awardsAt(pipeline, keys)) {
    if (record.state !== 'claimed' && record.state !== 'unknown') continue;
    // An open batch decides its people anew before the call; a claim without a batch is never sent.
    const batch = await pipeline.batches.find(badgeId, record.batch);
    if (batch !== null && batch.state !== 'open') return true;
  }
  return false;
}

/**
 * Splits one person's ledger in two. An award that OBF shows at an address of the other side moves there; all others
 * stay. It is added before it is removed: after a stop in between, both ledgers have it, never neither.
 * @returns how many issued or blocked awards moved
 */
async function splitLedger(pipeline: Pipeline, leaving: readonly EarnerKey[], staying: readonly EarnerKey[]) {
  const left = await readAddresses(pipeline.earners, leaving);
  const stayed = await readAddresses(pipeline.earners, staying);
  const moves = [...movesFrom(left, stayed), ...movesFrom(stayed, left)];
  for (const move of moves) await addAward(pipeline, move);
  const movedAwards = moves.filter(({ isAwardMoved }) => isAwardMoved);
  for (const move of movedAwards) await removeAward(pipeline, move);
  return movedAwards.filter(({ award }) => award.state === 'issued' || award.state === 'blocked').length;
}

/** What an address takes over from another one's ledger: the award, ignored revocations, or both. */
interface Move {
  readonly from: EarnerKey;
  readonly to: EarnerKey;
  readonly badgeId: BadgeId;
  /** As it is in the ledger of `from`. */
  readonly award: AwardRecord;
  /** Whether the award itself moves. */
  readonly isAwardMoved: boolean;
  /** Revocations at `to` that do not block the award. */
  readonly ignored: readonly EventId[];
}

function* movesFrom(own: readonly Address[], others: readonly Address[]): Generator<Move> {
  for (const { key: from, badgeId, record: award } of own.flatMap(awardsOf)) {
    const isOwn = own.some((address) => isShownAt(address, badgeId, award));
    for (const address of others) {
      const isAwardMoved = !isOwn && isShownAt(address, badgeId, award);
      const ignored = award.ignoredRevocations.filter((event) => hasEvent(address, badgeId, event));
      if (isAwardMoved || ignored.length > 0)
        yield { from, to: address.key, badgeId, award, isAwardMoved, ignored };
    }
  }
}

const hasEvent = ({ record: { assertions } }: Address, badgeId: BadgeId, event: EventId): boolean =>
  assertions.some((one) => one.badgeId === badgeId && one.eventId === event);

/** Whether OBF shows the award at this address, in the state that the ledger has. */
function isShownAt(address: Address, badgeId: BadgeId, award: AwardRecord): boolean {
  if ('event' in award) return hasEvent(address, badgeId, award.event);
  if (award.state !== 'blocked') return false;
  return address.record.assertions.some(
    ({ badgeId: of, revoked, eventId }) =>
      of === badgeId && revoked && (eventId === null || !award.ignoredRevocations.includes(eventId)),
  );
}

async function addAward(pipeline: Pipeline, { to, badgeId, award, isAwardMoved, ignored }: Move) {
  const amended = await pipeline.ledger.amend(to, badgeId, (own) => {
    const ignoredRevocations = [...new Set([...(own?.ignoredRevocations ?? []), ...ignored])];
    // A record of what OBF did replaces a state that says nothing about OBF.
    if (isAwardMoved && (own === null || STATES_WITHOUT_OBF_EFFECT.has(own.state)))
      return { ...award, ignoredRevocations };
    return { ...(own ?? { state: 'withdrawn', atS: award.atS }), ignoredRevocations };
  });
  // An unfinished revocation goes on under the address that it moved to.
  if (amended?.state === 'revoking') await enqueueRevocation(pipeline.queues.awards, to, badgeId);
}

/** Removes an award that moved, unless an evaluation has changed it meanwhile. */
async function removeAward({ ledger }: Pipeline, { from, badgeId, award }: Move): Promise<void> {
  await ledger.amend(from, badgeId, (current) => {
    if (current === null || comparable(current) !== comparable(award)) return current;
    const { atS, ignoredRevocations } = current;
    return ignoredRevocations.length === 0 ? null : { state: 'withdrawn', atS, ignoredRevocations };
  });
}

const comparable = (award: AwardRecord): string => JSON.stringify({ ...award, ignoredRevocations: [] });
