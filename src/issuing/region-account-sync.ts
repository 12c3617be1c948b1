import type { BatchId, EventId } from '../ids.js';
import type { Journal } from '../journal/journal.js';
import type { ObfAccount } from '../obf/account.js';
import { changedPages, type Look } from '../obf/changed-events.js';
import { ObfRefused, ObfUnreadable } from '../obf/errors.js';
import { PAGE_LIMIT } from '../obf/list.js';
import {
  EventIncomplete,
  readAlone,
  RowUnreadable,
  type EventAsked,
  type EventRead,
} from '../obf/read-event.js';
import type { EventIndex } from '../obf/read-state.js';
import type { ObfEvent, OddRow } from '../obf/types.js';
import type { Logger } from '../platform/logger.js';
import type { RedisTime } from '../platform/redis-clock.js';
import { raceAbort, type RedisConnection } from '../platform/redis.js';
import { NotSettledYet } from './redis-incarnation.js';

/** OBF refuses to let us read the Région's own account. Ops mend it; what waits for it is tried again until then. */
export class RegionUnreadable extends Error {
  readonly code = 'region_unreadable';
}

/** What the account is read with. */
export interface RegionSyncParts {
  readonly regionAccount: ObfAccount;
  readonly events: EventIndex;
  readonly journal: Journal;
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly now: RedisTime;
  readonly log: Logger;
  /** Stores an event of the account, and has its recipients evaluated. */
  readonly storeEvent: (read: EventRead, signal: AbortSignal) => Promise<unknown>;
  /** Names the rows that cannot be read, where people look. @returns the events among them that were never read */
  readonly noteOddRows: (odd: readonly OddRow[]) => Promise<ReadonlySet<EventId>>;
}

export type RegionAccountSync = ReturnType<typeof createRegionAccountSync>;

/** Batches of one loss are missed within seconds of each other; what comes later reads anew. */
const READING_SERVES_MS = 60_000;

/** Local copy of every Région badge, manual ones included, so that none is issued twice. */
export function createRegionAccountSync(parts: RegionSyncParts) {
  const { regionAccount, events, redis, prefix, now, log } = parts;
  const syncedKey = `${prefix}:mirror:fresh-at`;
  const issuedKey = `${prefix}:mirror:issued-at`;
  /** How many recipients OBF counts and never shows. */
  const surplusKey = `${prefix}:mirror:surplus`;

  const sync = async (signal: AbortSignal, thorough = false): Promise<void> => {
    const startedMs = await now();
    const total = await recipientCount(parts, signal);
    const changed = await readable(changedEvents(parts, thorough ? 'all' : 'both ends', signal));
    let unsureMs = 0;
    for (const one of changed) unsureMs = Math.max(unsureMs, await readable(readInto(parts, one, signal)));
    if (unsureMs > 0) throw new NotSettledYet(unsureMs);
    if (total !== null) {
      const missing = total - (await events.recipients(regionAccount.clientId));
      if (thorough) await redis.set(surplusKey, Math.max(0, missing));
      else if (missing > Number((await redis.get(surplusKey)) ?? 0)) return sync(signal, true);
    }
    await redis.set(syncedKey, startedMs);
  };

  const readings = new Map<BatchId, Promise<void>>();
  const wholeReading = (batch: BatchId): Promise<void> => {
    const known = readings.get(batch);
    if (known !== undefined) return known;
    // It belongs to all who wait for it: none of their signals ends it.
    const reading = sync(new AbortController().signal, true);
    readings.set(batch, reading);
    const forget = (): unknown => readings.get(batch) === reading && readings.delete(batch);
    reading.then(() => void setTimeout(forget, READING_SERVES_MS).unref(), forget);
    return reading;
  };

  let running: Promise<void> | null = null;
  let restUntilMs = 0;
  const timeAt = async (key: string): Promise<number> => Number((await redis.get(key)) ?? 0);
  const isStale = async (maxAgeMs: number, since?: 'issue'): Promise<boolean> => {
    const [syncedMs, issuedMs, nowMs] = await Promise.all([timeAt(syncedKey), timeAt(issuedKey), now()]);
    return nowMs - syncedMs >= maxAgeMs || (since === 'issue' && issuedMs > syncedMs);
  };
  return {
    /**
     * Reads what is new, and has everybody concerned evaluated.
     * @param thorough looks through all events (see `changedPages`): before something is sent again
     * @throws RegionUnreadable when OBF refuses, NotSettledYet while OBF still writes an event, or another ObfError
     */
    sync,
    /**
     * Reads the whole account by a reading that begins after these batches were missed; one serves all of a batch.
     * They are in Redis no more, so nobody can have sent one of them since.
     * @throws as `sync`
     */
    async syncAfterLoss(missed: readonly BatchId[], signal: AbortSignal): Promise<void> {
      await Promise.all([...new Set(missed)].map((batch) => raceAbort(wholeReading(batch), signal)));
    },
    /** Something was issued: what was read before lacks it. */
    noteIssued: async (): Promise<void> => void (await redis.set(issuedKey, await now())),
    /**
     * As `sync`, unless any process did it less than `maxAgeMs` ago. An award by hand that is not known yet only delays:
     * OBF is looked at before anything is issued. A fault of OBF is logged, never thrown.
     * @param since `issue`: also where something was issued since
     */
    async syncIfStale(maxAgeMs: number, signal: AbortSignal, since?: 'issue'): Promise<void> {
      try {
        // Many ask at a time: one reads for all, and after a failure nobody does for a while.
        if (performance.now() < restUntilMs || !(await isStale(maxAgeMs, since))) return;
        running ??= sync(signal).finally(() => {
          running = null;
        });
        await running;
      } catch (err) {
        restUntilMs = performance.now() + maxAgeMs;
        log.warn({ err }, "the Région's account cannot be read now; deciding on what is known");
      }
    },
  };
}

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
 * in the middle of a long list show in nothing else. Asked before the list is read, so that no issue meanwhile is
 * missed. Null: the list is looked at whole.
 */
async function recipientCount(
  { regionAccount, events }: RegionSyncParts,
  signal: AbortSignal,
): Promise<number | null> {
  if ((await events.count(regionAccount.clientId)) <= PAGE_LIMIT) return null;
  return (await readable(regionAccount.recipients({ limit: 1 }, signal))).total;
}

/** New or changed events, and those of odd rows that were never read. */
async function changedEvents(
  parts: RegionSyncParts,
  look: Look,
  signal: AbortSignal,
): Promise<readonly EventAsked[]> {
  const { regionAccount: account, events } = parts;
  const { clientId } = account;
  const found = new Map<EventId, ObfEvent>();
  const odd: OddRow[] = [];
  for await (const page of changedPages({ account, events, look }, signal)) {
    for (const event of page.events) found.set(event.id, event);
    odd.push(...page.odd);
  }
  const unread = await parts.noteOddRows(odd);
  return [
    ...[...found.values()].map(({ id: eventId, ...row }) => ({ ...row, eventId })),
    ...[...unread].map((eventId) => ({ clientId, eventId })),
  ];
}

/** How long an event that OBF is still writing keeps the awards of others waiting. */
const WRITTEN_WITHIN_MS = 10 * 60_000;
/** How soon it is looked at again. */
const WRITING_MS = 5000;

/**
 * Stores one event of the account, and has its recipients evaluated. A recipient whom OBF does not show yet may be about
 * to be given the badge: an event that is new and not ours is waited for.
 * @returns how long to wait before anything is issued, milliseconds
 */
async function readInto(parts: RegionSyncParts, asked: EventAsked, signal: AbortSignal): Promise<number> {
  const { regionAccount, journal, now } = parts;
  try {
    const read = await readAlone(regionAccount, asked, signal);
    await parts.storeEvent(read, signal);
    return 0;
  } catch (error) {
    if (error instanceof EventIncomplete) {
      const ageMs = (await now()) - (asked.createdS ?? 0) * 1000;
      return ageMs > WRITTEN_WITHIN_MS || (await journal.ofEvent(asked.eventId)).length > 0 ? 0 : WRITING_MS;
    }
    // Named where people look; the other events of the account go on.
    if (error instanceof RowUnreadable) return 0;
    const isOdd = asked.badgeId === undefined;
    if (isOdd && (error instanceof ObfUnreadable || error instanceof ObfRefused)) return 0;
    throw error;
  }
}
