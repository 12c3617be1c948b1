import type { ClientId, EventId } from '../../ids.js';
import type { RegionAccountSync } from '../../issuing/region-account-sync.js';
import type { ObfAccount } from '../../obf/account.js';
import { isEventGone, ObfNotSent, ObfRefused, ObfThrottled } from '../../obf/errors.js';
import { listCompleteEvents, readAlone, type EventAsked, type EventRead } from '../../obf/events.js';
import { secondsOf, type Clock } from '../../platform/clock.js';
import type { JobHandler, JobResult } from '../../platform/job.js';
import { raceAbort } from '../../platform/redis.js';
import type { EventNotice } from '../../queue/jobs.js';
import type { Stores } from '../stores.js';
import { clearFailures, evaluatingFor, storeEvent } from './store-event.js';

/** What reading an event needs beside what is stored. */
interface Reader extends Stores {
  readonly readEvent: ReturnType<typeof createEventReader>;
  readonly regionSync: Pick<RegionAccountSync, 'syncIfStale'>;
}

/**
 * A notice only says where to look: the event and its recipients are read from OBF and stored, and everybody concerned
 * is evaluated. Where awards may follow, the Région's account is read meanwhile: the look before an issue call then has
 * nothing to read back.
 */
export const ingestEvent: JobHandler<Reader, EventNotice> = async (pipeline, notice, signal) => {
  const { regionSync, pace, region } = pipeline;
  const mayGive = notice.clientId !== region && notice.type !== 'revoked';
  const syncing = mayGive ? regionSync.syncIfStale(pace.mirrorMaxAgeMs, signal, 'issue') : null;
  try {
    return await readAndStore(pipeline, notice, signal);
  } finally {
    await syncing;
  }
};

async function readAndStore(pipeline: Reader, notice: EventNotice, signal: AbortSignal): Promise<JobResult> {
  const { clientId, eventId, badgeId, source } = notice;
  const about = { client: clientId, event: eventId };
  const account = pipeline.accounts(clientId);
  if (account === null)
    throw new ObfRefused(
      'GET event',
      403,
      `we hold no API key of client ${clientId}: name it as secret_env in partners.yaml and set it, ` +
        'or let OBF push the credentials to the Passport address',
    );
  const read = await pipeline.readEvent(account, notice, signal).catch((error: unknown) => {
    // OBF itself listed it, and it was deleted since: the daily reading finds what was stored of it.
    if (badgeId !== undefined && isEventGone(error)) return null;
    throw error;
  });
  if (read === null) {
    await clearFailures(pipeline, { clientId, eventId });
    return { did: 'event deleted since it was listed', facts: about };
  }
  // Joins a notice to the evaluations and the awards that it set off.
  const cause = `${source}.event.${clientId}.${eventId}`;
  const evaluate = evaluatingFor(pipeline, cause);
  const how = { evaluate, source: source === 'poll' ? 'list' : 'notice' } as const;
  const earners = await storeEvent(pipeline, read, how, signal);
  return { did: 'event stored', facts: { ...about, badge: read.event.badgeId, earners, cause } };
}

/** How many batches of one account are read at once: one that is slow does not keep the next waiting. */
const AT_ONCE = 2;
/** Two lists cost two calls, as one event does: from so many on, half of them may be in vain. */
const WORTH_A_LIST = 4;
/** How long an account whose lists did not help is read event by event, milliseconds. */
const NO_LIST_MS = 10 * 60_000;
const DAY_S = 86_400;

type Parts = Pick<Stores, 'clock' | 'log'> & { readonly events: Pick<Stores['events'], 'compare'> };

type Asked = EventAsked & Pick<EventNotice, 'type'>;

interface Wanted {
  readonly asked: Asked;
  readonly signal: AbortSignal;
  readonly settle: (read: Promise<EventRead>) => void;
}

/** What is read of one account. */
interface Reading {
  readonly account: ObfAccount;
  readonly wanted: Wanted[];
  running: number;
  noListUntilMs: number;
}

/**
 * Reads events from OBF for the notices that tell of them; many that wait for one account are read together. An ask
 * joins the next batch, with all that came while others were read: the slower OBF, the more is read together.
 * @returns what resolves with what OBF has of the event at an instant after the call; it throws ObfError by certainty,
 *   as if the event had been read alone
 */
export function createEventReader(parts: Parts) {
  const readings = new Map<ClientId, Reading>();
  return (account: ObfAccount, asked: Asked, signal: AbortSignal): Promise<EventRead> => {
    const known = readings.get(account.clientId);
    const reading = known ?? { account, wanted: [], running: 0, noListUntilMs: 0 };
    readings.set(account.clientId, reading);
    const answer = new Promise<EventRead>((settle) => reading.wanted.push({ asked, signal, settle }));
    if (reading.running < AT_ONCE) void readBatches(parts, reading);
    return raceAbort(answer, signal);
  };
}

async function readBatches(parts: Parts, reading: Reading): Promise<void> {
  reading.running += 1;
  // Those who ask in this very instant go together.
  await Promise.resolve();
  while (reading.wanted.length > 0) await readBatch(parts, reading, reading.wanted.splice(0));
  reading.running -= 1;
}

async function readBatch(parts: Parts, reading: Reading, batch: readonly Wanted[]): Promise<void> {
  const listing = listedOf(parts, reading, batch);
  const readOne = async ({ asked, signal }: Wanted): Promise<EventRead> => {
    const listed = (await listing).get(asked.eventId);
    if (listed !== undefined && !isAskedByName(asked)) return listed;
    signal.throwIfAborted();
    return readAlone(reading.account, asked, signal);
  };
  const reads = batch.map((one) => {
    const read = readOne(one);
    one.settle(read);
    return read;
  });
  await Promise.allSettled(reads);
}

/** A list may leave out who was revoked, and any news but "issued" may be a revocation. */
const isAskedByName = ({ type }: Asked): boolean => type !== undefined && type !== 'issued';

const NONE: ReadonlyMap<EventId, EventRead> = new Map();

/**
 * Those of the events that a list shows whole. Only events of which nothing was stored are looked for there: of
 * another, something has changed, and what changed is asked for by its name.
 */
async function listedOf(
  { events, clock, log }: Parts,
  reading: Reading,
  batch: readonly Wanted[],
): Promise<ReadonlyMap<EventId, EventRead>> {
  const { account } = reading;
  const ids = new Set(batch.flatMap(({ asked }) => (isAskedByName(asked) ? [] : asked.eventId)));
  if (ids.size < WORTH_A_LIST || clock() < reading.noListUntilMs) return NONE;
  const rows = [...ids].map((id) => ({ id, recipientCount: null, modifiedS: null }));
  const { unread } = await events.compare(account.clientId, rows);
  if (unread.size < WORTH_A_LIST) return NONE;
  try {
    const whole = await listCompleteEvents(account, beginS(clock), unread.size);
    const found = new Map([...(whole ?? NONE)].filter(([id]) => unread.has(id)));
    if (found.size < unread.size / 2) reading.noListUntilMs = clock() + NO_LIST_MS;
    return found;
  } catch (err) {
    // OBF asks to wait, or cannot be reached: that is so for each of them.
    if (err instanceof ObfThrottled || err instanceof ObfNotSent) throw err;
    const about = { client: account.clientId, err };
    log.warn(about, 'OBF does not list its events and recipients: reading one by one');
    reading.noListUntilMs = clock() + NO_LIST_MS;
    return NONE;
  }
}

/** Yesterday's first second: what is issued today may be dated at its midnight, in whichever zone. */
const beginS = (clock: Clock): number => (Math.floor(secondsOf(clock) / DAY_S) - 1) * DAY_S;
