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
import { enqueueEarners, overlappingJobIds } from '../../queue/enqueue.js';
import { NOTICE_TYPES, eventNoticeId, listedEventId } from '../../queue/jobs.js';
import type { Rules } from '../../rules/rollout.js';
import type { Scheme } from '../../rules/types.js';
import type { Stores } from '../stores.js';

export interface StoreOptions {
  /** Enqueues evaluations, before the event counts as read: after a stop in between, the event is read again. */
  readonly evaluate: (written: readonly WrittenAssertion[]) => Promise<void> | void;
  /** A list may show old events; a notice means that an event is new or changed. */
  readonly source: 'notice' | 'list';
}

/** Returns the usual `evaluate`. */
export const enqueueEvaluationsFor =
  ({ queues }: Stores, cause: string): StoreOptions['evaluate'] =>
  (written) => {
    const earners = written.map(({ earner }) => earner);
    return enqueueEarners(queues.earners, earners, cause);
  };

/**
 * Stores the assertion of every recipient in their portfolio, and enqueues their evaluations. Idempotent.
 * @returns how many it stored
 * @throws SomeUnreadable, EventIncomplete, RowUnreadable after the readable recipients were stored and enqueued
 */
export async function storeEvent(
  stores: Stores,
  { event, recipients: read, row = event }: EventRead,
  { evaluate, source }: StoreOptions,
  signal: AbortSignal,
): Promise<number> {
  const { replicas, region, partnerActivity, events, schemes, clock } = stores;
  const { clientId } = event;
  const epoch = replicas.epoch();
  const rules = await schemes.now();
  const assertions = read.recipients.map((recipient) => newAssertion(stores, event, recipient));
  const generation = clientId === region ? null : generationFor(rules, event, source);
  const result = await storeAssertions(stores, assertions, generation).catch((error: unknown) => {
    if (error instanceof SomeUnreadable) return error;
    throw error;
  });
  const stored = result instanceof SomeUnreadable ? result.stored : result;
  signal.throwIfAborted();
  const happenedS = event.createdS ?? read.recipients[0]?.issuedOnS ?? null;
  // The pages show partners without recent activity.
  if (happenedS !== null && assertions.length > 0) await partnerActivity.seen(clientId, happenedS, event.id);
  await evaluate(stored);
  // The event counts as unread, with its reason, until all of it is stored. Its readable recipients do not wait.
  if (result instanceof SomeUnreadable) throw result;
  await requireComplete(stores, event, read);
  if (clientId === region) await journalRegionEvent(stores, rules.scheme, event, stored, signal);
  // In a cluster, portfolios and the index of read events are on different servers. The index must not outlive a
  // portfolio that a failed server lost, or the event would never be read again.
  await replicas.waitForReplicas(epoch);
  await events.put(clientId, [row]);
  await clearFailures(stores, { clientId, eventId: event.id });
  // For the pages: the partner may have forgotten to enrol this badge.
  if (clientId !== region && !rules.scheme.enrolments.has(event.badgeId))
    await partnerActivity.ignoreBadge(clientId, event.badgeId, secondsOf(clock), event.id);
  return stored.length;
}

/** Removes an event's failed jobs and read problems, once all of it is stored or OBF no longer has it. Idempotent. */
export async function clearFailures(
  { queues, readProblems }: Stores,
  event: { readonly clientId: ClientId; readonly eventId: EventId },
): Promise<void> {
  await readProblems.clear({ ...event, list: 'recipients' });
  if ((await queues.notices.getFailedCount()) === 0) return;
  const ids = [...NOTICE_TYPES.map((type) => eventNoticeId(event, type)), listedEventId(event)];
  for (const jobId of ids.flatMap(overlappingJobIds)) {
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
 * Pure. Returns the generation of the rules for a partner's new event; null: no rollout, or not new. A listed event
 * that OBF recorded before the rollout is not new: a partner just enrolled has old events.
 */
function generationFor({ rollout }: Rules, { createdS }: ObfEvent, source: StoreOptions['source']) {
  if (rollout === null) return null;
  const isNew = source === 'notice' || (createdS !== null && createdS >= rollout.sinceS);
  return isNew ? rollout.generation : null;
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
 * Adds the missing journal entries for an event of the Région's account. Such awards were issued by hand, or by Palier
 * before a reply or the whole Redis was lost. Costs one call, once for each event. Idempotent.
 */
async function journalRegionEvent(
  stores: Stores,
  { awards }: Scheme,
  event: ObfEvent,
  assertions: readonly NewAssertion[],
  signal: AbortSignal,
): Promise<void> {
  const { journal, regionAccount } = stores;
  const { id, badgeId, createdS } = event;
  const journaled = new Set((await journal.ofEvent(id)).map(({ earner }) => earner));
  const checked = await Promise.all(assertions.map((one) => missingEntry(stores, journaled, event, one)));
  const missing = checked.flat();
  if (missing.length === 0) return;
  const note = noteIn((await regionAccount.event(id, signal)).logEntry);
  const award = awards.find((one) => one.badgeId === badgeId)?.id ?? null;
  const entries = missing.flatMap(({ earner, person, issuedOnS }) => {
    if (note === null) return journalEntry('found', issuedOnS, { earner, award, badgeId, event: id });
    // The address was unlinked since, and the other person's journal has the entry.
    const isOfAnother =
      !(person in note.assertions) && [...journaled].some((one) => one !== null && one in note.assertions);
    return isOfAnother ? [] : issuedAsNoted(note, person, event, createdS ?? issuedOnS);
  });
  await journal.write(entries);
}

/**
 * Returns what an assertion's missing entry needs; nothing if a journal has it, or an erasure came later.
 * `person` is the key in our `log_entry`; the badge went to one of that person's addresses.
 */
async function missingEntry(
  { earners }: Stores,
  journaled: ReadonlySet<EarnerKey | null>,
  { createdS }: ObfEvent,
  { earner, assertion: { issuedOnS } }: NewAssertion,
) {
  const { tombstone, linkedTo } = await earners.read(earner);
  if (tombstone !== null && (createdS ?? issuedOnS) <= tombstone.erasedAtS) return [];
  const person = linkedTo ?? earner;
  return journaled.has(earner) || journaled.has(person) ? [] : [{ earner, person, issuedOnS }];
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
