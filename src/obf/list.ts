import { createHash } from 'node:crypto';
import { z } from 'zod';
import { asEventId, type ClientId } from '../ids.js';
import { fieldOf, jsonOrNull, ObfUnreadable } from './errors.js';
import { IdSet } from './id-set.js';
import type { ListName, ListRead, ObfEvent, ObfRecipient, OddRow, Page } from './types.js';
import { eventRow, pageReply } from './wire.js';

/** The most rows that OBF gives at once. */
export const PAGE_LIMIT = 1000;
/** Each page begins with the last row of the one before: another one there shows that the list has shifted. */
const OVERLAP = 1;
/** How often a list is read that changes while it is read. */
const MAX_PASSES = 4;

interface ListOptions<T> {
  readonly pageAt: (offset: number) => Promise<Page<T>>;
  readonly keyOf: (row: T) => string;
  /** Receives each row once, however often the list is read. */
  readonly onRows: (rows: readonly T[]) => Promise<void> | void;
  /** Receives the key of each row, read or odd. */
  readonly seen?: IdSet;
  /** Asked before each call but the first; false: the reading ends, and is not whole. */
  readonly mayCall?: () => boolean;
}

type Pass = Awaited<ReturnType<typeof readOnce>>;

/**
 * Reads a list to its end. Rows are inserted and deleted while one reads, and no order is promised: a part is
 * taken for the whole only when as many distinct rows were read as OBF says there are, in pages that follow on
 * each other. Else the list is read again, a few times.
 *
 * A list in another order at each call is whole when all passes together saw as many rows as its total, which
 * did not shrink meanwhile: nothing was deleted that could stand for a row which nobody saw.
 */
export async function readList<T>(options: ListOptions<T>): Promise<ListRead> {
  const { seen = new IdSet() } = options;
  const odd = new Map<string, OddRow>();
  const totals: number[] = [];
  let before: Pass | null = null;
  for (;;) {
    const pass: Pass = await readOnce(options, seen, odd);
    const { count, total, isSteady, isCut } = pass;
    const end = (isWhole: boolean, distinct: number): ListRead => {
      return { distinct, total, isWhole, odd: [...odd.values()] };
    };
    if (isCut) return end(false, seen.size);
    if (isSteady && (total === null || count === total)) return end(true, count);
    // Short by as much as the last time: reading it once more shows nothing new.
    const isSame = before?.isSteady === true && before.count === count && before.total === total;
    if (isSteady && isSame) return end(false, seen.size);
    before = pass;
    if (totals.push(total ?? Infinity) < MAX_PASSES) continue;
    const hasShrunk = totals.some((one, at) => one < (totals[at - 1] ?? 0));
    return end(!hasShrunk && seen.size === total, seen.size);
  }
}

export async function readRows<T>(
  options: Omit<ListOptions<T>, 'onRows'>,
): Promise<ListRead & { readonly rows: readonly T[] }> {
  const rows: T[] = [];
  const read = await readList({ ...options, onRows: (more) => void rows.push(...more) });
  return { ...read, rows };
}

export const unsteadyList = (call: string, distinct: number, total: number | null): ObfUnreadable =>
  new ObfUnreadable(
    call,
    `the list changes each time it is read: ${distinct} rows seen of ${total ?? 'an unknown number'}`,
  );

/**
 * One reading of a list from its first row to its last. `isSteady`: each page followed on the one before. `isCut`:
 * `mayCall` ended it.
 */
async function readOnce<T>(
  { pageAt, keyOf, onRows, mayCall = () => true }: ListOptions<T>,
  seen: IdSet,
  odd: Map<string, OddRow>,
) {
  const keys = new IdSet();
  let total: number | null = null;
  let isSteady = true;
  for (let offset = 0, last: string | null = null; ;) {
    if (seen.size > 0 && !mayCall()) return { count: keys.size, total, isSteady, isCut: true };
    const page: Page<T> = await pageAt(offset);
    total = page.total;
    if (last !== null && page.keys[0] !== last) isSteady = false;
    const before = keys.size;
    for (const key of page.keys) keys.add(key);
    for (const row of page.odd) odd.set(JSON.stringify(row), row);
    const fresh = new Map(page.rows.map((row) => [keyOf(row), row]));
    for (const key of fresh.keys()) if (seen.has(key)) fresh.delete(key);
    for (const key of page.keys) seen.add(key);
    if (fresh.size > 0) await onRows([...fresh.values()]);
    const reached = offset + page.keys.length;
    const isEnd = total === null ? page.keys.length < PAGE_LIMIT : reached >= total;
    // A page with nothing new ends it too: a server that ignores `offset` would go on for ever.
    if (isEnd || keys.size === before)
      return { count: keys.size, total, isSteady: isSteady && isEnd, isCut: false };
    const overlaps = page.keys.length > OVERLAP;
    last = overlaps ? (page.keys.at(-1) ?? null) : null;
    offset = overlaps ? reached - OVERLAP : reached;
  }
}

/** OBF keeps rows of recipients that it has erased: they have no address, and stand for nobody. */
export const isSomebody = ({ email }: ObfRecipient): boolean => email.includes('@');

/** An event; in a list without its note, which would only fill the memory. */
export const eventForm = (clientId: ClientId, isListed: boolean) =>
  eventRow.transform(({ logEntry, ...event }): ObfEvent => {
    const note = typeof logEntry === 'string' ? (jsonOrNull(logEntry) ?? logEntry) : logEntry;
    return { ...event, clientId, logEntry: isListed ? null : note };
  });

/** By list: the field that tells its rows apart, and the one that names their event. */
const ID_FIELDS: Readonly<Record<ListName, readonly [id: string, event: string]>> = {
  events: ['id', 'id'],
  recipients: ['assertion_id', 'event_id'],
  badges: ['id', ''],
};

/** A page of a list. A row that cannot be read is named, and leaves the others of its page untouched. */
export const pageForm = <T>(clientId: ClientId, list: ListName, row: z.ZodType<T>) =>
  pageReply.transform(({ result, total }): Page<T> => {
    const [id, event] = ID_FIELDS[list];
    const rows: T[] = [];
    const odd: OddRow[] = [];
    for (const raw of result) {
      const { success, data, error } = row.safeParse(raw);
      if (success) {
        rows.push(data);
        continue;
      }
      const eventId = idIn(raw, event);
      const [field = '(row)'] = error.issues[0]?.path.map(String) ?? [];
      odd.push({ clientId, list, eventId: eventId === null ? null : asEventId(eventId), field });
    }
    return { rows, odd, keys: result.map((raw) => idIn(raw, id) ?? fingerprint(raw)), total };
  });

const anyId = z.union([z.string().regex(/^[\w.-]{1,128}$/), z.number()]).transform(String);

const idIn = (raw: unknown, field: string): string | null =>
  anyId.safeParse(fieldOf(raw, field)).data ?? null;

/** Tells rows without an id apart, and holds nothing of them that could be read. */
function fingerprint(raw: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify(raw) ?? '');
  return `?${hash.digest('base64url').slice(0, 22)}`;
}
