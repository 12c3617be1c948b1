import { createHash } from 'node:crypto';
import { z } from 'zod';
import { asAssertionId, asBadgeId, asEventId, type ClientId } from '../ids.js';
import { fieldOf } from './clean.js';
import type { ListName, ObfEvent, ObfRecipient, OddRow, Page } from './types.js';
import { badgeRow, eventRow, recipientRow, type eventReply, type EventRow, type PageReply } from './wire.js';

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
  pageOf({ clientId, list: 'badges', id: 'id' }, reply, badgeRow, ({ id, ...row }) => ({
    ...row,
    id: asBadgeId(id),
  }));

export const eventOfReply = (clientId: ClientId, reply: z.output<typeof eventReply>): ObfEvent => ({
  ...eventOfRow(clientId, {
    ...reply,
    // The schema holds that one of the two is there.
    badge_id: reply.badge_id ?? reply.badge?.id ?? '',
    api_consumer_id: null,
  }),
  logEntry: noteOf(reply.log_entry),
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
  of: ListOf,
  { result, total }: PageReply,
  schema: z.ZodType<R>,
  inOurTerms: (row: R) => T,
): Page<T> {
  const rows: T[] = [];
  const odd: OddRow[] = [];
  const keys: string[] = [];
  for (const raw of result) {
    const read = schema.safeParse(raw);
    const id = idIn(raw, of.id);
    keys.push(id ?? fingerprintOf(raw));
    if (read.success) rows.push(inOurTerms(read.data));
    else odd.push(oddRow(of, raw, read.error));
  }
  return { rows, odd, keys, total: total ?? null };
}

function oddRow({ clientId, list }: ListOf, raw: unknown, { issues }: z.ZodError): OddRow {
  const event = list === 'badges' ? null : idIn(raw, list === 'events' ? 'id' : 'event_id');
  const [field = '(row)'] = issues[0]?.path.map(String) ?? [];
  return { clientId, list, eventId: event === null ? null : asEventId(event), field };
}

const anyId = z.union([z.string().regex(/^[\w.-]{1,128}$/), z.number()]).transform(String);

const idIn = (raw: unknown, field: string): string | null =>
  anyId.safeParse(fieldOf(raw, field)).data ?? null;

/** Tells rows without an id apart, and holds nothing of them that could be read. */
const fingerprintOf = (raw: unknown): string =>
  `?${createHash('sha256')
    .update(JSON.stringify(raw) ?? '')
    .digest('base64url')
    .slice(0, 22)}`;

/** `log_entry` is a string that holds JSON, or any text another program put there. */
function noteOf(entry: unknown): unknown {
  if (typeof entry !== 'string') return entry ?? null;
  try {
    return JSON.parse(entry);
  } catch {
    return entry;
  }
}
