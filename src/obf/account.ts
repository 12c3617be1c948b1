import type { z } from 'zod';
import { asEventId, type ClientId, type EventId } from '../ids.js';
import type { Call, Caller } from './call.js';
import { ObfRefused } from './errors.js';
import { isSomebody, PAGE_LIMIT, readRows, unsteadyList } from './list.js';
import { eventForm, pageForm, replyOf } from './rows.js';
import type { EventRecipients, IssueRequest, OddRow, PageQuery } from './types.js';
import * as wire from './wire.js';

/** What OBF shows as the issuing program, and what its event list can be filtered by. */
const API_CONSUMER_ID = 'palier';

/** The routes of one client. Each throws an `ObfError` typed by certainty; an aborted signal rejects before the call is sent. */
export type ObfAccount = ReturnType<typeof createAccount>;

/** The account of one client: the routes of OBF API v2 that we call, in our terms. */
export const createAccount = (clientId: ClientId, send: Caller) => ({
  clientId,
  ...ownRoutes(clientId, send),
  ...eventRoutes(clientId, send),
});

const get = <T>(name: string, path: readonly string[], form: z.ZodType<T>, query: Call<T>['query'] = {}) =>
  ({ name, method: 'GET', path, query, reply: replyOf(form) }) as const;

const paged = (
  { limit = PAGE_LIMIT, offset = 0, beginS }: PageQuery,
  query: Call<unknown>['query'] = {},
): Call<unknown>['query'] => ({ ...query, begin: beginS, limit, offset });

const ownRoutes = (clientId: ClientId, send: Caller) => ({
  async ping(signal?: AbortSignal): Promise<void> {
    // 200 is all that it says.
    await send(
      { name: 'GET ping', method: 'GET', path: ['client', clientId, 'ping'], reply: () => null },
      signal,
    );
  },
  /** How many badges the subscription may still issue; null where OBF does not say. */
  issuingLimit: (signal?: AbortSignal) =>
    send(get('GET client', ['client', clientId], wire.clientReply), signal),
  /** Every badge but drafts. @throws ObfUnreadable when the list changes each time it is read */
  async badges(signal?: AbortSignal, onOdd: (row: OddRow) => void = () => undefined) {
    const name = 'GET badges';
    const form = pageForm(clientId, 'badges', wire.badgeRow);
    const { rows, isWhole, distinct, total, odd } = await readRows({
      // A draft cannot be issued. OBF is asked to leave them out.
      pageAt: (offset) => send(get(name, ['badge', clientId], form, paged({ offset }, { draft: 0 })), signal),
      keyOf: ({ id }) => id,
    });
    if (!isWhole) throw unsteadyList(name, distinct, total);
    odd.forEach(onOdd);
    return rows.filter(({ draft }) => !draft).map(({ id, name: called }) => ({ id, name: called }));
  },
});

function eventRoutes(clientId: ClientId, send: Caller) {
  const eventPage = pageForm(clientId, 'events', eventForm(clientId, true));
  const recipientPage = pageForm(clientId, 'recipients', wire.recipientRow);
  const recipientsAt = (query: PageQuery, signal?: AbortSignal, event_id?: EventId) => {
    const path = ['event', clientId, 'recipient'];
    return send(get('GET recipient', path, recipientPage, paged(query, { event_id })), signal);
  };
  return {
    event: (eventId: EventId, signal?: AbortSignal) =>
      send(get('GET event', ['event', clientId, eventId], eventForm(clientId, false)), signal),
    /** One page of the account's events, `limit` 1000 by default. */
    events: (query: PageQuery, signal?: AbortSignal) =>
      send(get('GET events', ['event', clientId], eventPage, paged(query)), signal),
    /** One page of the recipients of all of the account's events, `limit` 1000 by default. */
    recipients: (query: PageQuery, signal?: AbortSignal) => recipientsAt(query, signal),
    /** Every recipient of one event, all pages. */
    async recipientsOf(eventId: EventId, signal?: AbortSignal): Promise<EventRecipients> {
      const { rows, distinct, isWhole, odd } = await readRows({
        pageAt: (offset) => recipientsAt({ offset }, signal, eventId),
        keyOf: ({ assertionId }) => assertionId,
      });
      // One of another event would be given the badge of this one: OBF's filter is not taken on trust.
      const own = rows.filter((one) => one.eventId === eventId);
      const others = rows.length - own.length;
      return { recipients: own.filter(isSomebody), distinct: distinct - others, isWhole, odd };
    },
    /** Issues one event to all recipients; resolves with its id. The one call that must never be repeated blindly. */
    issue: async (request: IssueRequest, signal?: AbortSignal): Promise<EventId> =>
      asEventId((await send(issueCall(clientId, request), signal)).resource_id),
    /** Revokes an event for some of its recipients; resolves with how many were. */
    revoke: async (eventId: EventId, emails: readonly string[], signal?: AbortSignal): Promise<number> =>
      (await send(revokeCall(clientId, eventId, emails), signal)).count ?? emails.length,
  };
}

/** @throws ObfRefused without recipients: OBF might take that as anything */
function issueCall(clientId: ClientId, request: IssueRequest): Call<z.output<typeof wire.issueReply>> {
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
  const secrets = body.recipient.flatMap(({ email, name: called }) => [email, called]);
  const path = ['event', clientId, badgeId, 'issue'];
  return { name, method: 'POST', path, body, secrets, reply: replyOf(wire.issueReply) };
}

/** @throws ObfRefused without recipients: OBF might take that as all of them */
function revokeCall(
  clientId: ClientId,
  eventId: EventId,
  emails: readonly string[],
): Call<z.output<typeof wire.revokeReply>> {
  const name = 'PUT revoke';
  if (emails.length === 0) throw new ObfRefused(name, 400, 'a revoke call needs a recipient');
  const path = ['event', clientId, eventId, 'revoke'];
  const body = { recipient: emails };
  return { name, method: 'PUT', path, body, secrets: emails, reply: replyOf(wire.revokeReply) };
}
