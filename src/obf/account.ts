import { asEventId, type ClientId, type EventId } from '../ids.js';
import type { Caller } from './call.js';
import { ObfUnreadable } from './errors.js';
import { readList } from './list.js';
import * as routes from './routes.js';
import { badgePage, eventOfReply, eventPage, recipientPage } from './rows.js';
import type { EventRecipients, ObfAccount, ObfRecipient, OddRow } from './types.js';

/** How the calls of an account leave: at once, or while no other call of the client waits. */
export interface Callers {
  readonly now: Caller;
  readonly background: Caller;
}

/** The account of one client. */
export function createAccount(clientId: ClientId, callers: Callers): ObfAccount {
  const send = callers.now;
  return {
    clientId,
    inBackground: () => createAccount(clientId, { ...callers, now: callers.background }),
    ping: async (signal) => {
      await send(routes.ping(clientId), signal);
    },
    issuingLimit: async (signal) => (await send(routes.client(clientId), signal)).issuing_limit ?? null,
    badges: (signal, onOdd) => readBadges(clientId, send, signal, onOdd),
    event: async (eventId, signal) =>
      eventOfReply(clientId, await send(routes.event(clientId, eventId), signal)),
    events: async (query, signal) => eventPage(clientId, await send(routes.events(clientId, query), signal)),
    recipients: async (query, signal) =>
      recipientPage(clientId, await send(routes.recipients(clientId, query), signal)),
    recipientsOf: (eventId, signal) => readEventRecipients(clientId, send, eventId, signal),
    issue: async (request, signal) =>
      asEventId((await send(routes.issue(clientId, request), signal)).resource_id),
    revoke: async (eventId, emails, signal) =>
      (await send(routes.revoke(clientId, eventId, emails), signal)).count ?? emails.length,
  };
}

/** Drafts cannot be issued; OBF is asked to leave them out. */
async function readBadges(
  clientId: ClientId,
  send: Caller,
  signal?: AbortSignal,
  onOdd: (row: OddRow) => void = () => undefined,
) {
  const badges: Pick<ReturnType<typeof badgePage>['rows'][number], 'id' | 'name'>[] = [];
  const { isWhole, distinct, total, odd } = await readList({
    pageAt: async (offset) => badgePage(clientId, await send(routes.badges(clientId, { offset }), signal)),
    keyOf: ({ id }) => id,
    onRows: (rows) => {
      badges.push(...rows.filter(({ draft }) => !draft).map(({ id, name }) => ({ id, name })));
    },
  });
  if (!isWhole) throw changing('GET badges', distinct, total);
  odd.forEach(onOdd);
  return badges;
}

/** One of another event would be given the badge of this one: OBF's filter is not taken on trust. */
async function readEventRecipients(
  clientId: ClientId,
  send: Caller,
  eventId: EventId,
  signal?: AbortSignal,
): Promise<EventRecipients> {
  const all: ObfRecipient[] = [];
  const read = await readList({
    pageAt: async (offset) =>
      recipientPage(clientId, await send(routes.recipients(clientId, { eventId, offset }), signal)),
    keyOf: ({ assertionId }) => assertionId,
    onRows: (rows) => void all.push(...rows),
  });
  const own = all.filter((one) => one.eventId === eventId);
  return {
    recipients: own.filter(isSomebody),
    distinct: read.distinct - (all.length - own.length),
    isWhole: read.isWhole,
    odd: read.odd,
  };
}

/** OBF keeps rows of recipients that it has erased: they have no address, and are nobody that we could know. */
export const isSomebody = ({ email }: ObfRecipient): boolean => email.includes('@');

/** A list that does not hold still. */
export const changing = (call: string, distinct: number, total: number | null): ObfUnreadable =>
  new ObfUnreadable(
    call,
    `the list changes each time it is read: ${distinct} rows seen of ${total ?? 'an unknown number'}`,
  );
