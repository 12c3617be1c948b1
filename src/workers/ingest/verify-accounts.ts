import pMap from 'p-map';
import { markAssertion, SomeUnreadable, type WrittenAssertion } from '../../earners/assertions.js';
import { earnerKeyOf, iteratePeople } from '../../earners/person.js';
import type { AssertionId, ClientId, EarnerKey, EventId } from '../../ids.js';
import type { ObfAccount } from '../../obf/account.js';
import { isEventGone } from '../../obf/errors.js';
import { IdSet, type ListRead, readList } from '../../obf/list.js';
import {
  completeRecipients,
  completenessOf,
  EventIncomplete,
  readSingleEvent,
  type EventRead,
} from '../../obf/events.js';
import { hasAddress, type ObfEvent, type ObfRecipient } from '../../obf/wire.js';
import { secondsOf } from '../../platform/clock.js';
import type { JobResult } from '../../platform/job.js';
import { isRedisError } from '../../platform/redis-faults.js';
import { enqueue, enqueueEarners } from '../../queue/enqueue.js';
import { eventNoticeId } from '../../queue/jobs.js';
import { storePopulation } from '../../scheme/population.js';
import type { Pipeline } from '../pipeline.js';
import { retryTransient } from '../runtime/job-outcome.js';
import { polledClients } from '../runtime/schedules.js';
import { enqueueUnreadableRows, noticeOf } from './poll-events.js';
import { clearFailures, storeEvent } from './store-event.js';

/**
 * Reads every account again in full, to find what no notice and no changed row of a list has shown. Each call reads
 * 1 000 events or recipients, after all other calls. Runs every `VERIFY_EVERY_H`, and for `palier reconcile --full`.
 */

/** Counts the differences between OBF and Palier; all of them are repaired by the time it is returned. */
const noDrift = () => ({
  /** Events that were not read in full, or changed since. */
  events: 0,
  /** Partners' assertions that no portfolio had. */
  assertions: 0,
  /** Revocations of partners' assertions that no portfolio had. */
  revocations: 0,
  /** Partners' assertions that OBF changed, in their expiry for example. */
  changed: 0,
  /** Partners' assertions that OBF no longer has. */
  gone: 0,
  /** The Région's awards that no portfolio had: issued by hand, or before Redis was lost. */
  awards: 0,
  /** The Région's awards that were revoked in OBF, or that OBF no longer has. */
  awardsRevoked: 0,
  /** Earners to evaluate again. */
  earners: 0,
  /** The accounts that could not be read, with the error; the other accounts were read. */
  unreadable: [] as { readonly clientId: ClientId; readonly error: unknown }[],
});
export type Drift = ReturnType<typeof noDrift>;

/** How many events are stored at a time. */
const STORED_AT_ONCE = 8;

interface Run {
  readonly drift: Drift;
  readonly toEvaluate: Set<EarnerKey>;
  /** Every assertion that the lists of an account show, by `shownAs`, for accounts that were read completely. */
  readonly listed: Map<ClientId, IdSet>;
  /** Receives how many rows of an account were read, of how many. */
  readonly progress: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Reads all accounts, stores the differences, then enqueues evaluations and counts everybody. The Région's account comes
 * first, so that held awards are known before anybody is evaluated. Idempotent; safe beside running workers.
 * @throws the error of the Région's account; an error of Redis; the signal's reason
 */
export async function verifyAccounts(pipeline: Pipeline, progress: Run['progress'], signal: AbortSignal) {
  const drift = noDrift();
  const run: Run = { drift, toEvaluate: new Set(), listed: new Map(), progress, signal };
  for (const clientId of polledClients(pipeline)) {
    try {
      await verifyAccount(pipeline, clientId, run);
    } catch (error) {
      // Without the Région's account, held awards are unknown: evaluate nobody.
      if (clientId === pipeline.region) throw error;
      recordUnreadable(run, clientId, error);
    }
  }
  for (const event of (await vanishedEvents(pipeline, run)).values())
    await followVanished(pipeline, event, run).catch((error: unknown) =>
      recordUnreadable(run, event.clientId, error),
    );
  await retryTransient(async () => {
    const epoch = pipeline.replicas.epoch();
    await enqueueEarners(pipeline.queues.earners, run.toEvaluate, 'verification');
    await pipeline.replicas.waitForReplicas(epoch);
  }, signal);
  // An earlier run may have stored changes and stopped before it enqueued their earners: the count finds these.
  await retryTransient(() => countPeople(pipeline, signal), signal);
  drift.earners = run.toEvaluate.size;
  return drift;
}

/** Counts everybody, and enqueues evaluations of people with an award in flight, due or lost. Idempotent. */
export async function countPeople(pipeline: Pipeline, signal: AbortSignal): Promise<JobResult> {
  const { people, unsettled } = await storePopulation(pipeline, signal);
  await enqueueEarners(pipeline.queues.earners, unsettled, 'population');
  return { did: 'people counted', facts: { people } };
}

/** Records the error of one account, so that the others go on. @throws an error of Redis; the signal's reason */
function recordUnreadable({ drift, signal }: Run, clientId: ClientId, error: unknown): void {
  if (isRedisError(error) || signal.aborted) throw error;
  drift.unreadable.push({ clientId, error });
}

/** Runs the scheduled verification. Logs each account that cannot be read; the next run reads it again. */
export async function runScheduledVerification(pipeline: Pipeline, signal: AbortSignal): Promise<JobResult> {
  const { unreadable, ...found } = await verifyAccounts(pipeline, () => undefined, signal);
  for (const { clientId, error: err } of unreadable)
    pipeline.log.warn({ client: clientId, err }, 'an account could not be verified');
  return { did: 'accounts verified', facts: { ...found, unreadable: unreadable.length } };
}

async function verifyAccount(pipeline: Pipeline, clientId: ClientId, run: Run): Promise<void> {
  const { queues, events: index, readProblems, clock } = pipeline;
  const account = pipeline.obf.account(clientId, 'idle');
  if (account === null) return;
  const unstored = new Map<EventId, ObfEvent>();
  const eventList = await readList<ObfEvent>({
    pageAt: (offset) =>
      retryTransient(
        () => account.events({ offset }, run.signal),
        run.signal,
        // Reports an account that does not answer at all at once.
        offset === 0 ? { tries: 1 } : {},
      ),
    keyOf: ({ id }) => id,
    onRows: (rows) => rows.forEach((row) => unstored.set(row.id, row)),
  });
  await enqueueUnreadableRows(pipeline, clientId, eventList.odd, eventList.isWhole);
  const ids = [...unstored.keys()];
  const compared = await index.compare(clientId, [...unstored.values()]);
  run.drift.events += compared.unread.size + compared.changed.size;
  const listed = new IdSet();
  const recipientList = await storeListed(pipeline, account, unstored, listed, run);
  // An event that the list shows incompletely is read by its id, also where that failed before.
  for (const data of [...unstored.values()].filter((one) => one.recipientCount !== 0).map(noticeOf))
    await enqueue(queues.notices, { id: eventNoticeId(data, 'issued'), name: 'event', data });
  const isWhole = eventList.isWhole && recipientList.isWhole && recipientList.odd.length === 0;
  // A list that was not read completely is no proof that an assertion is gone.
  const scope = { clientId, list: 'events', eventId: null } as const;
  const missing = { seen: eventList.distinct, expected: eventList.total };
  if (eventList.odd.length === 0 && isWhole) await readProblems.clear(scope);
  else if (eventList.odd.length === 0)
    await readProblems.note({ ...scope, fields: [], missing }, secondsOf(clock));
  if (!isWhole) return;
  run.listed.set(clientId, listed);
  await index.retain(clientId, ids);
}

/**
 * Stores each event of an account once all of its recipients were listed, and removes it from `unstored`.
 * @param listed receives every assertion that the list shows, by `shownAs`
 */
async function storeListed(
  pipeline: Pipeline,
  account: ObfAccount,
  unstored: Map<EventId, ObfEvent>,
  listed: IdSet,
  run: Run,
): Promise<ListRead> {
  const { signal, progress } = run;
  const events = new Map(unstored);
  const largerEvents = new Set<ObfEvent>();
  const rowsByEvent = new Map<EventId, ObfRecipient[]>();
  const total = [...unstored.values()].reduce((sum, { recipientCount }) => sum + (recipientCount ?? 0), 0);
  const storeIfComplete = async (event: ObfEvent): Promise<void> => {
    const recipients = completeRecipients(rowsByEvent.get(event.id) ?? []);
    if (completenessOf(event, recipients) !== 'complete') return;
    rowsByEvent.delete(event.id);
    try {
      await retryTransient(() => storeAndCount(pipeline, { event, recipients }, run), signal);
      unstored.delete(event.id);
    } catch (error) {
      // The event stays in `unstored`, and its own job reports the unreadable record; the others are stored.
      if (!(error instanceof SomeUnreadable)) throw error;
    }
  };
  const read = await readList<ObfRecipient>({
    pageAt: (offset) => retryTransient(() => account.recipients({ offset }, signal), signal),
    keyOf: ({ assertionId }) => assertionId,
    async onRows(rows) {
      const extended = new Set<ObfEvent>();
      for (const row of rows) {
        listed.add(shownAs(pipeline, row));
        const event = events.get(row.eventId);
        if (event === undefined) continue;
        if (!unstored.has(event.id)) {
          largerEvents.add(event);
          continue;
        }
        extended.add(event);
        const eventRows = rowsByEvent.get(event.id) ?? [];
        eventRows.push(row);
        rowsByEvent.set(event.id, eventRows);
      }
      await pMap(extended, storeIfComplete, { concurrency: STORED_AT_ONCE });
      progress(listed.size, Math.max(listed.size, total));
    },
  });
  // Its count was too small, or not told: it was stored before its last recipient was listed.
  for (const event of largerEvents) unstored.set(event.id, event);
  return read;
}

/** An assertion as an address has it. The issuer may correct the address: it then counts for the other one alone. */
const asHeldBy = (id: AssertionId, earner: EarnerKey): string => `${id} ${earner}`;

/** OBF erases recipients: a row without an address counts for every address that has the assertion. */
const shownAs = ({ vault }: Pipeline, row: ObfRecipient): string =>
  hasAddress(row) ? asHeldBy(row.assertionId, earnerKeyOf(vault, row.email)) : row.assertionId;

/** Stores an event, and counts its differences; the evaluations wait for the end of the run. */
function storeAndCount(pipeline: Pipeline, read: EventRead, { drift, toEvaluate, signal }: Run) {
  const isOwn = read.event.clientId === pipeline.region;
  const evaluate = (written: readonly WrittenAssertion[]): void => {
    for (const { change, earner, assertion } of written) {
      if (change === null) continue;
      toEvaluate.add(earner);
      if (change === 'new') drift[isOwn ? 'awards' : 'assertions'] += 1;
      if (change === 'changed') drift.changed += isOwn ? 0 : 1;
      else if (assertion.revoked) drift[isOwn ? 'awardsRevoked' : 'revocations'] += 1;
    }
  };
  return storeEvent(pipeline, read, { evaluate, source: 'list' }, signal);
}

/** An event with unrevoked assertions in portfolios that the lists of its account do not show. */
interface VanishedEvent {
  readonly clientId: ClientId;
  readonly eventId: EventId;
  readonly suspects: { readonly key: EarnerKey; readonly id: AssertionId }[];
}

async function vanishedEvents(pipeline: Pipeline, { listed, signal }: Run) {
  const events = new Map<string, VanishedEvent>();
  for await (const people of iteratePeople(pipeline, signal))
    for (const { key, record } of people.flatMap(({ addresses }) => addresses))
      for (const { id, clientId, eventId, revoked } of record.assertions) {
        const shown = listed.get(clientId);
        if (shown === undefined || revoked || eventId === null) continue;
        if (shown.has(id) || shown.has(asHeldBy(id, key))) continue;
        const name = `${clientId} ${eventId}`;
        const event = events.get(name) ?? { clientId, eventId, suspects: [] };
        event.suspects.push({ key, id });
        events.set(name, event);
      }
  return events;
}

/**
 * Reads an event by its id, and marks its suspects as vanished once OBF says that they are not there. A partner's
 * vanished assertion does not count until OBF shows it again. An award that a human removed is not issued again.
 */
async function followVanished(pipeline: Pipeline, { clientId, eventId, suspects }: VanishedEvent, run: Run) {
  const { toEvaluate, drift, signal } = run;
  const account = pipeline.obf.account(clientId, 'idle');
  if (account === null) return;
  const reading = retryTransient(() => readSingleEvent(account, { clientId, eventId }, signal), signal);
  const read = await reading.catch((error: unknown) => {
    if (isEventGone(error)) return null;
    throw error;
  });
  const present = new Set<string>();
  if (read === null) await clearFailures(pipeline, { clientId, eventId });
  else {
    const { recipients, isWhole, odd } = read.recipients;
    // A list that changes while it is read, or has unreadable rows, proves nothing. A stable one may hide revoked rows.
    if (!isWhole || odd.length > 0) return;
    for (const row of recipients) present.add(shownAs(pipeline, row));
    await storeAndCount(pipeline, read, run).catch((error: unknown) => {
      // Its problem is recorded for the pages, and its own job reads it again.
      if (!(error instanceof EventIncomplete)) throw error;
    });
  }
  for (const { key, id } of suspects)
    if (!present.has(asHeldBy(id, key)) && (await markAssertion(pipeline.earners, key, id, 'vanished'))) {
      toEvaluate.add(key);
      drift[clientId === pipeline.region ? 'awardsRevoked' : 'gone'] += 1;
    }
}
