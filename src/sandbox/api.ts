import { z } from 'zod';
import { ok, parseOr400, refused, type ClientHandler, type Routes } from './exchange.js';
import { paging } from './lists.js';
import {
  assertionsOf,
  isListed,
  sameAddressForm,
  type Badge,
  type AssertionRecord,
  type EventRecord,
} from './world.js';

const getClient: ClientHandler = (_request, _world, { id, name, issuingLimit, ctimeS }) =>
  ok({
    id,
    name,
    email: `contact@${id.toLowerCase()}.example`,
    url: `https://${id.toLowerCase()}.example/`,
    tier: 'pro',
    paid_until: null,
    aliases: 0,
    issuing_limit: issuingLimit,
    country: 'FR',
    ctime: ctimeS,
    mtime: ctimeS,
  });

const badgeQuery = z.strictObject({
  ...paging,
  draft: z.enum(['0', '1', 'true', 'false']).default('0'),
  external: z.enum(['0', '1', 'true', 'false']).optional(),
});

const listBadges: ClientHandler = ({ query: rawQuery }, { lists, badges, url }, { id: clientId }) =>
  parseOr400(badgeQuery, rawQuery, ({ draft, ...page }) => {
    const isDraft = ['1', 'true'].includes(draft);
    const rows = () =>
      [...badges.values()]
        .filter((badge) => badge.clientId === clientId && badge.draft === isDraft)
        .map((badge) => badgeRow(badge, url));
    const { result } = lists.page('badges', clientId, rawQuery, page, rows);
    // OBF's badge list gives no total.
    return ok({ result });
  });

export const imageOf = ({ id }: Badge, url: string): string => `${url}/v1/badge/_/${id}.png`;

const badgeRow = (badge: Badge, url: string) => ({
  id: badge.id,
  name: badge.name,
  description: badge.name,
  image: imageOf(badge, url),
  primary_language: 'fr',
  languages: ['fr'],
  category: [],
  tag: [],
  client_alias_id: [],
  creator_id: null,
  draft: badge.draft,
  ctime: badge.ctimeS,
  mtime: badge.ctimeS,
});

/** The filters that the list of events and that of recipients share. */
const filters = {
  ...paging,
  badge_id: z.string().optional(),
  email: z.string().optional(),
  /** Bounds of the event's `ctime`, Unix seconds, inclusive. */
  begin: z.coerce.number().int().default(0),
  end: z.coerce.number().int().default(Infinity),
};
const eventQuery = z.strictObject({ ...filters, api_consumer_id: z.string().optional() });
const recipientQuery = z.strictObject({ ...filters, event_id: z.string().optional() });

const matches = (
  { badgeId, ctimeS }: EventRecord,
  { badge_id: id, begin, end }: { badge_id?: string | undefined; begin: number; end: number },
): boolean => (id === undefined || badgeId === id) && ctimeS >= begin && ctimeS <= end;

const listEvents: ClientHandler = ({ query: rawQuery }, { lists }, client) =>
  parseOr400(eventQuery, rawQuery, (query) => {
    const { api_consumer_id: consumer, email } = query;
    const isWanted = (one: EventRecord): boolean =>
      matches(one, query) &&
      (consumer === undefined || one.apiConsumerId === consumer) &&
      (email === undefined || assertionsOf(one, [email]).some((copy) => isListed(copy, true)));
    const rows = () => client.events.filter(isWanted).map(eventRow);
    return ok(lists.page('events', client.id, rawQuery, query, rows));
  });

/** Returns one event. As in the reply recorded from OBF, its badge is `badge.id`, not `badge_id`. */
const getEvent: ClientHandler = ({ event: id }, { events, lists, url }, { id: clientId }) => {
  const event = events.get(id);
  if (event?.clientId !== clientId) return refused(404, 'no such event');
  const { badge_id: _badgeId, ...row } = eventRow(event);
  const { name } = event.badge;
  const content = { language: 'fr', name, description: name, criteria: '', tag: [], alignment: null };
  const image = imageOf(event.badge, url);
  const badge = { id: event.badge.id, image, primary_language: 'fr', content: [content], creator: null };
  return ok(lists.row('event', id, { ...row, badge, email_message: null, log_entry: event.logEntry }));
};

const eventRow = (event: EventRecord) => ({
  id: event.id,
  name: event.badge.name,
  client_alias_id: null,
  badge_id: event.badgeId,
  expires_on: event.expiresOnS,
  issued_on: event.issuedOnS,
  recipient_count: event.assertions.length,
  api_consumer_id: event.apiConsumerId,
  earnable_application_id: null,
  ctime: event.ctimeS,
  mtime: event.mtimeS,
});

const listRecipients: ClientHandler = ({ query: rawQuery }, { lists, events, url }, client) =>
  parseOr400(recipientQuery, rawQuery, (query) => {
    const { event_id: eventId, email } = query;
    const isWanted = (one: AssertionRecord): boolean =>
      isListed(one, eventId !== undefined) &&
      matches(one.event, query) &&
      (email === undefined || sameAddressForm(one.email) === sameAddressForm(email));
    const assertions = (): readonly AssertionRecord[] => {
      if (eventId === undefined) return client.assertions;
      const event = events.get(eventId);
      return event?.clientId === client.id ? event.assertions : [];
    };
    const rows = () =>
      assertions()
        .filter(isWanted)
        .map((one) => recipientRow(one, url));
    return ok(lists.page('recipients', client.id, rawQuery, query, rows));
  });

const recipientRow = (assertion: AssertionRecord, url: string) => ({
  event_id: assertion.event.id,
  assertion_id: assertion.id,
  email: assertion.email,
  name: assertion.name,
  receive_url: `${url}/c/receive?tk=${assertion.id}`,
  assertion_json_url: assertion.url,
  received: false,
  in_passport: false,
  pdf_downloaded: false,
  issued_on: assertion.event.issuedOnS,
  expires_on: assertion.expiresOnS,
  revoked: assertion.revoked,
});

/** At an address with this in it OBF fails: the whole call answers 500, and does nothing. */
const OBF_FAILS_AT = 'fails-obf';

/** What OBF accepts as an address. One with `refused-by-obf` in it makes OBF refuse the whole call. */
const address = z
  .string()
  .regex(/^[^@<]{1,64}@[^@>]{1,255}$/, 'not an address')
  .refine((email) => !email.includes('refused-by-obf'), 'address refused');

const issueBody = z.strictObject({
  recipient: z
    .array(z.strictObject({ email: address, name: z.string() }))
    .min(1)
    .max(10_000),
  api_consumer_id: z.string(),
  issued_on: z.int().positive().optional(),
  expires_on: z.int().positive().nullish(),
  send_email: z.boolean().optional(),
  show_report: z.boolean().optional(),
  log_entry: z.record(z.string(), z.unknown()).nullish(),
});

const success = (facts: { resource_type?: string; resource_id?: string; count?: number }) =>
  ok({ success: true, message: '', resource_type: null, resource_id: null, count: null, ...facts });

/** Issues one event to all recipients of the call. There is no idempotency key: two calls issue twice. */
const issueEvent: ClientHandler = (request, world, { id: clientId, issuingLimit }) => {
  const badge = world.badges.get(`${clientId}/${request.badge}`);
  if (badge === undefined || badge.draft) return refused(400, 'no such badge, or a draft');
  return parseOr400(issueBody, request.body, (body) => {
    if (issuingLimit !== null && body.recipient.length > issuingLimit)
      return refused(400, 'issuing limit reached');
    if (body.recipient.some(({ email }) => email.includes(OBF_FAILS_AT))) return refused(500, 'failure');
    const act = {
      badge,
      issuedOnS: body.issued_on ?? world.nowS(),
      expiresOnS: body.expires_on ?? null,
      apiConsumerId: body.api_consumer_id,
      logEntry: body.log_entry == null ? null : JSON.stringify(body.log_entry),
    };
    const { id } = world.issue(act, body.recipient);
    return { ...success({ resource_type: 'event', resource_id: id }), eventId: id };
  });
};

const revokeBody = z.strictObject({ recipient: z.array(z.string()).min(1) });

const revokeRecipients: ClientHandler = (request, world, { id: clientId }) => {
  const event = world.events.get(request.event);
  if (event?.clientId !== clientId) return refused(404, 'no such event');
  return parseOr400(revokeBody, request.body, ({ recipient }) => {
    const copies = assertionsOf(event, recipient);
    for (const copy of copies) copy.revoked = true;
    return success({ count: copies.length });
  });
};

/** OBF's API, below `/v2`. The first route that matches is taken. */
export const API_ROUTES: Routes<ClientHandler> = [
  ['GET ping', '/client/:client/ping', () => ok({ success: true })],
  ['GET client', '/client/:client', getClient],
  ['GET badges', '/badge/:client', listBadges],
  ['GET events', '/event/:client', listEvents],
  ['GET recipient', '/event/:client/recipient', listRecipients],
  ['GET event', '/event/:client/:event', getEvent],
  ['POST issue', '/event/:client/:badge/issue', issueEvent],
  ['PUT revoke', '/event/:client/:event/revoke', revokeRecipients],
];
