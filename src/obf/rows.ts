import { createHash } from 'node:crypto';
import { z } from 'zod';
import { asAssertionId, asBadgeId, asEventId, type ClientId } from '../ids.js';
import { fieldOf, jsonOrNull, ObfUnreadable } from './errors.js';
import type { ListName, ObfEvent, ObfRecipient, OddRow, Page } from './types.js';
import { badgeRow, eventRow, recipientRow, type eventReply, type EventRow, type PageReply } from './wire.js';

const MAX_FAULTS = 5;

/**
 * Reads what OBF answered.
 * @throws ObfUnreadable naming the call and the fields at fault; never a value
 */
export function readJson<T>(call: string, body: string, schema: z.ZodType<T>): T {
  const read = schema.safeParse(parseJson(call, body));
  if (read.success) return read.data;
  // E.g. `field result[3].assertion_id: Invalid input: expected string, received undefined`.
  const faults = read.error.issues.slice(0, MAX_FAULTS).map(({ path, message }) => {
    const field = z.core.toDotPath(path.map((part) => (typeof part === 'symbol' ? String(part) : part)));
    return `field ${field === '' ? '(whole)' : field}: ${message}`;
  });
  throw new ObfUnreadable(call, faults.join('; '));
}

/** @throws ObfUnreadable */
export function parseJson(call: string, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new ObfUnreadable(call, 'the answer is not JSON');
  }
}

/** OBF's rows, in our terms. A row that cannot be read is named, and leaves the others of its page untouched. */
export const eventPage = (clientId: ClientId, reply: PageReply): Page<ObfEvent> =>
  pageOf({ clientId, list: 'events', id: 'id' }, reply, eventRow, (row) => eventOfRow(clientId, row));

export const recipientPage = (clientId: ClientId, reply: PageReply): Page<ObfRecipient> =>
  pageOf({ clientId, list: 'recipients', id: 'assertion_id' }, reply, recipientRow, (row) => ({
    assertionId: asAssertionId(row.assertion_id),
    eventId: asEventId(row.event_id),
    email: row.email ?? '',
    name: row.name,
    issuedOnS: row.issued_on,
    expiresOnS: row.expires_on,
    revoked: row.revoked,
  }));

export const badgePage = (clientId: ClientId, reply: PageReply) =>
  pageOf({ clientId, list: 'badges', id: 'id' }, reply, badgeRow, (row) => ({
    ...row,
    id: asBadgeId(row.id),
  }));

export const eventOfReply = (clientId: ClientId, reply: z.output<typeof eventReply>): ObfEvent => ({
  ...eventOfRow(clientId, reply),
  // A string that holds JSON, or any text another program put there.
  logEntry:
    typeof reply.log_entry === 'string'
      ? (jsonOrNull(reply.log_entry) ?? reply.log_entry)
      : (reply.log_entry ?? null),
});

const eventOfRow = (clientId: ClientId, row: EventRow): ObfEvent => ({
  id: asEventId(row.id),
  clientId,
  badgeId: asBadgeId(row.badge_id),
  issuedOnS: row.issued_on,
  expiresOnS: row.expires_on,
  createdS: row.ctime,
  modifiedS: row.mtime,
  recipientCount: row.recipient_count,
  logEntry: null,
});

interface ListOf {
  readonly clientId: ClientId;
  readonly list: ListName;
  /** The field that tells its rows apart. */
  readonly id: string;
}

function pageOf<R, T>(
  { clientId, list, id }: ListOf,
  { result, total }: PageReply,
  schema: z.ZodType<R>,
  inOurTerms: (row: R) => T,
): Page<T> {
  const rows: T[] = [];
  const odd: OddRow[] = [];
  for (const raw of result) {
    const read = schema.safeParse(raw);
    if (read.success) {
      rows.push(inOurTerms(read.data));
      continue;
    }
    const event = list === 'badges' ? null : idIn(raw, list === 'events' ? 'id' : 'event_id');
    const [field = '(row)'] = read.error.issues[0]?.path.map(String) ?? [];
    odd.push({ clientId, list, eventId: event === null ? null : asEventId(event), field });
  }
  return { rows, odd, keys: result.map((raw) => idIn(raw, id) ?? fingerprint(raw)), total: total ?? null };
}

const anyId = z.union([z.string().regex(/^[\w.-]{1,128}$/), z.number()]).transform(String);

const idIn = (raw: unknown, field: string): string | null =>
  anyId.safeParse(fieldOf(raw, field)).data ?? null;

/** Tells rows without an id apart, and holds nothing of them that could be read. */
function fingerprint(raw: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify(raw) ?? '');
  return `?${hash.digest('base64url').slice(0, 22)}`;
}
