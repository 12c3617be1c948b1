import type { ClientId } from '../ids.js';
import type { EventIndex } from '../obf/event-index.js';
import { completenessOf } from '../obf/listed.js';
import type { ReadProblems } from '../obf/read-problems.js';
import type { EventRecipients, ObfRecipient } from '../obf/types.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import { withoutUnseenEnds } from '../platform/invisible.js';
import type { ReplicationBarrier } from '../platform/replication.js';
import type { Vault } from '../platform/vault.js';
import type { EarnerStore } from '../earners/store.js';
import { earnerKeyOf } from '../earners/earner-key.js';
import type { IgnoredBoard } from '../earners/unenrolled-badges.js';
import type { NewsBoard } from '../earners/partner-activity.js';
import {
  SomeUnreadable,
  storeAssertions,
  type NewAssertion,
  type WrittenAssertion,
} from '../earners/assertions.js';
import { runsOf } from '../queue/enqueue.js';
import { eventNoticeId, listedEventId } from '../queue/jobs.js';
import type { Pace, Pipeline } from './pipeline.js';
import type { EventRead, EventToStore } from './read-event.js';
import type { Schemes } from '../scheme/schemes.js';

export interface EventStoring {
  readonly earners: Pick<EarnerStore, 'update'>;
  readonly events: Pick<EventIndex, 'put'>;
  readonly readProblems: Pick<ReadProblems, 'note' | 'clear'>;
  readonly news: Pick<NewsBoard, 'seen'>;
  readonly ignored: Pick<IgnoredBoard, 'badge'>;
  readonly vault: Vault;
  readonly clock: Clock;
  /** The Région's own client. */
  readonly region: ClientId;
  readonly schemes: Pick<Schemes, 'now'>;
  readonly replicas: Pick<ReplicationBarrier, 'epoch' | 'waitForReplicas'>;
  readonly pace: Pick<Pace, 'lookAgainMs'>;
  readonly queues: Pick<Pipeline['queues'], 'notices'>;
}

/** What is done around the storing of an event. */
export interface EventSteps {
  /** Has these earners evaluated. Done before the event counts as read: were we stopped in between, it is read again. */
  readonly evaluate: (written: readonly WrittenAssertion[]) => Promise<void>;
  /** Receives what was stored, once all of the event was; before it counts as read. */
  readonly account?: (found: readonly NewAssertion[]) => Promise<void>;
}

/** How an event was found. A poll may find what is old; a notice means news. */
export type EventSource = 'notice' | 'list';

/** OBF shows fewer recipients of an event than it says it has: it is looked at again, at growing distances. */
export class EventIncomplete extends Error {
  readonly code = 'event_incomplete';
  constructor(
    { clientId, id, recipientCount }: EventToStore,
    readonly seen: number,
    /** How soon it is looked at again, at first, milliseconds. */
    readonly firstMs: number,
  ) {
    super(
      `OBF shows ${seen} of ${recipientCount ?? 'an unknown number of'} recipients of event ${id} of client ${clientId}; ` +
        'those are stored, and it is read again',
    );
    this.name = 'EventIncomplete';
  }
}

/** Rows of OBF cannot be read. The others are stored; it is OBF's to mend. */
export class RowUnreadable extends Error {
  readonly code = 'row_unreadable';
  constructor(clientId: ClientId, where: string, fields: readonly string[]) {
    super(
      `OBF shows a row that cannot be read: client ${clientId}, ${where}, field ${fields.join(', ')}. ` +
        'The others are stored. Have OBF mend it, then send this again',
    );
    this.name = 'RowUnreadable';
  }
}

/**
 * Puts the assertion of every recipient into their portfolio, and has them evaluated. Idempotent.
 * Resolves with how many were stored.
 * @throws SomeUnreadable, EventIncomplete, RowUnreadable when the others are stored and evaluated
 */
export async function storeEvent(
  storing: EventStoring,
  { event, recipients: read }: EventRead,
  steps: EventSteps,
  source: EventSource,
  signal: AbortSignal,
): Promise<number> {
  const { replicas } = storing;
  const mark = replicas.epoch();
  const found = read.recipients.map((recipient) => newAssertion(storing, event, recipient));
  const generation = await generationFor(storing, event, source);
  const { stored, left } = await storedOf(storeAssertions(storing, found, generation));
  signal.throwIfAborted();
  await recordNews(storing, event, read.recipients);
  await steps.evaluate(stored);
  // The event stays to be read, and says why, until all of it is kept; the others of the class do not wait for that.
  if (left !== null) throw left;
  await requireComplete(storing, event, read);
  await steps.account?.(stored);
  // In a cluster the portfolios stand on other servers than the index of what was read: one that fails must not
  // lose them while the index says that there is nothing left to read.
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
  const ids = [eventNoticeId(notice, 'issued'), eventNoticeId(notice, 'revoked'), listedEventId(notice)];
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

/** When somebody last issued anything: an organisation that has fallen silent stands out. */
async function recordNews(
  { news, clock }: EventStoring,
  { clientId, id, createdS }: EventToStore,
  [first]: readonly ObfRecipient[],
): Promise<void> {
  if (first === undefined) return;
  await news.seen(clientId, {
    eventId: id,
    happenedS: createdS ?? first.issuedOnS,
    atS: secondsOf(clock),
  });
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
 * While a change of the rules waits: whether the event is news, that is judged by the new ones. What OBF
 * recorded before the change is not (a partner that was just enrolled has a past), nor is what the Région
 * gave: an award that one applied brings nobody under the rest.
 */
async function generationFor(
  { schemes, region }: EventStoring,
  { clientId, createdS = null }: EventToStore,
  source: EventSource,
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
