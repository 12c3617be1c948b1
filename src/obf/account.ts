import { asBadgeId, asEventId, type ClientId, type EventId } from '../ids.js';
import type { Caller } from './call.js';
import { isSomebody } from './listed.js';
import { readAll } from './paging.js';
import * as routes from './routes.js';
import { eventOfReply, eventOfRow, pageOfReply, recipientOfRow } from './rows.js';
import type { ObfAccount, ObfRecipient } from './types.js';

/** The account of one client. */
export function createAccount(clientId: ClientId, send: Caller): ObfAccount {
  return {
    clientId,
    ping: async (signal) => {
      await send(routes.ping(clientId), signal);
    },
    issuingLimit: async (signal) => (await send(routes.client(clientId), signal)).issuing_limit ?? null,
    badges: (signal) => readBadges(clientId, send, signal),
    event: async (eventId, signal) =>
      eventOfReply(clientId, await send(routes.event(clientId, eventId), signal)),
    events: async (query, signal) =>
      pageOfReply(await send(routes.events(clientId, query), signal), (row) => eventOfRow(clientId, row)),
    recipients: async (query, signal) =>
      pageOfReply(await send(routes.recipients(clientId, query), signal), recipientOfRow),
    recipientsOf: (eventId, signal) => readRecipients(clientId, send, eventId, signal),
    issue: async (request, signal) =>
      asEventId((await send(routes.issue(clientId, request), signal)).resource_id),
    revoke: async (eventId, emails, signal) =>
      (await send(routes.revoke(clientId, eventId, emails), signal)).count ?? emails.length,
  };
}

/** Drafts cannot be issued; OBF is asked to leave them out. */
async function readBadges(clientId: ClientId, send: Caller, signal?: AbortSignal) {
  const rows = await readAll(
    'GET badges',
    async (offset) => pageOfReply(await send(routes.badges(clientId, { offset }), signal), (row) => row),
    (row) => row.id,
  );
  return rows.filter((row) => !row.draft).map(({ id, name }) => ({ id: asBadgeId(id), name }));
}

/** A recipient without an address is nobody; one of another event would be given the badge of this one: OBF's filter is not taken on trust. */
async function readRecipients(
  clientId: ClientId,
  send: Caller,
  eventId: EventId,
  signal?: AbortSignal,
): Promise<readonly ObfRecipient[]> {
  const all = await readAll(
    'GET recipient',
    async (offset) =>
      pageOfReply(await send(routes.recipients(clientId, { eventId, offset }), signal), recipientOfRow),
    (recipient) => recipient.assertionId,
  );
  return all.filter((one) => one.eventId === eventId && isSomebody(one));
}
