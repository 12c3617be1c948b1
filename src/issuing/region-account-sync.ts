import type { BatchId, EventId } from '../ids.js';
import { ObfRefused, ObfUnreadable } from '../obf/errors.js';
import { PAGE_LIMIT } from '../obf/list.js';
import {
  changedPages,
  type EventToRead,
  EventIncomplete,
  type EventRead,
  type ListDepth,
  readSingleEvent,
  RowUnreadable,
} from '../obf/events.js';
import type { OddRow } from '../obf/wire.js';
import { raceAbort } from '../platform/redis.js';
import { NotSettledYet } from './redis-incarnation.js';
import type { IssuingSources } from './parts.js';

/** OBF refuses reads of the Région's own account. Ops fix it; what waits for it is retried until then. */
export class RegionUnreadable extends Error {
  readonly code = 'region_unreadable';
}

/** The cause of evaluations that reading the Région's account triggers. */
export const REGION_READ = 'region-account';

interface SyncParts extends IssuingSources {
  /** Stores an event of the account, and has its recipients evaluated. */
  readonly storeEvent: (read: EventRead, signal: AbortSignal) => Promise<unknown>;
  /** Reports rows that cannot be read to ops. @returns the events among them that were never read */
  readonly recordUnreadableRows: (odd: readonly OddRow[]) => Promise<ReadonlySet<EventId>>;
}

export type RegionAccountSync = ReturnType<typeof createRegionAccountSync>;

/** Local copy of every Région badge, manual ones included, so that none is issued twice. */
export function createRegionAccountSync(parts: SyncParts) {
  const { regionAccount, events, redis, prefix, now, log } = parts;
  const syncedKey = `${prefix}:mirror:fresh-at`;
  const issuedKey = `${prefix}:mirror:issued-at`;
  /** Holds how many recipients OBF counts and never lists. */
  const surplusKey = `${prefix}:mirror:surplus`;
  const numberAt = async (key: string): Promise<number> => Number((await redis.get(key)) ?? 0);

  const sync = async (signal: AbortSignal, thorough = false): Promise<void> => {
    const startedMs = await now();
    // Only both ends of a long list are read: the total alone shows a recipient appended in the middle.
    // It is read before the list, so that no issue meanwhile is missed. Null: the one page is the whole list.
    const isLong = (await events.count(regionAccount.clientId)) > PAGE_LIMIT;
    const total = isLong ? (await regionAccount.recipients({ limit: 1 }, signal)).total : null;
    let waitMs = 0;
    for (const event of await changedEvents(parts, thorough ? 'all' : 'both ends', signal))
      waitMs = Math.max(waitMs, await syncEvent(parts, event, signal));
    if (waitMs > 0) throw new NotSettledYet(waitMs);
    if (total !== null) {
      const missing = total - (await events.recipients(regionAccount.clientId));
      if (thorough) await redis.set(surplusKey, Math.max(0, missing));
      else if (missing > (await numberAt(surplusKey))) return sync(signal, true);
    }
    await redis.set(syncedKey, startedMs);
  };
  const syncOrExplain = (signal: AbortSignal, thorough?: boolean): Promise<void> =>
    sync(signal, thorough).catch((cause: unknown) => {
      if (!(cause instanceof ObfRefused)) throw cause;
      throw new RegionUnreadable(`The Région's account cannot be read. ${cause.message}`, { cause });
    });

  const thoroughSyncs = new Map<BatchId, Promise<void>>();
  const thoroughSyncFor = (batch: BatchId): Promise<void> => {
    // Several callers share it: the signal of none of them ends it.
    const shared = thoroughSyncs.get(batch) ?? syncOrExplain(new AbortController().signal, true);
    thoroughSyncs.set(batch, shared);
    shared.catch(() => thoroughSyncs.delete(batch));
    return shared;
  };

  let running: Promise<void> | null = null;
  let noRetryUntilMs = 0;
  const isStale = async (maxAgeMs: number, since?: 'issue'): Promise<boolean> => {
    const [syncedMs, issuedMs, nowMs] = await Promise.all([numberAt(syncedKey), numberAt(issuedKey), now()]);
    return nowMs - syncedMs >= maxAgeMs || (since === 'issue' && issuedMs > syncedMs);
  };
  return {
    /**
     * Reads new and changed events, and has their recipients evaluated.
     * @param thorough compares all events (see `changedPages`), as is needed before anything is sent again
     * @throws RegionUnreadable when OBF refuses, NotSettledYet while OBF still writes an event, or another ObfError
     */
    sync: syncOrExplain,
    /**
     * Reads the whole account after these batches were missed; one such sync serves all callers of a batch. The batches
     * are no longer in Redis, so nobody can have sent one since.
     * @throws as `sync`
     */
    async syncAfterLoss(missed: readonly BatchId[], signal: AbortSignal): Promise<void> {
      await Promise.all([...new Set(missed)].map((batch) => raceAbort(thoroughSyncFor(batch), signal)));
    },
    /** Notes that something was issued, which earlier syncs have not seen. */
    noteIssued: async (): Promise<void> => void (await redis.set(issuedKey, await now())),
    /**
     * As `sync`, unless any process did it less than `maxAgeMs` ago. A manual award that is not known yet is harmless:
     * OBF is read before anything is issued. Logs a fault of OBF, and never throws.
     * @param since `issue`: also when something was issued since the last sync
     */
    async syncIfStale(maxAgeMs: number, signal: AbortSignal, since?: 'issue'): Promise<void> {
      try {
        // One sync serves all callers; after a failure none starts for `maxAgeMs`.
        if (performance.now() < noRetryUntilMs || !(await isStale(maxAgeMs, since))) return;
        running ??= syncOrExplain(signal).finally(() => {
          running = null;
        });
        await running;
      } catch (err) {
        noRetryUntilMs = performance.now() + maxAgeMs;
        log.warn({ err }, "the Région's account cannot be read now; deciding on what is known");
      }
    },
  };
}

/** Returns new and changed events, and those of odd rows that were never read. */
async function changedEvents(parts: SyncParts, look: ListDepth, signal: AbortSignal) {
  const { regionAccount: account, events } = parts;
  const { clientId } = account;
  const changed = new Map<EventId, EventToRead>();
  const odd: OddRow[] = [];
  for await (const page of changedPages(account, events, look, signal)) {
    for (const { id: eventId, ...row } of page.events) changed.set(eventId, { ...row, eventId });
    odd.push(...page.odd);
  }
  for (const eventId of await parts.recordUnreadableRows(odd))
    if (!changed.has(eventId)) changed.set(eventId, { clientId, eventId });
  return changed.values();
}

/** How long an incomplete event, which OBF is still writing, may delay awards. */
const INCOMPLETE_MAX_MS = 10 * 60_000;
/** How soon an incomplete event is read again. */
const INCOMPLETE_RETRY_MS = 5000;

/**
 * Stores one event of the account, and has its recipients evaluated. A new event that Palier did not issue must be
 * complete: a recipient that OBF does not show yet could get the badge twice.
 * @returns how long to wait before anything is issued, milliseconds
 */
async function syncEvent(parts: SyncParts, event: EventToRead, signal: AbortSignal): Promise<number> {
  const { regionAccount, journal, now } = parts;
  try {
    const read = await readSingleEvent(regionAccount, event, signal);
    await parts.storeEvent(read, signal);
    return 0;
  } catch (error) {
    if (error instanceof EventIncomplete) {
      const ageMs = (await now()) - (event.createdS ?? 0) * 1000;
      const mustWait = ageMs <= INCOMPLETE_MAX_MS && (await journal.ofEvent(event.eventId)).length === 0;
      return mustWait ? INCOMPLETE_RETRY_MS : 0;
    }
    // `storeEvent` has reported it to ops; the other events of the account go on.
    if (error instanceof RowUnreadable) return 0;
    const isOddRow = event.badgeId === undefined;
    if (isOddRow && (error instanceof ObfUnreadable || error instanceof ObfRefused)) return 0;
    throw error;
  }
}
