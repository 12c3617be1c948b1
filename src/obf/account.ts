import type { z } from 'zod';
import { asEventId, type BadgeId, type ClientId, type EventId } from '../ids.js';
import type { Logger } from '../platform/logger.js';
import {
  errorOfStatus,
  isGood,
  isThrottled,
  ObfOutcomeUnknown,
  ObfRefused,
  ObfUnreadable,
} from './errors.js';
import { PAGE_LIMIT, readRows, unstableListError, type ListRead } from './list.js';
import type { Bearer, TokenParts, Tokens } from './token.js';
import * as wire from './wire.js';

/** The issuing program, as OBF shows it and can filter events by. */
const API_CONSUMER_ID = 'palier';

export interface PageQuery {
  readonly limit?: number;
  readonly offset?: number;
  /** Leaves out older events. Whether OBF compares the date of issue or of recording is not known. */
  readonly beginS?: number;
}

/** The recipients of one event; `distinct` counts those without an address too. */
export interface EventRecipients extends Omit<ListRead, 'total'> {
  readonly recipients: readonly wire.ObfRecipient[];
}

interface AccountParts extends Pick<TokenParts, 'clientId' | 'http' | 'rate'> {
  readonly tokens: Tokens;
  readonly log: Logger | undefined;
}

export type ObfAccount = ReturnType<typeof createAccount>;

/**
 * Creates the calls of one client. Each throws an `ObfError` typed by certainty; an aborted signal rejects before the
 * call is sent.
 * @param isIdle its calls leave only while no other call of the client waits
 */
export function createAccount(parts: AccountParts, isIdle: boolean) {
  const { clientId } = parts;
  const send = createSender(parts, isIdle);
  const get = <T>(route: string, path: string[], form: z.ZodType<T>, signal?: AbortSignal, query?: Query) =>
    send({ name: `GET ${route}`, method: 'GET', path, query, reply: wire.replyOf(form) }, signal);
  const eventPage = wire.pageForm(clientId, 'events', wire.eventOf(clientId));
  const recipientPage = wire.pageForm(clientId, 'recipients', wire.recipientRow);
  const badgePage = wire.pageForm(clientId, 'badges', wire.badgeRow);
  const recipients = (query: PageQuery, signal?: AbortSignal, event_id?: EventId) =>
    get('recipient', ['event', clientId, 'recipient'], recipientPage, signal, paged(query, { event_id }));
  return {
    clientId,
    async ping(signal?: AbortSignal): Promise<void> {
      const path = ['client', clientId, 'ping'];
      // Its status is the whole answer.
      await send({ name: 'GET ping', method: 'GET', path, reply: () => null }, signal);
    },
    /** How many badges the subscription may still issue; null where OBF does not say. */
    issuingLimit: (signal?: AbortSignal) => get('client', ['client', clientId], wire.clientReply, signal),
    /** Every badge but drafts. @throws ObfUnreadable when the list changes each time it is read */
    async badges(signal?: AbortSignal, onOdd: (row: wire.OddRow) => void = () => undefined) {
      const { rows, isWhole, distinct, total, odd } = await readRows({
        // A draft cannot be issued: OBF is asked to leave drafts out.
        pageAt: (offset) =>
          get('badges', ['badge', clientId], badgePage, signal, paged({ offset }, { draft: 0 })),
        keyOf: ({ id }) => id,
      });
      if (!isWhole) throw unstableListError('GET badges', distinct, total);
      odd.forEach(onOdd);
      return rows.filter(({ draft }) => !draft).map(({ id, name }) => ({ id, name }));
    },
    event: (eventId: EventId, signal?: AbortSignal) =>
      get('event', ['event', clientId, eventId], wire.eventOf(clientId).and(wire.noteOf), signal),
    /** One page of the account's events, `limit` 1000 by default. */
    events: (query: PageQuery, signal?: AbortSignal) =>
      get('events', ['event', clientId], eventPage, signal, paged(query)),
    /** One page of the recipients of all of the account's events, `limit` 1000 by default. */
    recipients: (query: PageQuery, signal?: AbortSignal) => recipients(query, signal),
    async recipientsOf(eventId: EventId, signal?: AbortSignal): Promise<EventRecipients> {
      const { rows, distinct, isWhole, odd } = await readRows({
        pageAt: (offset) => recipients({ offset }, signal, eventId),
        keyOf: ({ assertionId }) => assertionId,
      });
      // OBF's filter is not trusted: a recipient of another event would count for the badge of this one.
      const ofEvent = rows.filter((one) => one.eventId === eventId);
      const foreign = rows.length - ofEvent.length;
      return { recipients: ofEvent.filter(wire.hasAddress), distinct: distinct - foreign, isWhole, odd };
    },
    ...writesOf(clientId, send),
  };
}

type Query = Call<unknown>['query'];

const paged = ({ limit = PAGE_LIMIT, offset = 0, beginS }: PageQuery, query: Query = {}): Query => ({
  ...query,
  begin: beginS,
  limit,
  offset,
});

export interface IssueRequest {
  readonly badgeId: BadgeId;
  readonly recipients: readonly { readonly email: string; readonly name: string | null }[];
  readonly issuedOnS: number;
  /** Stored with the event; `event()` returns it. Holds no address. */
  readonly logEntry: Readonly<Record<string, unknown>>;
  /** Whether OBF mails the recipients. */
  readonly sendEmail: boolean;
}

const writesOf = (clientId: ClientId, send: Sender) => ({
  /**
   * Issues one event to all recipients; resolves with its id. Not idempotent: it must never be repeated blindly.
   * @throws ObfRefused without recipients: how OBF takes that is not known
   */
  async issue(request: IssueRequest, signal?: AbortSignal): Promise<EventId> {
    const name = 'POST issue';
    const { badgeId, recipients, issuedOnS, logEntry, sendEmail } = request;
    if (recipients.length === 0) throw new ObfRefused(name, 400, 'an issue call needs a recipient');
    const body = {
      recipient: recipients.map((one) => ({ email: one.email, name: one.name ?? '' })),
      issued_on: issuedOnS,
      api_consumer_id: API_CONSUMER_ID,
      send_email: sendEmail,
      // The account's own pages and reports then list the event.
      show_report: true,
      log_entry: logEntry,
    };
    const secrets = body.recipient.flatMap((one) => [one.email, one.name]);
    const path = ['event', clientId, badgeId, 'issue'];
    const reply = wire.replyOf(wire.issueReply);
    return asEventId((await send({ name, method: 'POST', path, body, secrets, reply }, signal)).resource_id);
  },
  /**
   * Revokes an event for some of its recipients; resolves with their number.
   * @throws ObfRefused without recipients: OBF might take that as all of them
   */
  async revoke(eventId: EventId, emails: readonly string[], signal?: AbortSignal): Promise<number> {
    const name = 'PUT revoke';
    if (emails.length === 0) throw new ObfRefused(name, 400, 'a revoke call needs a recipient');
    const path = ['event', clientId, eventId, 'revoke'];
    const reply = wire.replyOf(wire.revokeReply);
    const body = { recipient: emails };
    const revoked = await send({ name, method: 'PUT', path, body, secrets: emails, reply }, signal);
    return revoked.count ?? emails.length;
  },
});

interface Call<T> {
  /** Names it in errors and logs, e.g. `GET event`. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  /** The path's parts after `/v2`, not encoded. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string | number | undefined>> | undefined;
  readonly body?: unknown;
  /** Reads a 2xx answer. @throws ObfUnreadable */
  readonly reply: (name: string, body: string) => T;
  /** Parts of the body that no error may show. */
  readonly secrets?: readonly string[];
}

type Sender = ReturnType<typeof createSender>;

const MAX_BYTES = 20 * 1024 * 1024;

/** Sends calls as one client: token, rate, call. Sends once more with a new token after a 401 or 403. */
function createSender({ clientId, http, tokens, rate, log }: AccountParts, isIdle: boolean) {
  return async <T>(call: Call<T>, signal?: AbortSignal): Promise<T> => {
    const { name, method, body, secrets = [] } = call;
    const write = method !== 'GET';
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const contentType = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const unsigned = { name, clientId, write, method, path: pathOf(call), ...json, maxBytes: MAX_BYTES };
    const attempt = async ({ token }: Bearer) => {
      const headers = { Authorization: `Bearer ${token}`, ...contentType };
      const request = { ...unsigned, headers, secrets: [token, ...secrets] };
      await rate.acquire(name, clientId, { signal, isIdle });
      const reply = await http.send(request, signal);
      if (isThrottled(reply, write)) await rate.hold(clientId, reply.retryAfterMs);
      return { reply, request };
    };

    const bearer = await tokens(signal);
    let { reply, request } = await attempt(bearer);
    if (reply.status === 401 || reply.status === 403) {
      log?.info({ call: name, client: clientId, status: reply.status }, 'OBF token renewed');
      ({ reply, request } = await attempt(await tokens(signal, bearer)));
    }
    if (!isGood(reply)) throw errorOfStatus(request, reply);
    try {
      return call.reply(name, reply.body);
    } catch (error) {
      // OBF accepted the write: an answer that cannot be read does not undo it.
      if (write && error instanceof ObfUnreadable)
        throw new ObfOutcomeUnknown(name, `answered ${reply.status}, but: ${error.message}`);
      throw error;
    }
  };
}

/**
 * Builds `/v2/...` with every part encoded.
 * @throws ObfRefused for an empty part, a lone surrogate, `.` or `..`: URLs resolve `%2e%2e` as `..`, too
 */
function pathOf({ name, path, query = {} }: Call<unknown>): string {
  if (path.some((part) => !/^(?!\.{1,2}$)\P{Surrogate}+$/u.test(part)))
    throw new ObfRefused(name, 404, 'an id in its path is not one that OBF could have made');
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    if (value !== undefined) search.append(key, String(value));
  const route = ['v2', ...path].map(encodeURIComponent).join('/');
  return `/${route}${search.size === 0 ? '' : `?${search.toString()}`}`;
}
