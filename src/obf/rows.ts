import { createHash } from 'node:crypto';
import { z } from 'zod';
import { asEventId, type ClientId } from '../ids.js';
import { fieldOf, jsonOrNull, ObfUnreadable } from './errors.js';
import type { ListName, ObfEvent, OddRow, Page } from './types.js';
import { eventRow, pageReply } from './wire.js';

const MAX_FAULTS = 5;

/**
 * Reads what OBF answered.
 * @throws ObfUnreadable naming the call and the fields at fault; never a value
 */
export function readJson<T>(call: string, body: string, form: z.ZodType<T>): T {
  const read = form.safeParse(parseJson(call, body));
  if (read.success) return read.data;
  const faults = read.error.issues
    .slice(0, MAX_FAULTS)
    .map(({ path, message }) => `field ${path.length === 0 ? '(whole)' : path.join('.')}: ${message}`);
  throw new ObfUnreadable(call, faults.join('; '));
}

export const replyOf =
  <T>(form: z.ZodType<T>) =>
  (call: string, body: string): T =>
    readJson(call, body, form);

/** @throws ObfUnreadable */
export function parseJson(call: string, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new ObfUnreadable(call, 'the answer is not JSON');
  }
}

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
    return { rows, odd, keys: result.map((raw) => idIn(raw, id) ?? fingerprint(raw)), total: total ?? null };
  });

const anyId = z.union([z.string().regex(/^[\w.-]{1,128}$/), z.number()]).transform(String);

const idIn = (raw: unknown, field: string): string | null =>
  anyId.safeParse(fieldOf(raw, field)).data ?? null;

/** Tells rows without an id apart, and holds nothing of them that could be read. */
function fingerprint(raw: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify(raw) ?? '');
  return `?${hash.digest('base64url').slice(0, 22)}`;
}
