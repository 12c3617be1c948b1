import {
  SomeUnreadable,
  storeAssertions,
  type NewAssertion,
  type WrittenAssertion,
} from '../../earners/assertions.js';
import { earnerKeyOf } from '../../earners/person.js';
import { journalEntry } from '../../earners/journal-entry.js';
import {
  asAssertionId,
  asAwardId,
  asSchemeVersion,
  type ClientId,
  type EarnerKey,
  type EventId,
} from '../../ids.js';
import { noteIn, type LogEntryNote } from '../../issuing/send.js';
import type { EventRecipients } from '../../obf/account.js';
import { completenessOf, EventIncomplete, type EventRead, RowUnreadable } from '../../obf/events.js';
import type { ObfEvent, ObfRecipient } from '../../obf/wire.js';
import { secondsOf } from '../../platform/clock.js';
import { withoutUnseenEnds } from '../../platform/invisible.js';
import { enqueueEarners, runsOf } from '../../queue/enqueue.js';
import { NOTICE_TYPES, eventNoticeId, listedEventId } from '../../queue/jobs.js';
import type { Rules } from '../../rules/rollout.js';
import type { Scheme } from '../../rules/types.js';
import type { Stores } from '../stores.js';

export interface StoreOptions {
  /** Has these earners evaluated. Called before the event counts as read: after a stop in between, it is read again. */
  readonly evaluate: (written: readonly WrittenAssertion[]) => Promise<void> | void;
  /** How the event was found: a list may show what is old, a notice means news. */
  readonly source: 'notice' | 'list';
}

/** The usual `evaluate`. */
export const evaluatingFor =
  ({ queues }: Stores, cause: string): StoreOptions['evaluate'] =>
  (written) => {
    const earners = written.map(({ earner }) => earner);
    return enqueueEarners(queues.earners, earners, cause);
  };

/**
 * Puts the assertion of every recipient into their portfolio, and has them evaluated. Idempotent.
 * @returns how many were stored
 * @throws SomeUnreadable, EventIncomplete, RowUnreadable once the others are stored and evaluated
 */
export async function storeEvent(
  stores: Stores,
  { event, recipients: read }: EventRead,
  { evaluate, source }: StoreOptions,
  signal: AbortSignal,
): Promise<number> {
  const { replicas, region, news, events, schemes, clock } = stores;
  const { clientId } = event;
  const mark = replicas.epoch();
  const rules = await schemes.now();
  const found = read.recipients.map((recipient) => newAssertion(stores, event, recipient));
  const generation = clientId === region ? null : generationFor(rules, event, source);
  const done = await storeAssertions(stores, found, generation).catch((error: unknown) => {
    if (error instanceof SomeUnreadable) return error;
    throw error;
  });
  const stored = done instanceof SomeUnreadable ? done.stored : done;
  signal.throwIfAborted();
  const happenedS = event.createdS ?? read.recipients[0]?.issuedOnS ?? null;
  // A partner that has fallen silent stands out.
  if (happenedS !== null && found.length > 0) await news.seen(clientId, happenedS, event.id);
  await evaluate(stored);
  // The event stays to be read, and says why, until all of it is kept; the others of the class do not wait for that.
  if (done instanceof SomeUnreadable) throw done;
  await requireComplete(stores, event, read);
  if (clientId === region) await journalRegionEvent(stores, rules.scheme, event, stored, signal);
  // In a cluster, portfolios and the index of what was read stand on different servers: one that fails must not lose
  // portfolios while the index says that there is nothing left to read.
  await replicas.waitForReplicas(mark);
  await events.put(clientId, [event]);
  await clearFailures(stores, { clientId, eventId: event.id });
  // A badge that is not enrolled counts for nobody: its partner may have forgotten it.
  if (clientId !== region && !rules.scheme.enrolments.has(event.badgeId))
    await news.ignoreBadge(clientId, event.badgeId, secondsOf(clock), event.id);
  return stored.length;
}

/** What failed for an event, or could not be read of it, is over: all of it is stored, or OBF has it no longer. */
export async function clearFailures(
  { queues, readProblems }: Stores,
  event: { readonly clientId: ClientId; readonly eventId: EventId },
): Promise<void> {
  await readProblems.clear({ ...event, list: 'recipients' });
  if ((await queues.notices.getFailedCount()) === 0) return;
  const ids = [...NOTICE_TYPES.map((type) => eventNoticeId(event, type)), listedEventId(event)];
  for (const jobId of ids.flatMap(runsOf)) {
    const job = await queues.notices.getJob(jobId);
    if (job !== undefined && (await job.isFailed())) await job.remove().catch(() => undefined);
  }
}

const scopeOf = ({ clientId, id }: ObfEvent) => ({ clientId, list: 'recipients', eventId: id }) as const;

async function requireComplete(
  { readProblems, clock, pace }: Stores,
  event: ObfEvent,
  read: EventRecipients,
): Promise<void> {
  const completeness = completenessOf(event, read);
  if (completeness === 'complete') return;
  const isOdd = completeness === 'odd';
  const fields = [...new Set(read.odd.map(({ field }) => field))];
  const missing = isOdd ? null : { seen: read.distinct, expected: event.recipientCount };
  await readProblems.note({ ...scopeOf(event), fields, missing }, secondsOf(clock));
  if (isOdd) throw new RowUnreadable(event.clientId, `event ${event.id}`, fields);
  throw new EventIncomplete(event, read.distinct, pace.lookAgainMs);
}

/**
 * Pure. While a change of the rules waits: the generation under which a partner's new event is judged. What OBF
 * recorded before the change is not new: a partner that was just enrolled has a past.
 */
function generationFor({ rollout }: Rules, { createdS }: ObfEvent, source: StoreOptions['source']) {
  if (rollout === null) return null;
  const isNews = source === 'notice' || (createdS !== null && createdS >= rollout.sinceS);
  return isNews ? rollout.generation : null;
}

const newAssertion = (
  { vault, region }: Stores,
  { id: eventId, clientId, badgeId, createdS }: ObfEvent,
  { assertionId: id, email, name, issuedOnS, expiresOnS, revoked }: ObfRecipient,
): NewAssertion => ({
  recordedS: createdS,
  isRegionBadge: clientId === region,
  earner: earnerKeyOf(vault, email),
  contact: { address: withoutUnseenEnds(email), name },
  assertion: { id, clientId, badgeId, eventId, issuedOnS, expiresOnS, revoked },
});

/**
 * Enters an event of the Région's account that no journal tells of: given by hand, or by us before a reply or all of
 * Redis was lost. Costs one call, once an event.
 */
async function journalRegionEvent(
  stores: Stores,
  { awards }: Scheme,
  event: ObfEvent,
  found: readonly NewAssertion[],
  signal: AbortSignal,
): Promise<void> {
  const { journal, regionAccount } = stores;
  const { id, badgeId, createdS } = event;
  const told = new Set((await journal.ofEvent(id)).map(({ earner }) => earner));
  const untold = (await Promise.all(found.map((one) => untoldOf(stores, told, event, one)))).flat();
  if (untold.length === 0) return;
  const note = noteIn((await regionAccount.event(id, signal)).logEntry);
  const award = awards.find((one) => one.badgeId === badgeId)?.id ?? null;
  const entries = untold.flatMap(({ earner, person, issuedOnS }) => {
    if (note === null) return journalEntry('found', issuedOnS, { earner, award, badgeId, event: id });
    // Another's journal tells of it: the address was unlinked since.
    const isOfAnother =
      !(person in note.assertions) && [...told].some((one) => one !== null && one in note.assertions);
    return isOfAnother ? [] : issuedAsNoted(note, person, event, createdS ?? issuedOnS);
  });
  await journal.write(entries);
}

/**
 * None when it is told already, or was before an erasure. `person`: our note speaks of people; the badge went to one of
 * their addresses.
 */
async function untoldOf(
  { earners }: Stores,
  told: ReadonlySet<EarnerKey | null>,
  { createdS }: ObfEvent,
  { earner, assertion: { issuedOnS } }: NewAssertion,
) {
  const { tombstone, linkedTo } = await earners.read(earner);
  if (tombstone !== null && (createdS ?? issuedOnS) <= tombstone.erasedAtS) return [];
  const person = linkedTo ?? earner;
  return told.has(earner) || told.has(person) ? [] : [{ earner, person, issuedOnS }];
}

function issuedAsNoted(note: LogEntryNote, earner: EarnerKey, { id: event, badgeId }: ObfEvent, atS: number) {
  const version = note.rule_versions[earner] ?? note.rule_version;
  return journalEntry('issued', atS, {
    earner,
    badgeId,
    event,
    award: note.award === null ? null : asAwardId(note.award),
    version: version === null ? null : asSchemeVersion(version),
    assertions: (note.assertions[earner] ?? []).map(asAssertionId),
    cause: note.causes[earner] ?? null,
  });
}
