import {
  SomeUnreadable,
  storeAssertions,
  type NewAssertion,
  type WrittenAssertion,
} from '../../earners/assertions.js';
import { earnerKeyOf } from '../../earners/earner-key.js';
import { journalEntry, isGiving, type JournalEntry } from '../../earners/journal-entry.js';
import type { PartnerActivity } from '../../earners/partner-activity.js';
import type { EarnerStore } from '../../earners/store.js';
import type { UnenrolledBadges } from '../../earners/unenrolled-badges.js';
import {
  asAssertionId,
  asAwardId,
  asEarnerKey,
  asSchemeVersion,
  type ClientId,
  type EarnerKey,
  type EventId,
} from '../../ids.js';
import { noteIn, type Note } from '../../issuing/log-entry.js';
import type { Journal } from '../../journal/journal.js';
import type { EventIndex, ReadProblems } from '../../obf/read-state.js';
import { completenessOf } from '../../obf/list.js';
import { EventIncomplete, RowUnreadable, type EventRead, type EventToStore } from '../../obf/read-event.js';
import type { EventRecipients, ObfAccount, ObfRecipient } from '../../obf/types.js';
import { secondsOf, type Clock } from '../../platform/clock.js';
import { withoutUnseenEnds } from '../../platform/invisible.js';
import type { ReplicationBarrier } from '../../platform/replication.js';
import type { Vault } from '../../platform/vault.js';
import { runsOf } from '../../queue/enqueue.js';
import { ARRIVAL_TYPES, eventNoticeId, listedEventId, type QueueName } from '../../queue/jobs.js';
import type { Schemes } from '../../scheme/schemes.js';
import type { Queue } from 'bullmq';

export interface EventStoring {
  readonly earners: Pick<EarnerStore, 'read' | 'update'>;
  readonly journal: Pick<Journal, 'write'>;
  readonly events: Pick<EventIndex, 'put'>;
  readonly readProblems: Pick<ReadProblems, 'note' | 'clear'>;
  readonly news: Pick<PartnerActivity, 'seen'>;
  readonly ignored: Pick<UnenrolledBadges, 'badge'>;
  readonly schemes: Pick<Schemes, 'now'>;
  readonly replicas: Pick<ReplicationBarrier, 'epoch' | 'waitForReplicas'>;
  readonly queues: Readonly<Pick<Record<QueueName, Queue>, 'notices'>>;
  /** The Région's own client, and its account. */
  readonly region: ClientId;
  readonly regionAccount: Pick<ObfAccount, 'event'>;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly pace: { readonly lookAgainMs: number };
}

export interface StoreOptions {
  /** Has these earners evaluated. Called before the event counts as read: after a stop in between, it is read again. */
  readonly evaluate: (written: readonly WrittenAssertion[]) => Promise<void> | void;
  /** How the event was found: a list may show what is old, a notice means news. */
  readonly source: 'notice' | 'list';
}

/**
 * Puts the assertion of every recipient into their portfolio, and has them evaluated. Idempotent.
 * @returns how many were stored
 * @throws SomeUnreadable, EventIncomplete, RowUnreadable once the others are stored and evaluated
 */
export async function storeEvent(
  storing: EventStoring,
  { event, recipients: read }: EventRead,
  { evaluate, source }: StoreOptions,
  signal: AbortSignal,
): Promise<number> {
  const { replicas, region } = storing;
  const mark = replicas.epoch();
  const found = read.recipients.map((recipient) => newAssertion(storing, event, recipient));
  const generation = await generationFor(storing, event, source);
  const { stored, left } = await storedOf(storeAssertions(storing, found, generation));
  signal.throwIfAborted();
  await recordActivity(storing, event, read.recipients);
  await evaluate(stored);
  // The event stays to be read, and says why, until all of it is kept; the others of the class do not wait for that.
  if (left !== null) throw left;
  await requireComplete(storing, event, read);
  if (event.clientId === region) await journalRegionEvent(storing, event, stored, signal);
  // In a cluster, portfolios and the index of what was read stand on different servers: one that fails must not lose
  // portfolios while the index says that there is nothing left to read.
  await replicas.waitForReplicas(mark);
  await storing.events.put(event.clientId, [event]);
  await storing.readProblems.clear(scopeOf(event));
  await clearFailures(storing, event);
  await recordUnenrolled(storing, event);
  return stored.length;
}

/** What failed before has been done: it is no failure any more. */
async function clearFailures({ queues }: EventStoring, { clientId, id }: EventToStore): Promise<void> {
  if ((await queues.notices.getFailedCount()) === 0) return;
  const notice = { clientId, eventId: id };
  const ids = [...ARRIVAL_TYPES.map((type) => eventNoticeId(notice, type)), listedEventId(notice)];
  for (const jobId of ids.flatMap(runsOf)) {
    const job = await queues.notices.getJob(jobId);
    if (job !== undefined && (await job.isFailed())) await job.remove().catch(() => undefined);
  }
}

const scopeOf = ({ clientId, id }: EventToStore) => ({ clientId, list: 'recipients', eventId: id }) as const;

async function requireComplete(
  { readProblems, clock, pace }: EventStoring,
  event: EventToStore,
  read: EventRecipients,
): Promise<void> {
  const completeness = completenessOf(event, read);
  if (completeness === 'complete') return;
  const fields = [...new Set(read.odd.map(({ field }) => field))];
  const missing = { seen: read.distinct, expected: event.recipientCount };
  const problem = completeness === 'odd' ? { fields, missing: null } : { fields: [], missing };
  await readProblems.note({ ...scopeOf(event), ...problem }, secondsOf(clock));
  if (completeness === 'odd') throw new RowUnreadable(event.clientId, `event ${event.id}`, fields);
  throw new EventIncomplete(event, read.distinct, pace.lookAgainMs);
}

async function storedOf(
  upserting: Promise<readonly WrittenAssertion[]>,
): Promise<{ readonly stored: readonly WrittenAssertion[]; readonly left: SomeUnreadable | null }> {
  try {
    return { stored: await upserting, left: null };
  } catch (left) {
    if (!(left instanceof SomeUnreadable)) throw left;
    return { stored: left.stored, left };
  }
}

/** When a partner last issued anything: one that has fallen silent stands out. */
async function recordActivity(
  { news, clock }: EventStoring,
  { clientId, id, createdS }: EventToStore,
  [first]: readonly ObfRecipient[],
): Promise<void> {
  if (first === undefined) return;
  const happenedS = createdS ?? first.issuedOnS;
  await news.seen(clientId, { eventId: id, happenedS, atS: secondsOf(clock) });
}

/** A badge that is not enrolled counts for nobody: its partner may have forgotten it. */
async function recordUnenrolled(
  { schemes, ignored, region, clock }: EventStoring,
  { clientId, badgeId, id }: EventToStore,
): Promise<void> {
  if (clientId === region || (await schemes.now()).scheme.enrolments.has(badgeId)) return;
  await ignored.badge(clientId, badgeId, id, secondsOf(clock));
}

/**
 * While a change of the rules waits: the generation under which a new event is judged. What OBF recorded before the
 * change is not new (a partner that was just enrolled has a past), nor is what the Région gave.
 */
async function generationFor(
  { schemes, region }: EventStoring,
  { clientId, createdS = null }: EventToStore,
  source: StoreOptions['source'],
): Promise<number | null> {
  const { rollout } = await schemes.now();
  if (rollout === null || clientId === region) return null;
  const isNews = source === 'notice' || (createdS !== null && createdS >= rollout.sinceS);
  return isNews ? rollout.generation : null;
}

function newAssertion(
  { vault, region }: EventStoring,
  event: EventToStore,
  recipient: ObfRecipient,
): NewAssertion {
  return {
    recordedS: event.createdS ?? null,
    isRegionBadge: event.clientId === region,
    earner: earnerKeyOf(vault, recipient.email),
    contact: { address: withoutUnseenEnds(recipient.email), name: recipient.name },
    assertion: {
      id: recipient.assertionId,
      clientId: event.clientId,
      badgeId: event.badgeId,
      eventId: event.id,
      issuedOnS: recipient.issuedOnS,
      expiresOnS: recipient.expiresOnS,
      revoked: recipient.revoked,
    },
  };
}

/**
 * Enters an event of the Région's account that no journal tells of: given by hand, or by us before a reply or all of
 * Redis was lost. Costs one call, once an event.
 */
async function journalRegionEvent(
  { journal, regionAccount, earners, schemes }: EventStoring,
  event: EventToStore,
  found: readonly NewAssertion[],
  signal: AbortSignal,
): Promise<void> {
  const untold = (await Promise.all(found.map((one) => untoldOf(earners, event, one)))).flat();
  if (untold.length === 0) return;
  const note = noteIn((await regionAccount.event(event.id, signal)).logEntry);
  const { awards } = (await schemes.now()).scheme;
  const award = awards.find(({ badgeId }) => badgeId === event.badgeId)?.id ?? null;
  const entries = untold.map(async ({ earner, person, issuedOnS }) => {
    if (note === null)
      return [journalEntry('found', issuedOnS, { earner, award, badgeId: event.badgeId, event: event.id })];
    if (await isToldOfAnother(earners, event, note, person)) return [];
    return [issuedAsNoted(note, person, event, event.createdS ?? issuedOnS)];
  });
  await journal.write((await Promise.all(entries)).flat());
}

interface Untold {
  readonly earner: EarnerKey;
  /** Our note speaks of people; the badge went to one of their addresses. */
  readonly person: EarnerKey;
  readonly issuedOnS: number;
}

const tellsOf = (event: EventId, journal: readonly JournalEntry[]): boolean =>
  journal.some((entry) => entry.event === event && isGiving(entry));

/** None when it is told already, or was before an erasure. */
async function untoldOf(
  earners: Pick<EarnerStore, 'read'>,
  { id, createdS }: EventToStore,
  { earner, assertion: { issuedOnS } }: NewAssertion,
): Promise<readonly Untold[]> {
  const record = await earners.read(earner);
  const { tombstone, linkedTo } = record;
  if (tombstone !== null && (createdS ?? issuedOnS) <= tombstone.erasedAtS) return [];
  const records = [record, ...(linkedTo === null ? [] : [await earners.read(linkedTo)])];
  const isTold = records.some(({ journal }) => tellsOf(id, journal));
  return isTold ? [] : [{ earner, person: linkedTo ?? earner, issuedOnS }];
}

/** Whether the note names others, one of whose journals tells of it: an address that was unlinked since. */
async function isToldOfAnother(
  earners: Pick<EarnerStore, 'read'>,
  { id }: EventToStore,
  { assertions }: Note,
  person: EarnerKey,
): Promise<boolean> {
  const named = Object.keys(assertions).map(asEarnerKey);
  if (named.includes(person)) return false;
  for (const one of named) if (tellsOf(id, (await earners.read(one)).journal)) return true;
  return false;
}

function issuedAsNoted(
  note: Note,
  earner: EarnerKey,
  { id, badgeId }: EventToStore,
  atS: number,
): JournalEntry {
  const version = note.rule_versions[earner] ?? note.rule_version;
  return journalEntry('issued', atS, {
    earner,
    badgeId,
    event: id,
    award: note.award === null ? null : asAwardId(note.award),
    version: version === null ? null : asSchemeVersion(version),
    assertions: (note.assertions[earner] ?? []).map(asAssertionId),
    cause: note.causes[earner] ?? null,
  });
}
