import type { EarnerStore } from '../earners/store.js';
import type { BatchId, EarnerKey, EventId } from '../ids.js';
import { NotSettledYet } from './types.js';
import type { Journal } from '../journal/journal.js';
import { ObfRefused, ObfUnreadable } from '../obf/errors.js';
import type { EventIndex } from '../obf/event-index.js';
import { PAGE_LIMIT } from '../obf/list.js';
import type { ObfAccount, ObfEvent, OddRow } from '../obf/types.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import type { Logger } from '../platform/logger.js';
import type { RedisConnection } from '../platform/redis.js';
import type { NewAssertion, WrittenAssertion } from '../earners/assertions.js';
import { accountForEvent } from '../workers/account.js';
import { changedPages, type Look } from '../workers/changed-events.js';
import { createLostBatches } from '../workers/lost-batches.js';
import { readAlone, type EventAsked } from '../workers/read-event.js';
import { EventIncomplete, RowUnreadable, storeEvent, type EventStoring } from '../workers/store-event.js';

/**
 * What the Région's own OBF account holds, kept in the portfolios beside the partners' badges: whoever
 * issued a badge there, by hand or not, it is known here before another is given.
 */
export interface Mirror {
  /**
   * Reads what is new, and has those whom it touches evaluated.
   * @param thorough looks through all events (see `changedPages`): before something is sent again
   * @throws RegionUnreadable when OBF cannot be read, or an ObfError that says to wait
   */
  refresh(signal: AbortSignal, thorough?: boolean): Promise<void>;
  /**
   * Reads all of it for somebody whom batches had claimed that are gone; one reading serves all of a batch.
   * @throws as `refresh`
   */
  readAfterLoss(missed: readonly BatchId[], signal: AbortSignal): Promise<void>;
  /** Something was issued: what was read before lacks it. */
  outdate(): Promise<void>;
  /**
   * As `refresh`, unless any process did it less than `maxAgeMs` ago. Not knowing of an award given by hand only delays:
   * before anything is issued OBF is looked at. So a fault of OBF is logged, and never thrown.
   */
  refreshIfOlder(maxAgeMs: number, signal: AbortSignal): Promise<void>;
  /** As `refreshIfOlder`; also where something was issued since. */
  refreshIfOutdated(maxAgeMs: number, signal: AbortSignal): Promise<void>;
}

/**
 * OBF refuses to let us read the Région's own account. That is for ops to mend; what waits for it is
 * tried again until they have.
 */
export class RegionUnreadable extends Error {
  readonly code = 'region_unreadable';
}

/** The cause of evaluations that a reading of the account sets off. */
export const REGION_READ = 'region-account';

async function readable<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    if (!(cause instanceof ObfRefused)) throw cause;
    throw new RegionUnreadable(`The Région's account cannot be read. ${cause.message}`, { cause });
  }
}

/**
 * How many recipients the account has in all, where its events fill more than a page: recipients appended to an event
 * in the middle of a long list show in nothing else. Asked before the list is read, so that what is issued
 * meanwhile is not missed. Null: the list is looked at whole.
 */
async function recipientsInAll(
  { account, events }: MirrorParts,
  signal: AbortSignal,
): Promise<number | null> {
  if ((await events.count(account.clientId)) <= PAGE_LIMIT) return null;
  return (await readable(account.recipients({ limit: 1 }, signal))).total;
}

/** How long an event that OBF is still writing keeps the awards of others waiting. */
const WRITTEN_WITHIN_MS = 10 * 60_000;
/** How soon it is looked at again. */
const WRITING_MS = 5000;

/**
 * Stores one event of the Région's account. Whom OBF does not show yet may be one of those about to be given the
 * badge: where the event is new and not ours, that is waited for.
 * @returns how long to wait before anything is issued, milliseconds
 */
async function readInto(parts: MirrorParts, asked: EventAsked, signal: AbortSignal): Promise<number> {
  const { account, journal, clock, evaluate } = parts;
  try {
    const read = await readAlone(account, asked, signal);
    const enter = (found: readonly NewAssertion[]): Promise<void> =>
      accountForEvent(parts, read.event, found, signal);
    const evaluateAll = (written: readonly WrittenAssertion[]): Promise<void> =>
      evaluate(written.map(({ earner }) => earner));
    await storeEvent(parts, read, { evaluate: evaluateAll, account: enter }, 'list', signal);
    return 0;
  } catch (error) {
    if (error instanceof EventIncomplete) {
      const ageMs = clock() - (asked.createdS ?? 0) * 1000;
      return ageMs > WRITTEN_WITHIN_MS || (await journal.ofEvent(asked.eventId)).length > 0 ? 0 : WRITING_MS;
    }
    // Named where people look; the others of the account go on.
    if (error instanceof RowUnreadable) return 0;
    const isOdd = asked.badgeId === undefined;
    if (isOdd && (error instanceof ObfUnreadable || error instanceof ObfRefused)) return 0;
    throw error;
  }
}

async function changedEvents(
  { account, events, region, readProblems, clock }: MirrorParts,
  look: Look,
  signal: AbortSignal,
) {
  const found = new Map<EventId, ObfEvent>();
  const odd: OddRow[] = [];
  for await (const page of changedPages({ account, events, look }, signal)) {
    for (const event of page.events) found.set(event.id, event);
    odd.push(...page.odd);
  }
  const rows = odd.flatMap(({ eventId }) => (eventId === null ? [] : [{ id: eventId, ...NO_ROW }]));
  const { unread } = await events.compare(region, rows);
  const left = odd.filter(({ eventId }) => eventId === null || unread.has(eventId));
  if (left.length > 0) {
    const fields = left.map(({ field }) => field);
    const problem = { clientId: region, list: 'events', eventId: null, fields, missing: null } as const;
    await readProblems.note(problem, secondsOf(clock));
  }
  return { events: [...found.values()], odd: left };
}

const NO_ROW = { recipientCount: null, modifiedS: null };

export interface MirrorParts extends EventStoring {
  readonly events: EventIndex;
  readonly account: ObfAccount;
  readonly journal: Pick<Journal, 'write' | 'ofEvent'>;
  readonly earners: Pick<EarnerStore, 'read' | 'update'>;
  readonly redis: RedisConnection;
  /** Of the key that says when it was refreshed. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly evaluate: (earners: readonly EarnerKey[]) => Promise<void>;
}

export function createMirror(parts: MirrorParts): Mirror {
  const { account, redis, clock, log } = parts;
  const freshKey = `${parts.prefix}:mirror:fresh-at`;
  const issuedKey = `${parts.prefix}:mirror:issued-at`;
  /** How many recipients OBF counts and never shows. */
  const surplusKey = `${parts.prefix}:mirror:surplus`;
  const refresh = async (signal: AbortSignal, thorough = false): Promise<void> => {
    const startedMs = clock();
    const total = await recipientsInAll(parts, signal);
    const { events, odd } = await readable(changedEvents(parts, thorough ? 'all' : 'both ends', signal));
    const asked: readonly EventAsked[] = [
      ...events.map(({ id: eventId, ...row }) => ({ ...row, eventId })),
      ...odd.flatMap(({ clientId, eventId }) => (eventId === null ? [] : [{ clientId, eventId }])),
    ];
    let unsureMs = 0;
    for (const one of asked) unsureMs = Math.max(unsureMs, await readable(readInto(parts, one, signal)));
    if (unsureMs > 0) throw new NotSettledYet(unsureMs);
    if (total !== null) {
      const missing = total - (await parts.events.recipients(account.clientId));
      if (thorough) await redis.set(surplusKey, Math.max(0, missing));
      else if (missing > Number((await redis.get(surplusKey)) ?? 0)) return refresh(signal, true);
    }
    await redis.set(freshKey, startedMs);
  };
  const lost = createLostBatches((signal) => refresh(signal, true), clock);
  const timeAt = async (key: string): Promise<number> => Number((await redis.get(key)) ?? 0);
  let underWay: Promise<void> | null = null;
  let notBeforeMs = 0;
  /** Many ask at a time: one of them reads for all. A refresh that failed is not asked for by each in turn. */
  const refreshIf = async (isDue: () => Promise<boolean>, restMs: number, signal: AbortSignal) => {
    try {
      if (clock() < notBeforeMs || !(await isDue())) return;
      underWay ??= refresh(signal).finally(() => {
        underWay = null;
      });
      await underWay;
    } catch (err) {
      notBeforeMs = clock() + restMs;
      log.warn({ err }, "the Région's account cannot be read now; deciding on what is known");
    }
  };
  return {
    refresh,
    readAfterLoss: (missed, signal) => lost.readAfter(missed, signal),
    outdate: async () => void (await redis.set(issuedKey, clock())),
    refreshIfOlder(maxAgeMs, signal) {
      const isOlder = async (): Promise<boolean> => clock() - (await timeAt(freshKey)) >= maxAgeMs;
      return refreshIf(isOlder, maxAgeMs, signal);
    },
    refreshIfOutdated(maxAgeMs, signal) {
      const isOutdated = async (): Promise<boolean> => {
        const [freshMs, issuedMs] = await Promise.all([timeAt(freshKey), timeAt(issuedKey)]);
        return clock() - freshMs >= maxAgeMs || issuedMs > freshMs;
      };
      return refreshIf(isOutdated, maxAgeMs, signal);
    },
  };
}
