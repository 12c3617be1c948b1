import type { z } from 'zod';
import type { BadgeId, ClientId, EventId } from '../ids.js';
import type { Call } from './call.js';
import { ObfRefused } from './errors.js';
import { PAGE_LIMIT } from './list.js';
import { json } from './read-reply.js';
import type { IssueRequest, PageQuery } from './types.js';
import * as wire from './wire.js';

/** The routes of OBF API v2 that we call: their paths, parameters and bodies. */

/** What OBF shows as the issuing program, and what its event list can be filtered by. */
const API_CONSUMER_ID = 'palier';

const get = <T>(
  name: string,
  path: readonly string[],
  schema: z.ZodType<T>,
  query: Call<T>['query'] = {},
): Call<T> => ({ name, method: 'GET', path, query, reply: json(schema) });

const paged = ({ limit = PAGE_LIMIT, offset = 0 }: PageQuery) => ({ limit, offset });

/** 200 is all that it says. */
export const ping = (client: ClientId): Call<null> => ({
  name: 'GET ping',
  method: 'GET',
  path: ['client', client, 'ping'],
  reply: () => null,
});

export const client = (id: ClientId) => get('GET client', ['client', id], wire.clientReply);

export const badges = (of: ClientId, page: PageQuery) =>
  get('GET badges', ['badge', of], wire.pageReply, { draft: 0, ...paged(page) });

export const event = (of: ClientId, id: EventId) => get('GET event', ['event', of, id], wire.eventReply);

export const events = (
  of: ClientId,
  { beginS, badgeId, ...page }: PageQuery & { readonly beginS?: number; readonly badgeId?: BadgeId },
) =>
  get('GET events', ['event', of], wire.pageReply, {
    begin: beginS,
    badge_id: badgeId,
    ...paged(page),
  });

/** Of one event, or of all: those since an instant. */
export const recipients = (
  of: ClientId,
  { beginS, eventId, ...page }: PageQuery & { readonly beginS?: number; readonly eventId?: EventId },
) =>
  get('GET recipient', ['event', of, 'recipient'], wire.pageReply, {
    event_id: eventId,
    begin: beginS,
    ...paged(page),
  });

/** @throws ObfRefused without recipients: OBF might take that as anything */
export function issue(of: ClientId, request: IssueRequest): Call<z.output<typeof wire.issueReply>> {
  const name = 'POST issue';
  const { badgeId, recipients: people, issuedOnS, logEntry, sendEmail = true } = request;
  if (people.length === 0) throw new ObfRefused(name, 400, 'an issue call needs a recipient');
  const body: wire.IssueBody = {
    recipient: people.map((one) => ({ email: one.email, name: one.name ?? '' })),
    issued_on: issuedOnS,
    api_consumer_id: API_CONSUMER_ID,
    send_email: sendEmail,
    // The event then stands among those that the account's own pages and reports list.
    show_report: true,
    log_entry: logEntry,
  };
  const hidden = people.flatMap((one) => [one.email, one.name ?? '']);
  return {
    name,
    method: 'POST',
    path: ['event', of, badgeId, 'issue'],
    body,
    hidden,
    reply: json(wire.issueReply),
  };
}

/** @throws ObfRefused without recipients: OBF might take that as all of them */
export function revoke(
  of: ClientId,
  eventId: EventId,
  emails: readonly string[],
): Call<z.output<typeof wire.revokeReply>> {
  const name = 'PUT revoke';
  if (emails.length === 0) throw new ObfRefused(name, 400, 'a revoke call needs a recipient');
  const body = { recipient: emails };
  const path = ['event', of, eventId, 'revoke'];
  return { name, method: 'PUT', path, body, hidden: emails, reply: json(wire.revokeReply) };
}
