import type { RedisConnection } from '../platform/redis.js';
import { dayOf, monthOf } from './calendar.js';
import { decodeEntry, encodeEntry } from './codec.js';
import { placeOf } from './entries.js';
import { layoutOf, partOf, PARTS, type Layout } from './layout.js';
import type { InPart, Place, Way } from './place.js';
import { isAskedFor } from './query.js';
import type { AuditEntry, AuditQuery } from './types.js';
import { walk, type Stretch } from './walking.js';

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

/** How many are looked at for one page: some tenth of a second. */
const MAX_LOOKED_AT = 20_000;
/** By how much Redis' clock may be behind OBF's, and how long after it happened a thing may be written. */
const EARLY_MS = 86_400_000;
const LATE_MS = 7 * 86_400_000;

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
  const layout = layoutOf(prefix);
  return {
    async page(query, asked) {
      const parts = partsOf(query);
      const sinceMs = query.fromS === undefined ? null : Math.max(0, query.fromS * 1000 - EARLY_MS);
      const untilMs = await writtenUntilMs({ redis, layout, timeZone }, query, parts);
      const { way, beyond, size } = asked;
      const wanted = wantedOf(query);
      const stretches = walk(redis, layout, { way, parts, from: beyond, sinceMs, untilMs, wanted });
      const found = await gather(stretches, query, size, maxLookedAt);
      return way === 'older' ? pageBack(found, asked) : pageOn(found, asked);
    },
  };
}

/** What tells of nobody stands in one part alone. */
const partsOf = ({ kinds }: AuditQuery): readonly number[] =>
  kinds?.every((kind) => kind === 'applied') === true ? [partOf(null)] : PARTS;

/** What an entry is to have, as it stands in Redis. */
function wantedOf({ kinds, award }: AuditQuery): Readonly<Record<string, readonly string[]>> {
  return {
    ...(kinds === undefined
      ? {}
      : valueOf(
          kinds.map((kind) => ({ ...NO_ENTRY, kind })),
          'k',
        )),
    ...(award === undefined ? {} : valueOf([{ ...NO_ENTRY, award }], 'w')),
  };
}

const NO_ENTRY: AuditEntry = {
  kind: 'applied',
  atS: 0,
  earner: null,
  award: null,
  badgeId: null,
  assertions: [],
  cause: null,
  version: null,
  event: null,
  detail: null,
};

function valueOf(entries: readonly AuditEntry[], name: string): Readonly<Record<string, readonly string[]>> {
  const values = entries.map((entry) => {
    const fields = encodeEntry(entry);
    return fields[fields.indexOf(name) + 1] ?? '';
  });
  return { [name]: values };
}

interface Store {
  readonly redis: RedisConnection;
  readonly layout: Layout;
  readonly timeZone: string;
}

/** Null: to the end of the account. */
async function writtenUntilMs(
  { redis, layout, timeZone }: Store,
  { fromS, untilS }: AuditQuery,
  parts: readonly number[],
): Promise<number | null> {
  if (untilS === undefined) return null;
  const limitMs = Math.max(0, untilS * 1000 + LATE_MS);
  const from = fromS === undefined ? '' : monthOf(dayOf(fromS, timeZone));
  const until = monthOf(dayOf(untilS - 1, timeZone));
  const firsts = await Promise.all(parts.map((part) => redis.hgetall(layout.months(part))));
  const late = firsts
    .flatMap((months) => Object.entries(months))
    .some(([month, id]) => month >= from && month <= until && placeOf(id).ms > limitMs);
  return late ? null : limitMs;
}

interface Gathered {
  /** In the order of the way; more than asked for, where there are. */
  readonly found: readonly { readonly at: InPart; readonly entry: AuditEntry }[];
  /** Where looking was given up; null: it was not. */
  readonly stoppedAt: Place | null;
}

async function gather(
  stretches: AsyncIterable<Stretch>,
  query: AuditQuery,
  size: number,
  maxLookedAt: number,
): Promise<Gathered> {
  const found: { at: InPart; entry: AuditEntry }[] = [];
  let lookedAt = 0;
  for await (const { entries, looked, upTo } of stretches) {
    for (const at of entries) {
      const entry = decodeEntry(at.fields);
      if (entry !== null && isAskedFor(entry, query)) found.push({ at, entry });
    }
    if (found.length > size) return { found, stoppedAt: null };
    lookedAt += looked;
    if (lookedAt >= maxLookedAt) return { found, stoppedAt: upTo };
  }
  return { found, stoppedAt: null };
}

/** Beyond the page, on its way: from the last that it shows, or from where looking was given up. */
const farEnd = ({ found, stoppedAt }: Gathered, size: number): Place | null =>
  found.length > size ? (found[size - 1]?.at ?? null) : stoppedAt;

function pageBack(gathered: Gathered, { size, beyond }: PageAsked): AuditPage {
  const shown = gathered.found.slice(0, size);
  return {
    entries: shown.map(({ entry }) => entry),
    older: farEnd(gathered, size),
    newer: beyond === null ? null : (shown[0]?.at ?? null),
    isPartial: gathered.stoppedAt !== null,
  };
}

function pageOn(gathered: Gathered, { size, beyond }: PageAsked): AuditPage {
  const shown = gathered.found.slice(0, size);
  return {
    entries: shown.map(({ entry }) => entry).toReversed(),
    older: beyond === null ? null : (shown[0]?.at ?? null),
    newer: farEnd(gathered, size),
    isPartial: gathered.stoppedAt !== null,
  };
}
