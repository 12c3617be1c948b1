import type { ClientId, EventId } from '../../ids.js';
import { ObfNotSent, ObfThrottled } from '../../obf/errors.js';
import type { EventIndex } from '../../obf/read-state.js';
import { listCompleteEvents, type CompleteEvent } from '../../obf/list.js';
import type { ObfAccount } from '../../obf/types.js';
import { secondsOf, type Clock } from '../../platform/clock.js';
import type { Logger } from '../../platform/logger.js';
import { raceAbort } from '../../platform/redis.js';
import { createBatcher } from './batcher.js';
import { readAlone, type EventAsked, type EventRead } from '../../obf/read-event.js';

/** Reads events from OBF for the notices that tell of them; many that wait for one account are read together. */
export interface EventReading {
  /**
   * What OBF has of the event at an instant after this call.
   * @throws ObfError by certainty, as if it had been read alone
   */
  read(account: ObfAccount, asked: EventAsked, signal: AbortSignal): Promise<EventRead>;
}

export interface EventReadingParts {
  readonly events: Pick<EventIndex, 'compare'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Two lists cost two calls, as one event does: from so many on, half of them may be in vain. */
const WORTH_A_LIST = 4;
/** How long an account whose lists did not help is read event by event, milliseconds. */
const NO_LIST_MS = 10 * 60_000;
const DAY_S = 86_400;

interface Wanted {
  readonly account: ObfAccount;
  readonly asked: EventAsked;
  readonly signal: AbortSignal;
}

export function createEventReading(parts: EventReadingParts): EventReading {
  const batchers = new Map<ClientId, (wanted: Wanted) => Promise<EventRead>>();
  const noListUntilMs = new Map<ClientId, number>();
  const together = async (wanted: readonly Wanted[]): Promise<readonly Promise<EventRead>[]> => {
    const forLists = wanted.filter(({ asked }) => !isAskedByName(asked));
    const listed = await listedOf(parts, noListUntilMs, forLists);
    const alone = readOnce();
    return wanted.map(async ({ account, asked, signal }) => {
      const found = isAskedByName(asked) ? undefined : listed.get(asked.eventId);
      return found ?? alone(account, asked, signal);
    });
  };
  return {
    read(account, asked, signal) {
      const ask = batchers.get(account.clientId) ?? createBatcher(together);
      batchers.set(account.clientId, ask);
      return raceAbort(ask({ account, asked, signal }), signal);
    },
  };
}

/** A list may leave out who was revoked; an update may be a revocation. */
const isAskedByName = ({ revoked, updated }: EventAsked): boolean => revoked === true || updated === true;

interface Reading {
  readonly done: Promise<EventRead>;
  /** Of its beginner: once aborted, the reading goes no further. */
  readonly signal: AbortSignal;
}

/**
 * Within a batch, those who ask for the same event share one reading. It is begun again for those who still wait when
 * its beginner had to stop.
 */
function readOnce(): typeof readAlone {
  const readings = new Map<string, Reading>();
  return async (account, asked, signal) => {
    const key = `${asked.eventId} ${asked.badgeId ?? ''}`;
    for (;;) {
      signal.throwIfAborted();
      const known = readings.get(key);
      const isGoing = known !== undefined && !known.signal.aborted;
      const reading = isGoing ? known : { done: readAlone(account, asked, signal), signal };
      readings.set(key, reading);
      try {
        return await raceAbort(reading.done, signal);
      } catch (error) {
        if (signal.aborted || !reading.signal.aborted) throw error;
      }
    }
  };
}

const NONE: ReadonlyMap<EventId, CompleteEvent> = new Map();

/**
 * Those of the events that a list shows whole. Only events of which nothing was stored are looked for there: of
 * another, something has changed, and what changed is asked for by its name.
 */
async function listedOf(
  { events, clock, log }: EventReadingParts,
  noListUntilMs: Map<ClientId, number>,
  wanted: readonly Wanted[],
): Promise<ReadonlyMap<EventId, CompleteEvent>> {
  const [first] = wanted;
  if (first === undefined || wanted.length < WORTH_A_LIST) return NONE;
  const { account } = first;
  const { clientId } = account;
  if (clock() < (noListUntilMs.get(clientId) ?? 0)) return NONE;
  const ids = new Set(wanted.map(({ asked }) => asked.eventId));
  const rows = [...ids].map((id) => ({ id, recipientCount: null, modifiedS: null }));
  const { unread } = await events.compare(clientId, rows);
  if (unread.size < WORTH_A_LIST) return NONE;
  try {
    const whole = await listCompleteEvents(account, beginS(clock), unread.size);
    const found = new Map([...(whole ?? NONE)].filter(([id]) => unread.has(id)));
    if (found.size < unread.size / 2) noListUntilMs.set(clientId, clock() + NO_LIST_MS);
    return found;
  } catch (err) {
    // OBF asks to wait, or cannot be reached: that is so for each of them.
    if (err instanceof ObfThrottled || err instanceof ObfNotSent) throw err;
    log.warn({ client: clientId, err }, 'OBF does not list its events and recipients: reading one by one');
    noListUntilMs.set(clientId, clock() + NO_LIST_MS);
    return NONE;
  }
}

/** Yesterday's first second: what is issued today may be dated at its midnight, in whichever zone. */
const beginS = (clock: Clock): number => (Math.floor(secondsOf(clock) / DAY_S) - 1) * DAY_S;
