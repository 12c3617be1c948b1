import type { ClientId, EventId } from '../../ids.js';
import type { RegionAccountSync } from '../../issuing/region-account-sync.js';
import type { ObfAccount } from '../../obf/account.js';
import { isEventGone, ObfNotSent, ObfRefused, ObfThrottled } from '../../obf/errors.js';
import { listCompleteEvents, readSingleEvent, type EventToRead, type EventRead } from '../../obf/events.js';
import { secondsOf, type Clock } from '../../platform/clock.js';
import type { JobHandler } from '../../platform/job.js';
import { raceAbort } from '../../platform/redis.js';
import type { EventNotice } from '../../queue/jobs.js';
import type { Stores } from '../stores.js';
import { clearFailures, enqueueEvaluationsFor, storeEvent } from './store-event.js';

interface EventPipeline extends Stores {
  readonly readEvent: ReturnType<typeof createEventReader>;
  readonly regionSync: Pick<RegionAccountSync, 'syncIfStale'>;
}

/**
 * Reads the event of a notice and its recipients from OBF, stores them, and enqueues the recipients' evaluations.
 * Idempotent. Where awards may follow, it reads the Région's account meanwhile, which saves calls before an issue call.
 */
export const ingestEvent: JobHandler<EventPipeline, EventNotice> = async (pipeline, notice, signal) => {
  const { regionSync, pace, region } = pipeline;
  const mayGive = notice.clientId !== region && notice.type !== 'revoked';
  const regionSynced = mayGive ? regionSync.syncIfStale(pace.mirrorMaxAgeMs, signal, 'issue') : null;
  try {
    return await readAndStore(pipeline, notice, signal);
  } finally {
    await regionSynced;
  }
};

async function readAndStore(pipeline: EventPipeline, notice: EventNotice, signal: AbortSignal) {
  const { clientId, eventId, badgeId, source } = notice;
  const facts = { client: clientId, event: eventId };
  const account = pipeline.obf.account(clientId);
  if (account === null)
    throw new ObfRefused(
      'GET event',
      403,
      `we hold no API key of client ${clientId}: name it as secret_env in partners.yaml and set it, ` +
        'or let OBF push the credentials to the Passport address',
    );
  const read = await pipeline.readEvent(account, notice, signal).catch((error: unknown) => {
    // OBF listed the event and then deleted it: the daily reading finds the assertions stored from it.
    if (badgeId !== undefined && isEventGone(error)) return null;
    throw error;
  });
  if (read === null) {
    await clearFailures(pipeline, { clientId, eventId });
    return { did: 'event deleted since it was listed', facts };
  }
  // In the log, joins a notice to the evaluations and awards that follow from it.
  const cause = `${source}.event.${clientId}.${eventId}`;
  const evaluate = enqueueEvaluationsFor(pipeline, cause);
  const options = { evaluate, source: source === 'poll' ? 'list' : 'notice' } as const;
  const earners = await storeEvent(pipeline, read, options, signal);
  return { did: 'event stored', facts: { ...facts, badge: read.event.badgeId, earners, cause } };
}

/** How many batches of one account are read at once, so that a slow one does not delay the next. */
const BATCHES_AT_ONCE = 2;
/** The fewest events worth two list calls. Each event alone costs two calls, so half may be missing from the lists. */
const WORTH_A_LIST = 4;
/** How long an account is read event by event after its lists did not help, milliseconds. */
const NO_LIST_MS = 10 * 60_000;
const DAY_S = 86_400;

type Parts = Pick<Stores, 'clock' | 'log'> & { readonly events: Pick<Stores['events'], 'compare'> };

type EventRequest = EventToRead & Pick<EventNotice, 'type'>;

interface PendingRead {
  readonly request: EventRequest;
  readonly signal: AbortSignal;
  readonly resolve: (read: Promise<EventRead>) => void;
}

/** The reads of one account. */
interface AccountReads {
  readonly account: ObfAccount;
  readonly pending: PendingRead[];
  runningBatches: number;
  noListUntilMs: number;
}

/**
 * Creates a reader that reads the events of one account in batches. Requests wait for the next batch while others are
 * read: the slower OBF, the larger the batches.
 * @returns a function that reads one event as it is after the call, and throws as a single read does
 */
export function createEventReader(parts: Parts) {
  const readsByClient = new Map<ClientId, AccountReads>();
  return (account: ObfAccount, request: EventRequest, signal: AbortSignal): Promise<EventRead> => {
    const existing = readsByClient.get(account.clientId);
    const reads = existing ?? { account, pending: [], runningBatches: 0, noListUntilMs: 0 };
    readsByClient.set(account.clientId, reads);
    const result = new Promise<EventRead>((resolve) => reads.pending.push({ request, signal, resolve }));
    if (reads.runningBatches < BATCHES_AT_ONCE) void readBatches(parts, reads);
    return raceAbort(result, signal);
  };
}

async function readBatches(parts: Parts, reads: AccountReads): Promise<void> {
  reads.runningBatches += 1;
  // Requests of the same tick form one batch.
  await Promise.resolve();
  while (reads.pending.length > 0) await readBatch(parts, reads, reads.pending.splice(0));
  reads.runningBatches -= 1;
}

async function readBatch(parts: Parts, reads: AccountReads, batch: readonly PendingRead[]): Promise<void> {
  const listing = readFromLists(parts, reads, batch);
  const readOne = async ({ request, signal }: PendingRead): Promise<EventRead> => {
    const listed = (await listing).get(request.eventId);
    if (listed !== undefined && !isAskedByName(request)) return listed;
    signal.throwIfAborted();
    return readSingleEvent(reads.account, request, signal);
  };
  const results = batch.map((pending) => {
    const result = readOne(pending);
    pending.resolve(result);
    return result;
  });
  await Promise.allSettled(results);
}

/** Whether an event is read by its id. Lists may leave out revocations, and any type but "issued" may mean one. */
const isAskedByName = ({ type }: EventRequest): boolean => type !== undefined && type !== 'issued';

const NONE: ReadonlyMap<EventId, EventRead> = new Map();

/**
 * Returns the events of a batch that OBF's lists show completely. Leaves out stored events: a notice of these means a
 * change, which only a read by id shows.
 */
async function readFromLists(
  { events, clock, log }: Parts,
  reads: AccountReads,
  batch: readonly PendingRead[],
): Promise<ReadonlyMap<EventId, EventRead>> {
  const { account } = reads;
  const ids = new Set(batch.flatMap(({ request }) => (isAskedByName(request) ? [] : request.eventId)));
  if (ids.size < WORTH_A_LIST || clock() < reads.noListUntilMs) return NONE;
  const rows = [...ids].map((id) => ({ id, recipientCount: null, modifiedS: null }));
  const { unread } = await events.compare(account.clientId, rows);
  if (unread.size < WORTH_A_LIST) return NONE;
  try {
    const complete = await listCompleteEvents(account, startOfYesterdayS(clock), unread.size);
    const wanted = new Map([...(complete ?? NONE)].filter(([id]) => unread.has(id)));
    if (wanted.size < unread.size / 2) reads.noListUntilMs = clock() + NO_LIST_MS;
    return wanted;
  } catch (err) {
    // Throttled or unreachable: each single read would fail alike.
    if (err instanceof ObfThrottled || err instanceof ObfNotSent) throw err;
    const fields = { client: account.clientId, err };
    log.warn(fields, 'OBF does not list its events and recipients: reading one by one');
    reads.noListUntilMs = clock() + NO_LIST_MS;
    return NONE;
  }
}

/** Lists begin here, since an event of today may be dated at today's midnight in any zone. */
const startOfYesterdayS = (clock: Clock): number => (Math.floor(secondsOf(clock) / DAY_S) - 1) * DAY_S;
