import { awardsOf, linkedRecords, personKeyOf, readAddresses, type Address } from '../earners/person.js';
import { SAYS_NOTHING, type AwardRecord, type EarnerRecord } from '../earners/record.js';
import type { BadgeId, EarnerKey, EventId } from '../ids.js';
import { removeFromOpenBatches, transition } from '../issuing/ledger.js';
import { secondsOf, waitUntil } from '../platform/clock.js';
import { enqueueEarners } from '../queue/enqueue.js';
import { journalEntry } from '../earners/journal-entry.js';
import { enqueueRevocation } from './issue/revocation.js';
import type { Pipeline } from './pipeline.js';

/** OBF may be receiving an award of this person at this moment, and did not answer in time. To be tried again. */
export class AwardInFlight extends Error {
  readonly code = 'still_under_way';
  constructor() {
    super('An award of this person, or what came in for them, is still on its way: try again in a minute');
    this.name = 'AwardInFlight';
  }
}

/**
 * Makes all addresses of `other`'s person addresses of `one`'s: what each earned counts together, and what any of them
 * holds is held. What is in flight goes on; the person is given no second one meanwhile. Idempotent.
 * @returns `withdrawn`: how many awards waited for an address on its own; the person is given them if they are due
 */
export async function linkAddresses(pipeline: Pipeline, one: EarnerKey, other: EarnerKey) {
  const { earners, flags, queues, log } = pipeline;
  const records = await linkedRecords(earners, [one, other]);
  const person = personKeyOf(records, one);
  const others = [...records.keys()].filter((key) => key !== person);
  const own = records.get(person);
  const isJoined = (key: EarnerKey) => own?.linked.includes(key) && records.get(key)?.linkedTo === person;
  const changed = own?.linkedTo !== null || !others.every(isJoined);
  await join(pipeline, person, others);
  const withdrawn = await withdrawWaiting(pipeline, others);
  for (const key of others) await flags.remove(key, [...(records.get(key)?.flags.keys() ?? [])]);
  await enqueueEarners(queues.earners, [person], 'link');
  if (changed) log.info({ earner: person, addresses: records.size }, 'addresses linked');
  return { person, keys: [person, ...others], changed, withdrawn };
}

/** Withdraws what waits for these addresses; what is in flight stays so. @returns how many waited */
async function withdrawWaiting(pipeline: Pipeline, keys: readonly EarnerKey[]): Promise<number> {
  const { ledger, outbox, clock } = pipeline;
  const withdrawn = (award: AwardRecord | null): AwardRecord | null =>
    award?.state === 'due' ? transition(award, { type: 'withdraw' }, secondsOf(clock)) : award;
  let count = 0;
  for (const { key, badgeId, record } of await awardsAt(pipeline, keys)) {
    // One that is claimed meanwhile is not withdrawn: it may be sent at this moment.
    const now = record.state === 'due' ? await ledger.amend(key, badgeId, withdrawn) : null;
    if (now?.state === 'withdrawn') count += 1;
    await outbox.remove(badgeId, [key]);
  }
  return count;
}

const awardsAt = async (pipeline: Pipeline, keys: readonly EarnerKey[]) =>
  (await readAddresses(pipeline.earners, keys)).flatMap(awardsOf);

type Change = (record: EarnerRecord) => EarnerRecord;

/** @param person null: the address stands for itself */
export const pointingTo =
  (person: EarnerKey | null): Change =>
  (record) => ({ ...record, linkedTo: person });

export const listing =
  (others: readonly EarnerKey[]): Change =>
  (record) => ({ ...record, linked: [...new Set([...record.linked, ...others])].toSorted() });

const notListing =
  (others: readonly EarnerKey[]): Change =>
  (record) => ({ ...record, linked: record.linked.filter((one) => !others.includes(one)) });

/** Has each of `others` point to `person`, and to nobody else. Each write changes one address, and tells of it. */
async function join(pipeline: Pipeline, person: EarnerKey, others: readonly EarnerKey[]): Promise<void> {
  let isTold = false;
  for (const key of others)
    if (await changeAndTell(pipeline, key, 'linked', pointingTo(person))) isTold = true;
  // All at once: nothing is decided for the person on some of their addresses alone.
  await pipeline.journal.tell(person, (record) => ({
    record: pointingTo(null)(listing(others)(record)),
    entries: isTold ? [linkEntry(pipeline, person, 'linked')] : [],
  }));
  for (const key of others) await pipeline.earners.update(key, notListing([...others, person]));
}

const linkEntry = ({ clock }: Pick<Pipeline, 'clock'>, earner: EarnerKey, kind: 'linked' | 'unlinked') =>
  journalEntry(kind, secondsOf(clock), { earner, cause: 'ops' });

/** One write. An address whose last word it is already is not told again. @returns whether it was told */
async function changeAndTell(
  pipeline: Pipeline,
  earner: EarnerKey,
  kind: 'linked' | 'unlinked',
  change: Change,
): Promise<boolean> {
  let isTold = false;
  await pipeline.journal.tell(earner, (record) => {
    const last = record.journal.findLast((entry) => entry.kind === 'linked' || entry.kind === 'unlinked');
    isTold = (last?.kind ?? 'unlinked') !== kind;
    return { record: change(record), entries: isTold ? [linkEntry(pipeline, earner, kind)] : [] };
  });
  return isTold;
}

/**
 * Makes `other` a person of its own again, with all that came under that address and all that OBF gave to it; the
 * person's other addresses stay together. Both are evaluated. Idempotent.
 * @returns `moved`: how many awards turned out to be the other one's
 * @param withinMs how long to wait for what is in flight; as long as a call of unknown outcome takes in a good hour
 * @throws AwardInFlight when an issue call for the person does not end in time, RegionUnreadable or an ObfError when
 *   the Région's account cannot be read: the addresses are linked as before then
 */
export async function unlinkAddress(
  pipeline: Pipeline,
  one: EarnerKey,
  other: EarnerKey,
  signal: AbortSignal,
  withinMs = pipeline.pace.sendWithinMs + 2 * pipeline.pace.settleMs,
) {
  const { earners, journal, queues, log } = pipeline;
  const records = await linkedRecords(earners, [one, other]);
  const person = personKeyOf(records, one);
  if (personKeyOf(records, other) !== person) return { people: [one, other], changed: false, moved: 0 };
  const others = [...records.keys()].filter((key) => key !== person);
  await join(pipeline, person, others);
  // The address that stands for the person cannot leave: the others do, and one of them stands for those.
  const [head, leaving] = other === person ? [one, others] : [other, [other]];
  const staying = [...records.keys()].filter((key) => !leaving.includes(key));
  const rest = leaving.filter((key) => key !== head);
  for (const key of rest) await earners.update(key, pointingTo(head));
  await earners.update(head, listing(rest));
  // Those who leave still point to the person, and are listed nowhere: nothing is given to them yet.
  await earners.update(person, notListing(leaving));
  let moved = 0;
  try {
    await settle(pipeline, [...leaving, ...staying], signal, withinMs);
    moved = await splitLedger(pipeline, leaving, staying);
  } catch (error) {
    await join(pipeline, person, others);
    throw error;
  }
  if (await changeAndTell(pipeline, head, 'unlinked', pointingTo(null)))
    await journal.write([linkEntry(pipeline, person, 'unlinked')]);
  await enqueueEarners(queues.earners, [person, head], 'unlink');
  log.info({ earner: person, unlinked: head, moved }, 'address unlinked');
  return { people: [person, head], changed: true, moved };
}

/**
 * What was decided for the person is withdrawn while its batch is open. A call under way is the one thing to wait for:
 * it may go to any of the addresses, and until it shows in OBF that one would be given the badge a second time.
 * @throws AwardInFlight
 */
async function settle(pipeline: Pipeline, keys: readonly EarnerKey[], signal: AbortSignal, withinMs: number) {
  const badges = (await awardsAt(pipeline, keys)).map(({ badgeId }) => badgeId);
  for (const badgeId of new Set(badges)) await removeFromOpenBatches(pipeline, badgeId, new Set(keys));
  const isSettled = await waitUntil(withinMs, signal, async () => !(await isAnyInFlight(pipeline, keys)));
  if (!isSettled) throw new AwardInFlight();
  // What was sent is known by its address.
  await pipeline.regionSync.sync(signal);
}

/** Whether OBF is being told of an award of these addresses. */
async function isAnyInFlight(pipeline: Pipeline, keys: readonly EarnerKey[]): Promise<boolean> {
  for (const { badgeId, record } of await awardsAt(pipeline, keys)) {
    if (record.state !== 'claimed' && record.state !== 'unknown') continue;
    // An open batch decides its people anew; without its batch, no award is sent.
    const batch = await pipeline.batches.find(badgeId, record.batch);
    if (batch !== null && batch.state !== 'open') return true;
  }
  return false;
}

/**
 * The ledgers of one person who turns out to be two: what OBF did under an address goes to that address, from either
 * side; what OBF does not know stays where it is. It is added before it is taken away: stopped in between, an award is
 * known twice rather than not at all.
 * @returns how many awards turned out to be the other one's
 */
async function splitLedger(pipeline: Pipeline, leaving: readonly EarnerKey[], staying: readonly EarnerKey[]) {
  const [left, stayed] = [
    await readAddresses(pipeline.earners, leaving),
    await readAddresses(pipeline.earners, staying),
  ];
  const moves = [...movesFrom(left, stayed), ...movesFrom(stayed, left)];
  for (const move of moves) await add(pipeline, move);
  const gone = moves.filter(({ isGone }) => isGone);
  for (const move of gone) await takeAway(pipeline, move);
  return gone.filter(({ award }) => award.state === 'issued' || award.state === 'blocked').length;
}

/** What is to be known of an award at another address. */
interface Move {
  readonly from: EarnerKey;
  readonly to: EarnerKey;
  readonly badgeId: BadgeId;
  /** As it is known at `from`. */
  readonly award: AwardRecord;
  /** It is no longer to be known at `from`. */
  readonly isGone: boolean;
  /** Revocations at `to` that block nothing. */
  readonly ignored: readonly EventId[];
}

function* movesFrom(own: readonly Address[], others: readonly Address[]): Generator<Move> {
  for (const { key: from, badgeId, record: award } of own.flatMap(awardsOf)) {
    const isOwn = own.some((address) => isShownAt(address, badgeId, award));
    for (const address of others) {
      const isGone = !isOwn && isShownAt(address, badgeId, award);
      const ignored = award.ignoredRevocations.filter((event) => hasEvent(address, badgeId, event));
      if (isGone || ignored.length > 0) yield { from, to: address.key, badgeId, award, isGone, ignored };
    }
  }
}

const hasEvent = ({ record: { assertions } }: Address, badgeId: BadgeId, event: EventId): boolean =>
  assertions.some((one) => one.badgeId === badgeId && one.eventId === event);

/** Whether OBF shows, at this address, what the ledger says of the award. */
function isShownAt(address: Address, badgeId: BadgeId, award: AwardRecord): boolean {
  if ('event' in award) return hasEvent(address, badgeId, award.event);
  if (award.state !== 'blocked') return false;
  return address.record.assertions.some(
    ({ badgeId: of, revoked, eventId }) =>
      of === badgeId && revoked && (eventId === null || !award.ignoredRevocations.includes(eventId)),
  );
}

async function add(pipeline: Pipeline, { to, badgeId, award, isGone, ignored }: Move): Promise<void> {
  const now = await pipeline.ledger.amend(to, badgeId, (known) => {
    const ignoredRevocations = [...new Set([...(known?.ignoredRevocations ?? []), ...ignored])];
    // What is learned takes the place of what says nothing of OBF.
    if (isGone && (known === null || SAYS_NOTHING.has(known.state))) return { ...award, ignoredRevocations };
    return { ...(known ?? { state: 'withdrawn', atS: award.atS }), ignoredRevocations };
  });
  // It goes on under the address that the badge is revoked at.
  if (now?.state === 'revoking') await enqueueRevocation(pipeline, { badgeId, earner: to });
}

/** Unless an evaluation was quicker: it knows no less. */
async function takeAway({ ledger }: Pipeline, { from, badgeId, award }: Move): Promise<void> {
  await ledger.amend(from, badgeId, (now) => {
    if (now === null || stateIn(now) !== stateIn(award)) return now;
    const { atS, ignoredRevocations } = now;
    return ignoredRevocations.length === 0 ? null : { state: 'withdrawn', atS, ignoredRevocations };
  });
}

/** What is compared. */
const stateIn = (award: AwardRecord): string => JSON.stringify({ ...award, ignoredRevocations: [] });
