import type { z } from 'zod';
import { asEventId, type BadgeId, type ClientId, type EventId } from '../ids.js';
import type { Call, Caller } from './call.js';
import { ObfRefused, ObfUnreadable } from './errors.js';
import { isSomebody, PAGE_LIMIT, readList } from './list.js';
import { badgePage, eventOfReply, eventPage, readJson, recipientPage } from './rows.js';
import type {
  EventRecipients,
  IssueRequest,
  ObfAccount,
  ObfRecipient,
  OddRow,
  Page,
  PageQuery,
} from './types.js';
import * as wire from './wire.js';

/** What OBF shows as the issuing program, and what its event list can be filtered by. */
const API_CONSUMER_ID = 'palier';

/** The account of one client: the routes of OBF API v2 that we call, in our terms. */
export function createAccount(clientId: ClientId, caller: Caller, isIdle = false): ObfAccount {
  const send = <T>(call: Call<T>, signal?: AbortSignal): Promise<T> => caller(call, signal, isIdle);
  const recipients = async (
    { eventId, beginS, ...page }: PageQuery & { readonly eventId?: EventId; readonly beginS?: number },
    signal?: AbortSignal,
  ) => {
    const query = { event_id: eventId, begin: beginS, ...page };
    const call = paged('GET recipient', ['event', clientId, 'recipient'], query);
    return recipientPage(clientId, await send(call, signal));
  };

  return {
    clientId,
    inBackground: () => createAccount(clientId, caller, true),
    async ping(signal) {
      // 200 is all that it says.
      await send(
        { name: 'GET ping', method: 'GET', path: ['client', clientId, 'ping'], reply: () => null },
        signal,
      );
    },
    async issuingLimit(signal) {
      return (
        (await send(get('GET client', ['client', clientId], wire.clientReply), signal)).issuing_limit ?? null
      );
    },
    badges: (signal, onOdd) => readBadges(clientId, (call) => send(call, signal), onOdd),
    async event(eventId, signal) {
      const call = get('GET event', ['event', clientId, eventId], wire.eventReply);
      return eventOfReply(clientId, await send(call, signal));
    },
    async events({ beginS, badgeId, ...page }, signal) {
      const query = { begin: beginS, badge_id: badgeId, ...page };
      return eventPage(clientId, await send(paged('GET events', ['event', clientId], query), signal));
    },
    recipients,
    recipientsOf: (eventId, signal) =>
      readEventRecipients(eventId, (offset) => recipients({ eventId, offset }, signal)),
    issue: async (request, signal) =>
      asEventId((await send(issueCall(clientId, request), signal)).resource_id),
    revoke: async (eventId, emails, signal) =>
      (await send(revokeCall(clientId, eventId, emails), signal)).count ?? emails.length,
  };
}

const replyOf =
  <T>(schema: z.ZodType<T>) =>
  (call: string, body: string): T =>
    readJson(call, body, schema);

const get = <T>(name: string, path: readonly string[], schema: z.ZodType<T>, query: Call<T>['query'] = {}) =>
  ({ name, method: 'GET', path, query, reply: replyOf(schema) }) as const;

const paged = (
  name: string,
  path: readonly string[],
  { limit = PAGE_LIMIT, offset = 0, ...query }: PageQuery & Call<unknown>['query'],
) => get(name, path, wire.pageReply, { ...query, limit, offset });

/** A draft cannot be issued. OBF is asked to leave them out. */
async function readBadges(
  clientId: ClientId,
  send: <T>(call: Call<T>) => Promise<T>,
  onOdd: (row: OddRow) => void = () => undefined,
) {
  const badges: { readonly id: BadgeId; readonly name: string | null }[] = [];
  const { isWhole, distinct, total, odd } = await readList({
    pageAt: async (offset) =>
      badgePage(clientId, await send(paged('GET badges', ['badge', clientId], { draft: 0, offset }))),
    keyOf: ({ id }) => id,
    onRows: (rows) => {
      badges.push(...rows.filter(({ draft }) => !draft).map(({ id, name }) => ({ id, name })));
    },
  });
  if (!isWhole) throw unsteadyList('GET badges', distinct, total);
  odd.forEach(onOdd);
  return badges;
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
  const secrets = people.flatMap((one) => [one.email, one.name ?? '']);
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

/** One of another event would be given the badge of this one: OBF's filter is not taken on trust. */
async function readEventRecipients(
  eventId: EventId,
  pageAt: (offset: number) => Promise<Page<ObfRecipient>>,
): Promise<EventRecipients> {
  const all: ObfRecipient[] = [];
  const { distinct, isWhole, odd } = await readList({
    pageAt,
    keyOf: ({ assertionId }) => assertionId,
    onRows: (rows) => void all.push(...rows),
  });
  const own = all.filter((one) => one.eventId === eventId);
  return { recipients: own.filter(isSomebody), distinct: distinct - (all.length - own.length), isWhole, odd };
}

/** For a list that does not hold still. */
export const unsteadyList = (call: string, distinct: number, total: number | null): ObfUnreadable =>
  new ObfUnreadable(
    call,
    `the list changes each time it is read: ${distinct} rows seen of ${total ?? 'an unknown number'}`,
  );
