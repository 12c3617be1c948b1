import pMap from 'p-map';
import { markAssertion, SomeUnreadable, type WrittenAssertion } from '../../earners/assertions.js';
import { iteratePeople } from '../../earners/person.js';
import type { AssertionId, ClientId, EarnerKey, EventId } from '../../ids.js';
import type { ObfAccount } from '../../obf/account.js';
import { isEventGone } from '../../obf/errors.js';
import { IdSet, type ListRead, readList } from '../../obf/list.js';
import { allOf, completenessOf, EventIncomplete, readAlone, type EventRead } from '../../obf/events.js';
import type { ObfEvent, ObfRecipient } from '../../obf/wire.js';
import { secondsOf } from '../../platform/clock.js';
import type { JobResult } from '../../platform/job.js';
import { isRedisError } from '../../platform/redis-faults.js';
import { enqueue, enqueueEarners } from '../../queue/enqueue.js';
import { eventNoticeId } from '../../queue/jobs.js';
import { storePopulation } from '../../scheme/population.js';
import type { Pipeline } from '../pipeline.js';
import { retryTransient } from '../runtime/job-outcome.js';
import { polledClients } from '../runtime/schedules.js';
import { followOddRows, noticeOf } from './poll-events.js';
import { clearFailures, storeEvent } from './store-event.js';

/**
 * Reads every account again in full: what no notice told, and no row of a list shows, is found here at the latest.
 * Events and recipients come 1 000 rows a call, behind all other calls. The clock has it done every
 * `VERIFY_EVERY_H`; `palier reconcile --full` is the same reading, now.
 */

/** Counts what OBF had and we did not, or the other way round; all of it is mended when this is returned. */
const noDrift = () => ({
  /** Events that were not read in full, or changed since. */
  events: 0,
  /** Assertions that no portfolio had. */
  assertions: 0,
  /** Revocations of partners' badges that we did not know of. */
  revocations: 0,
  /** Partners' badges of which OBF says something else by now: when they end, say. */
  changed: 0,
  /** Partners' badges that OBF has no longer. */
  gone: 0,
  /** Awards of the Région that OBF holds and we did not know of, by hand or of a lost Redis. */
  awards: 0,
  /** Awards that were revoked in OBF, or are there no longer. */
  awardsRevoked: 0,
  /** Earners who are evaluated anew. */
  earners: 0,
  /** Accounts that could not be read, and what stood in the way; the others were. */
  unreadable: [] as { readonly clientId: ClientId; readonly error: unknown }[],
});
export type Drift = ReturnType<typeof noDrift>;

/** How many events are stored at a time. */
const AT_ONCE = 8;

interface Run {
  readonly drift: Drift;
  /** Who is to be evaluated. */
  readonly touched: Set<EarnerKey>;
  /** Of each account that was read whole: every assertion that its list shows. */
  readonly listed: Map<ClientId, IdSet>;
  /** Receives how many rows of an account were read, of how many. */
  readonly progress: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

/**
 * The Région's own account comes first, so that what is held is known before anybody is evaluated; and nobody is
 * evaluated before all is read. Idempotent; safe beside running workers.
 * @throws what stands in the way of the Région's account; the signal's reason
 */
export async function verifyAccounts(pipeline: Pipeline, progress: Run['progress'], signal: AbortSignal) {
  const drift = noDrift();
  const run: Run = { drift, touched: new Set(), listed: new Map(), progress, signal };
  for (const clientId of polledClients(pipeline)) {
    try {
      await verifyAccount(pipeline, clientId, run);
    } catch (error) {
      // Without the Région's account nobody is evaluated: what is held would not be known.
      if (clientId === pipeline.region) throw error;
      setAside(run, clientId, error);
    }
  }
  for (const event of (await vanishedEvents(pipeline, run)).values())
    await followVanished(pipeline, event, run).catch((error: unknown) =>
      setAside(run, event.clientId, error),
    );
  await retryTransient(async () => {
    const mark = pipeline.replicas.epoch();
    await enqueueEarners(pipeline.queues.earners, run.touched, 'verification');
    await pipeline.replicas.waitForReplicas(mark);
  }, signal);
  // What an earlier, stopped reading stored is no change to this one: the count finds whom it concerns.
  await countPeople(pipeline, signal);
  drift.earners = run.touched.size;
  return drift;
}

/** Counts everybody, and has those evaluated again whose awards are on their way, due or lost. */
export async function countPeople(pipeline: Pipeline, signal: AbortSignal): Promise<JobResult> {
  const { people, unsettled } = await storePopulation(pipeline, signal);
  await enqueueEarners(pipeline.queues.earners, unsettled, 'population');
  return { did: 'people counted', facts: { people } };
}

/** One account does not stand in the way of the others. @throws what stands in the way of all */
function setAside({ drift, signal }: Run, clientId: ClientId, error: unknown): void {
  if (isRedisError(error) || signal.aborted) throw error;
  drift.unreadable.push({ clientId, error });
}

/** The clock's job. An account that cannot be read is named, and comes again with the next run. */
export async function verifyForClock(pipeline: Pipeline, signal: AbortSignal): Promise<JobResult> {
  const { unreadable, ...found } = await verifyAccounts(pipeline, () => undefined, signal);
  for (const { clientId, error: err } of unreadable)
    pipeline.log.warn({ client: clientId, err }, 'an account could not be verified');
  return { did: 'accounts verified', facts: { ...found, unreadable: unreadable.length } };
}

async function verifyAccount(pipeline: Pipeline, clientId: ClientId, run: Run): Promise<void> {
  const { queues, events: index, readProblems, clock } = pipeline;
  const account = pipeline.accounts(clientId, 'idle');
  if (account === null) return;
  const left = new Map<EventId, ObfEvent>();
  const eventList = await readList<ObfEvent>({
    pageAt: (offset) =>
      retryTransient(
        () => account.events({ offset }, run.signal),
        run.signal,
        // An account that does not answer at all is named at once.
        offset === 0 ? { tries: 1 } : {},
      ),
    keyOf: ({ id }) => id,
    onRows: (rows) => rows.forEach((row) => left.set(row.id, row)),
  });
  await followOddRows(pipeline, clientId, eventList.odd, eventList.isWhole);
  const ids = [...left.keys()];
  const compared = await index.compare(clientId, [...left.values()]);
  run.drift.events += compared.unread.size + compared.changed.size;
  const listed = new IdSet();
  const recipientList = await storeListed(pipeline, account, left, listed, run);
  // What the list shows in part, or not at all, is asked for by its name, also where that failed before.
  for (const data of [...left.values()].filter((one) => one.recipientCount !== 0).map(noticeOf))
    await enqueue(queues.notices, { id: eventNoticeId(data, 'issued'), name: 'event', data });
  const isWhole = eventList.isWhole && recipientList.isWhole && recipientList.odd.length === 0;
  // A list that shows another part each time is no ground to believe that anything is gone.
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
 * Stores each event of the account as soon as all of its recipients were listed, and takes it out of `left`.
 * @param listed receives every assertion that the list shows
 */
function storeListed(
  pipeline: Pipeline,
  account: ObfAccount,
  left: Map<EventId, ObfEvent>,
  listed: IdSet,
  run: Run,
): Promise<ListRead> {
  const { signal, progress } = run;
  const waiting = new Map<EventId, ObfRecipient[]>();
  const total = [...left.values()].reduce((sum, { recipientCount }) => sum + (recipientCount ?? 0), 0);
  const storeIfWhole = async (event: ObfEvent): Promise<void> => {
    const recipients = allOf(waiting.get(event.id) ?? []);
    if (completenessOf(event, recipients) !== 'complete') return;
    waiting.delete(event.id);
    try {
      await retryTransient(() => storeAndNote(pipeline, { event, recipients }, run), signal);
      left.delete(event.id);
    } catch (error) {
      // Its own job names the person whose record cannot be read; the others are stored.
      if (!(error instanceof SomeUnreadable)) throw error;
    }
  };
  return readList<ObfRecipient>({
    pageAt: (offset) => retryTransient(() => account.recipients({ offset }, signal), signal),
    keyOf: ({ assertionId }) => assertionId,
    seen: listed,
    async onRows(rows) {
      const touched = new Set<ObfEvent>();
      for (const row of rows) {
        const event = left.get(row.eventId);
        if (event === undefined) continue;
        touched.add(event);
        const others = waiting.get(event.id) ?? [];
        others.push(row);
        waiting.set(event.id, others);
      }
      await pMap(touched, storeIfWhole, { concurrency: AT_ONCE });
      progress(listed.size, Math.max(listed.size, total));
    },
  });
}

/** Nobody is evaluated before all is read. */
function storeAndNote(pipeline: Pipeline, read: EventRead, { drift, touched, signal }: Run) {
  const isOwn = read.event.clientId === pipeline.region;
  const evaluate = (written: readonly WrittenAssertion[]): void => {
    for (const { change, earner, assertion } of written) {
      if (change === null) continue;
      touched.add(earner);
      if (change === 'new') drift[isOwn ? 'awards' : 'assertions'] += 1;
      if (change === 'changed') drift.changed += isOwn ? 0 : 1;
      else if (assertion.revoked) drift[isOwn ? 'awardsRevoked' : 'revocations'] += 1;
    }
  };
  return storeEvent(pipeline, read, { evaluate, source: 'list' }, signal);
}

/** Unrevoked assertions of portfolios that their account's list does not show. */
interface VanishedEvent {
  readonly clientId: ClientId;
  readonly eventId: EventId;
  readonly suspects: { readonly keys: readonly EarnerKey[]; readonly id: AssertionId }[];
}

async function vanishedEvents(pipeline: Pipeline, { listed, signal }: Run) {
  const events = new Map<string, VanishedEvent>();
  for await (const some of iteratePeople(pipeline, signal))
    for (const { keys, portfolio } of some)
      for (const { id, clientId, eventId, revoked } of [...portfolio.assertions, ...portfolio.held]) {
        const shown = listed.get(clientId);
        if (shown === undefined || revoked || eventId === null || shown.has(id)) continue;
        const name = `${clientId} ${eventId}`;
        const event = events.get(name) ?? { clientId, eventId, suspects: [] };
        event.suspects.push({ keys, id });
        events.set(name, event);
      }
  return events;
}

/**
 * What a list no longer shows is asked for by the name of its event, and counts as revoked once OBF says that it is
 * not there: a partner's badge counts no more until it is shown again, and an award that a human took away stays away.
 */
async function followVanished(pipeline: Pipeline, { clientId, eventId, suspects }: VanishedEvent, run: Run) {
  const { touched, drift, signal } = run;
  const account = pipeline.accounts(clientId, 'idle');
  if (account === null) return;
  const reading = retryTransient(() => readAlone(account, { clientId, eventId }, signal), signal);
  const read = await reading.catch((error: unknown) => {
    if (isEventGone(error)) return null;
    throw error;
  });
  const present = new Set<AssertionId>();
  if (read === null) await clearFailures(pipeline, { clientId, eventId });
  else {
    const { recipients, isWhole, odd } = read.recipients;
    // A list that does not hold still says nothing. One that does, and counts more than it shows, may hide the revoked.
    if (!isWhole || odd.length > 0) return;
    for (const { assertionId } of recipients) present.add(assertionId);
    await storeAndNote(pipeline, read, run).catch((error: unknown) => {
      // Named where people look, and read again by its own job.
      if (!(error instanceof EventIncomplete)) throw error;
    });
  }
  for (const { keys, id } of suspects.filter((one) => !present.has(one.id)))
    for (const key of keys)
      if (await markAssertion(pipeline.earners, key, id, 'vanished')) {
        touched.add(key);
        drift[clientId === pipeline.region ? 'awardsRevoked' : 'gone'] += 1;
      }
}
