import type { RedisConnection } from '../platform/redis.js';
import type { Place, Way } from './place.js';
import { isAskedFor } from './query.js';
import { auditStore, type AuditStore } from './store.js';
import { entriesOf, type Mention } from './telling.js';
import type { AuditEntry, AuditQuery } from './types.js';
import { walk, type Stretch } from './walking.js';
import { rowsOfPeriod } from './written-when.js';

/** Which page of the account. */
export interface PageAsked {
  /** How many entries at most. */
  readonly size: number;
  /** `older`: what was written before `beyond`, or the newest of all; `newer`: after it, or the oldest of all. */
  readonly way: Way;
  readonly beyond: Place | null;
}

export interface AuditPage {
  /** What was written last comes first. */
  readonly entries: readonly AuditEntry[];
  /** From where the page before, or after, is read; null: there is none. */
  readonly older: Place | null;
  readonly newer: Place | null;
  /** So many were looked at that the rest is left to the next page. */
  readonly isPartial: boolean;
}

/** The account, page by page, without reading all that lies before. */
export interface AuditPages {
  /**
   * The entries asked for, in the order of writing. Of a period that is over, what was written long after it
   * is looked for only where the account tells that a month became known late, as after a loss of Redis;
   * `Audit.read` tells all.
   */
  page(query: AuditQuery, asked: PageAsked): Promise<AuditPage>;
}

/** How many are looked at for one page, entries or rows, whichever are more: some tenth of a second. */
const MAX_LOOKED_AT = 20_000;
/**
 * @param prefix of the keys, without a hash tag
 * @param timeZone whose months are told
 */
export function createAuditPages(
  redis: RedisConnection,
  prefix: string,
  timeZone: string,
  maxLookedAt = MAX_LOOKED_AT,
): AuditPages {
  const store = auditStore(redis, prefix, timeZone);
  return {
    async page(query, asked) {
      const { way, beyond, size } = asked;
      const stretches = walk(store, { way, from: beyond, ...(await rowsOfPeriod(store, query)) });
      const found = await gather(stretches, query, size, maxLookedAt);
      return way === 'older' ? pageBack(store, found, asked) : pageOn(store, found, asked);
    },
  };
}

interface Gathered {
  /** In the order of the way; more than asked for, where there are. */
  readonly found: readonly Mention[];
  /** Where looking was given up; null: it was not. */
  readonly stoppedAt: Place | null;
}

async function gather(
  stretches: AsyncIterable<Stretch>,
  query: AuditQuery,
  size: number,
  maxLookedAt: number,
): Promise<Gathered> {
  const found: Mention[] = [];
  let lookedAt = 0;
  for await (const { mentions, rows, upTo } of stretches) {
    found.push(...mentions.filter(({ entry }) => isAskedFor(entry, query)));
    if (found.length > size) return { found, stoppedAt: null };
    lookedAt += Math.max(rows, mentions.length);
    if (lookedAt >= maxLookedAt) return { found, stoppedAt: upTo };
  }
  return { found, stoppedAt: null };
}

const placeOf = (mention: Mention | undefined): Place | null =>
  mention === undefined ? null : { row: mention.row, nth: mention.nth };

/** Beyond the page, on its way: from the last that it shows, or from where looking was given up. */
const farEnd = ({ found, stoppedAt }: Gathered, size: number): Place | null =>
  found.length > size ? placeOf(found[size - 1]) : stoppedAt;

async function pageBack(
  store: AuditStore,
  gathered: Gathered,
  { size, beyond }: PageAsked,
): Promise<AuditPage> {
  const shown = gathered.found.slice(0, size);
  return {
    entries: await entriesOf(store, shown),
    older: farEnd(gathered, size),
    newer: beyond === null ? null : placeOf(shown[0]),
    isPartial: gathered.stoppedAt !== null,
  };
}

async function pageOn(
  store: AuditStore,
  gathered: Gathered,
  { size, beyond }: PageAsked,
): Promise<AuditPage> {
  const shown = gathered.found.slice(0, size);
  return {
    entries: await entriesOf(store, shown.toReversed()),
    older: beyond === null ? null : placeOf(shown[0]),
    newer: farEnd(gathered, size),
    isPartial: gathered.stoppedAt !== null,
  };
}
