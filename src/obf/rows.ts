import type { z } from 'zod';
import { asAssertionId, asBadgeId, asEventId, type ClientId } from '../ids.js';
import type { ObfEvent, ObfRecipient, Page } from './types.js';
import type { EventRow, RecipientRow, eventReply } from './wire.js';

/** OBF's rows, in our terms. */
export const eventOfRow = (clientId: ClientId, row: EventRow): ObfEvent => ({
  id: asEventId(row.id),
  clientId,
  badgeId: asBadgeId(row.badge_id),
  issuedOnS: row.issued_on,
  expiresOnS: row.expires_on,
  createdS: row.ctime,
  recipientCount: row.recipient_count ?? null,
  logEntry: null,
});

export const eventOfReply = (clientId: ClientId, reply: z.output<typeof eventReply>): ObfEvent => ({
  id: asEventId(reply.id),
  clientId,
  // The schema holds that one of the two is there.
  badgeId: asBadgeId(reply.badge_id ?? reply.badge?.id ?? ''),
  issuedOnS: reply.issued_on,
  expiresOnS: reply.expires_on,
  createdS: reply.ctime,
  recipientCount: null,
  logEntry: noteOf(reply.log_entry),
});

export const recipientOfRow = (row: RecipientRow): ObfRecipient => ({
  assertionId: asAssertionId(row.assertion_id),
  eventId: asEventId(row.event_id),
  email: row.email ?? '',
  name: row.name,
  issuedOnS: row.issued_on,
  expiresOnS: row.expires_on,
  revoked: row.revoked,
});

/** A page of rows, each in our terms. */
export const pageOfReply = <R, T>(
  { result, total }: { readonly result: readonly R[]; readonly total?: number | null | undefined },
  of: (row: R) => T,
): Page<T> => ({ rows: result.map(of), total: total ?? null });

/** `log_entry` is a string that holds JSON, or any text another program put there. */
function noteOf(entry: unknown): unknown {
  if (typeof entry !== 'string') return entry ?? null;
  try {
    return JSON.parse(entry);
  } catch {
    return entry;
  }
}
