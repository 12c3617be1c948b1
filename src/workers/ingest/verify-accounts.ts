import pMap from 'p-map';
import { SomeUnreadable, type WrittenAssertion } from '../../earners/assertions.js';
import type { ClientId, EarnerKey, EventId } from '../../ids.js';
import { IdSet } from '../../obf/id-set.js';
import { PAGE_LIMIT, readList } from '../../obf/list.js';
import { allOf, completenessOf } from '../../obf/read-event.js';
import type { ObfAccount } from '../../obf/account.js';
import type { ListRead, ObfEvent, ObfRecipient, Page } from '../../obf/types.js';
import { secondsOf } from '../../platform/clock.js';
import { isRedisError } from '../../platform/redis-faults.js';
import { enqueue, enqueueEarners } from '../../queue/enqueue.js';
import { eventNoticeId } from '../../queue/jobs.js';
import type { JobResult } from '../../platform/job-result.js';
import { followVanished } from './follow-vanished.js';
import type { Pipeline } from '../pipeline.js';
import { followOddRows } from './odd-rows.js';
import { noticeOf } from './poll-events.js';
import { retryTransient, type RetryOptions } from '../runtime/retry-transient.js';
import { polledClients } from '../runtime/schedules.js';
import { storeEvent } from './store-event.js';

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

/** Receives how many rows of an account were read, of how many. */
export type Progress = (done: number, total: number) => void;

/** How many events are stored at a time. */
const AT_ONCE = 8;

interface Run {
  readonly drift: Drift;
  /** Who is to be evaluated. */
  readonly touched: Set<EarnerKey>;
  /** Of each account that was read whole: every assertion that its list shows. */
  readonly listed: Map<ClientId, Pick<IdSet, 'has'>>;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/**
 * The Région's own account comes first, so that what is held is known before anybody is evaluated; and nobody is
 * evaluated before all is read. Idempotent; safe beside running workers.
 * @throws what stands in the way of the Région's account; the signal's reason
 */
export async function verifyAccounts(
  pipeline: Pipeline,
  progress: Progress,
  signal: AbortSignal,
): Promise<Drift> {
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
  await followVanished(pipeline, {
    listed: run.listed,
    signal,
    onWritten: (written, isOwn) => noteWritten(run, written, isOwn),
    onGone(earner, isOwn) {
      run.touched.add(earner);
      drift[isOwn ? 'awardsRevoked' : 'gone'] += 1;
    },
    onFailure: (clientId, error) => setAside(run, clientId, error),
  });
  await retryTransient(async () => {
    const mark = pipeline.replicas.epoch();
    await enqueueEarners(pipeline.queues.earners, run.touched, 'verification');
    await pipeline.replicas.waitForReplicas(mark);
  }, signal);
  drift.earners = run.touched.size;
  return drift;
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
  const account = pipeline.accounts(clientId, 'idle');
  if (account === null) return;
  const events = new Map<EventId, ObfEvent>();
  const eventList = await readPatiently<ObfEvent>(
    run,
    (offset) => account.events({ limit: PAGE_LIMIT, offset }, run.signal),
    ({ id }) => id,
    (rows) => {
      for (const row of rows) events.set(row.id, row);
    },
    // An account that does not answer at all is named at once.
    (offset) => (offset === 0 ? { tries: 1 } : {}),
  );
  await followOddRows(pipeline, clientId, eventList.odd, eventList.isWhole);
  const compared = await pipeline.events.compare(clientId, [...events.values()]);
  run.drift.events += compared.unread.size + compared.changed.size;
  const { listed, isWhole, rest } = await storeListed(pipeline, account, events, run);
  // What the list shows in part, or not at all, is asked for by its name, also where that failed before.
  for (const data of rest.map(noticeOf))
    await enqueue(pipeline.queues.notices, { id: eventNoticeId(data, 'issued'), name: 'event', data });
  const isKnownWhole = eventList.isWhole && isWhole;
  await noteLists(pipeline, clientId, isKnownWhole, eventList);
  if (!isKnownWhole) return;
  run.listed.set(clientId, listed);
  await pipeline.events.retain(clientId, events.keys());
}

/** A list that shows another part each time is no ground to believe that anything is gone. */
async function noteLists(
  { readProblems, clock }: Pipeline,
  clientId: ClientId,
  isWhole: boolean,
  { distinct, total, odd }: ListRead,
): Promise<void> {
  if (odd.length > 0) return;
  const scope = { clientId, list: 'events', eventId: null } as const;
  const missing = { seen: distinct, expected: total };
  if (isWhole) await readProblems.clear(scope);
  else await readProblems.note({ ...scope, fields: [], missing }, secondsOf(clock));
}

/** Reads a list, page by page: what takes hours is not given up for a minute without an answer. */
const readPatiently = <T>(
  { signal }: Run,
  pageAt: (offset: number) => Promise<Page<T>>,
  keyOf: (row: T) => string,
  onRows: (rows: readonly T[]) => Promise<void> | void,
  patience: (offset: number) => RetryOptions = () => ({}),
): Promise<ListRead> =>
  readList({
    pageAt: (offset) => retryTransient(() => pageAt(offset), signal, patience(offset)),
    keyOf,
    onRows,
  });

/** Stores each event of the account as soon as all of its recipients were listed. */
async function storeListed(
  pipeline: Pipeline,
  account: ObfAccount,
  events: ReadonlyMap<EventId, ObfEvent>,
  run: Run,
) {
  const listed = new IdSet();
  const waiting = new Map<EventId, ObfRecipient[]>();
  const left = new Set(events.keys());
  const total = [...events.values()].reduce((sum, { recipientCount }) => sum + (recipientCount ?? 0), 0);
  const list = await readPatiently<ObfRecipient>(
    run,
    (offset) => account.recipients({ limit: PAGE_LIMIT, offset }, run.signal),
    ({ assertionId }) => assertionId,
    async (rows) => {
      const touched = new Set<EventId>();
      for (const row of rows) {
        listed.add(row.assertionId);
        if (!left.has(row.eventId)) continue;
        touched.add(row.eventId);
        const others = waiting.get(row.eventId);
        if (others === undefined) waiting.set(row.eventId, [row]);
        else others.push(row);
      }
      const storeWhole = async (id: EventId): Promise<void> => {
        const [event, recipients] = [events.get(id), waiting.get(id)];
        if (event === undefined || recipients === undefined) return;
        if (completenessOf(event, allOf(recipients)) !== 'complete') return;
        waiting.delete(id);
        left.delete(id);
        const read = { event, recipients: allOf(recipients) };
        const isOwn = event.clientId === pipeline.region;
        const evaluate = (written: readonly WrittenAssertion[]): void => noteWritten(run, written, isOwn);
        const storing = () => storeEvent(pipeline, read, { evaluate, source: 'list' }, run.signal);
        // Its own job names the person whose record cannot be read; the others are stored.
        await retryTransient(storing, run.signal).catch((error: unknown) => {
          if (!(error instanceof SomeUnreadable)) throw error;
          left.add(id);
        });
      };
      await pMap(touched, storeWhole, { concurrency: AT_ONCE });
      run.progress(listed.size, Math.max(listed.size, total));
    },
  );
  const rest = [...left].flatMap((id) => events.get(id) ?? []).filter((one) => one.recipientCount !== 0);
  return { listed, isWhole: list.isWhole && list.odd.length === 0, rest };
}

/** Nobody is evaluated before all is read. */
function noteWritten({ drift, touched }: Run, written: readonly WrittenAssertion[], isOwn: boolean): void {
  for (const { change, earner, assertion } of written) {
    if (change === null) continue;
    touched.add(earner);
    if (change === 'new') drift[isOwn ? 'awards' : 'assertions'] += 1;
    if (change === 'changed') drift.changed += isOwn ? 0 : 1;
    else if (assertion.revoked) drift[isOwn ? 'awardsRevoked' : 'revocations'] += 1;
  }
}
