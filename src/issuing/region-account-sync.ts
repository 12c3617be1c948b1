import type { BatchId, EventId } from '../ids.js';
import { ObfRefused, ObfUnreadable } from '../obf/errors.js';
import { PAGE_LIMIT } from '../obf/list.js';
import {
  changedPages,
  type EventAsked,
  EventIncomplete,
  type EventRead,
  type Look,
  readAlone,
  RowUnreadable,
} from '../obf/events.js';
import type { OddRow } from '../obf/wire.js';
import { raceAbort } from '../platform/redis.js';
import { NotSettledYet } from './redis-incarnation.js';
import type { IssuingSources } from './parts.js';

/** OBF refuses to let us read the Région's own account. Ops mend it; what waits for it is tried again until then. */
export class RegionUnreadable extends Error {
  readonly code = 'region_unreadable';
}

/** The cause of evaluations that a reading of the Région's account sets off. */
export const REGION_READ = 'region-account';

/** What the copy asks of those who store what was read. */
interface Storing {
  /** Parts an event of the account, and has its recipients evaluated. */
  readonly storeEvent: (read: EventRead, signal: AbortSignal) => Promise<unknown>;
  /** Names the rows that cannot be read, where people look. @returns the events among them that were never read */
  readonly noteOddRows: (odd: readonly OddRow[]) => Promise<ReadonlySet<EventId>>;
}
type Parts = IssuingSources & Storing;

export type RegionAccountSync = ReturnType<typeof createRegionAccountSync>;

/** Local copy of every Région badge, manual ones included, so that none is issued twice. */
export function createRegionAccountSync(parts: Parts) {
  const { regionAccount, events, redis, prefix, now, log } = parts;
  const syncedKey = `${prefix}:mirror:fresh-at`;
  const issuedKey = `${prefix}:mirror:issued-at`;
  /** How many recipients OBF counts and never shows. */
  const surplusKey = `${prefix}:mirror:surplus`;
  const numberAt = async (key: string): Promise<number> => Number((await redis.get(key)) ?? 0);

  const sync = async (signal: AbortSignal, thorough = false): Promise<void> => {
    const startedMs = await now();
    // Where the events fill more than a page, recipients appended to one in the middle of the list show in nothing
    // else. Asked before the list is read, so that no issue meanwhile is missed. Null: the list is looked at whole.
    const isLong = (await events.count(regionAccount.clientId)) > PAGE_LIMIT;
    const total = isLong ? (await regionAccount.recipients({ limit: 1 }, signal)).total : null;
    let unsureMs = 0;
    for (const one of await changedEvents(parts, thorough ? 'all' : 'both ends', signal))
      unsureMs = Math.max(unsureMs, await readInto(parts, one, signal));
    if (unsureMs > 0) throw new NotSettledYet(unsureMs);
    if (total !== null) {
      const missing = total - (await events.recipients(regionAccount.clientId));
      if (thorough) await redis.set(surplusKey, Math.max(0, missing));
      else if (missing > (await numberAt(surplusKey))) return sync(signal, true);
    }
    await redis.set(syncedKey, startedMs);
  };
  const syncOrSay = (signal: AbortSignal, thorough?: boolean): Promise<void> =>
    sync(signal, thorough).catch((cause: unknown) => {
      if (!(cause instanceof ObfRefused)) throw cause;
      throw new RegionUnreadable(`The Région's account cannot be read. ${cause.message}`, { cause });
    });

  const readings = new Map<BatchId, Promise<void>>();
  const wholeReading = (batch: BatchId): Promise<void> => {
    // It belongs to all who wait for it: none of their signals ends it.
    const reading = readings.get(batch) ?? syncOrSay(new AbortController().signal, true);
    readings.set(batch, reading);
    reading.catch(() => readings.delete(batch));
    return reading;
  };

  let running: Promise<void> | null = null;
  let restUntilMs = 0;
  const isStale = async (maxAgeMs: number, since?: 'issue'): Promise<boolean> => {
    const [syncedMs, issuedMs, nowMs] = await Promise.all([numberAt(syncedKey), numberAt(issuedKey), now()]);
    return nowMs - syncedMs >= maxAgeMs || (since === 'issue' && issuedMs > syncedMs);
  };
  return {
    /**
     * Reads what is new, and has everybody concerned evaluated.
     * @param thorough looks through all events (see `changedPages`): before something is sent again
     * @throws RegionUnreadable when OBF refuses, NotSettledYet while OBF still writes an event, or another ObfError
     */
    sync: syncOrSay,
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
        running ??= syncOrSay(signal).finally(() => {
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

/** New or changed events, and those of odd rows that were never read. */
async function changedEvents(parts: Parts, look: Look, signal: AbortSignal): Promise<Iterable<EventAsked>> {
  const { regionAccount: account, events } = parts;
  const { clientId } = account;
  const found = new Map<EventId, EventAsked>();
  const odd: OddRow[] = [];
  for await (const page of changedPages(account, events, look, signal)) {
    for (const { id: eventId, ...row } of page.events) found.set(eventId, { ...row, eventId });
    odd.push(...page.odd);
  }
  for (const eventId of await parts.noteOddRows(odd))
    if (!found.has(eventId)) found.set(eventId, { clientId, eventId });
  return found.values();
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
async function readInto(parts: Parts, asked: EventAsked, signal: AbortSignal): Promise<number> {
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
