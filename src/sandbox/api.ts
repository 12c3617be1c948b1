import { z } from 'zod';
import { ok, reading, refused, type ClientHandler, type Routes } from './exchange.js';
import { paging } from './lists.js';
import {
  copiesOf,
  isListed,
  sameAddressForm,
  type Badge,
  type AssertionRecord,
  type EventRecord,
} from './world.js';

const client: ClientHandler = (_request, _world, { id, name, issuingLimit, ctimeS }) =>
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

const badges: ClientHandler = ({ query: asked }, { lists, badges: all, url }, { id: clientId }) =>
  reading(badgeQuery, asked, ({ draft, ...page }) => {
    const isDraft = ['1', 'true'].includes(draft);
    const own = () => [...all.values()].filter((one) => one.clientId === clientId && one.draft === isDraft);
    const { result } = lists.page('badges', clientId, asked, page, () =>
      own().map((one) => badgeRow(one, url)),
    );
    // OBF's badge list gives no total.
    return ok({ result });
  });

export const imageOf = ({ id }: Badge, url: string): string => `${url}/v1/badge/_/${id}.png`;

const badgeRow = (found: Badge, url: string) => ({
  id: found.id,
  name: found.name,
  description: found.name,
  image: imageOf(found, url),
  primary_language: 'fr',
  languages: ['fr'],
  category: [],
  tag: [],
  client_alias_id: [],
  creator_id: null,
  draft: found.draft,
  ctime: found.ctimeS,
  mtime: found.ctimeS,
});

/** The filters that the list of events and that of recipients share. */
const filters = {
  ...paging,
  badge_id: z.string().optional(),
  email: z.string().optional(),
  /** Unix seconds, inclusive, of the event's `ctime`. */
  begin: z.coerce.number().int().default(0),
  end: z.coerce.number().int().default(Infinity),
};
const eventQuery = z.strictObject({ ...filters, api_consumer_id: z.string().optional() });
const recipientQuery = z.strictObject({ ...filters, event_id: z.string().optional() });

const meets = (
  { badgeId, ctimeS }: EventRecord,
  { badge_id: id, begin, end }: { badge_id?: string | undefined; begin: number; end: number },
): boolean => (id === undefined || badgeId === id) && ctimeS >= begin && ctimeS <= end;

const events: ClientHandler = ({ query: asked }, { lists }, found) =>
  reading(eventQuery, asked, (query) => {
    const { api_consumer_id: consumer, email } = query;
    const isKept = (one: EventRecord): boolean =>
      meets(one, query) &&
      (consumer === undefined || one.apiConsumerId === consumer) &&
      (email === undefined || copiesOf(one, [email]).some((copy) => isListed(copy, true)));
    return ok(lists.page('events', found.id, asked, query, () => found.events.filter(isKept).map(eventRow)));
  });

/** One event. It names its badge as `badge.id` and not as `badge_id`, as in the reply recorded from OBF. */
const event: ClientHandler = ({ event: id }, { events: all, lists, url }, { id: clientId }) => {
  const found = all.get(id);
  if (found?.clientId !== clientId) return refused(404, 'no such event');
  const { badge_id: _badgeId, ...row } = eventRow(found);
  const { name } = found.badge;
  const content = { language: 'fr', name, description: name, criteria: '', tag: [], alignment: null };
  const image = imageOf(found.badge, url);
  const badge = { id: found.badge.id, image, primary_language: 'fr', content: [content], creator: null };
  return ok(lists.row('event', id, { ...row, badge, email_message: null, log_entry: found.logEntry }));
};

const eventRow = (found: EventRecord) => ({
  id: found.id,
  name: found.badge.name,
  client_alias_id: null,
  badge_id: found.badgeId,
  expires_on: found.expiresOnS,
  issued_on: found.issuedOnS,
  recipient_count: found.assertions.length,
  api_consumer_id: found.apiConsumerId,
  earnable_application_id: null,
  ctime: found.ctimeS,
  mtime: found.mtimeS,
});

const recipients: ClientHandler = ({ query: asked }, { lists, events: all, url }, found) =>
  reading(recipientQuery, asked, (query) => {
    const { event_id: eventId, email } = query;
    const isKept = (one: AssertionRecord): boolean =>
      isListed(one, eventId !== undefined) &&
      meets(one.event, query) &&
      (email === undefined || sameAddressForm(one.email) === sameAddressForm(email));
    const rows = (): readonly AssertionRecord[] => {
      if (eventId === undefined) return found.assertions;
      const ofEvent = all.get(eventId);
      return ofEvent?.clientId === found.id ? ofEvent.assertions : [];
    };
    const kept = () =>
      rows()
        .filter(isKept)
        .map((one) => recipientRow(one, url));
    return ok(lists.page('recipients', found.id, asked, query, kept));
  });

const recipientRow = (found: AssertionRecord, url: string) => ({
  event_id: found.event.id,
  assertion_id: found.id,
  email: found.email,
  name: found.name,
  receive_url: `${url}/c/receive?tk=${found.id}`,
  assertion_json_url: found.url,
  received: false,
  in_passport: false,
  pdf_downloaded: false,
  issued_on: found.event.issuedOnS,
  expires_on: found.expiresOnS,
  revoked: found.revoked,
});

/** OBF's own notion of an address. One with `refused-by-obf` in it is refused, and the whole call with it. */
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

const done = (facts: { resource_type?: string; resource_id?: string; count?: number }) =>
  ok({ success: true, message: '', resource_type: null, resource_id: null, count: null, ...facts });

/** Issues one event to all recipients of the call. There is no idempotency key: twice is twice. */
const issue: ClientHandler = (request, world, { id: clientId, issuingLimit }) => {
  const badge = world.badges.get(`${clientId}/${request.badge}`);
  if (badge === undefined || badge.draft) return refused(400, 'no such badge, or a draft');
  return reading(issueBody, request.body, (body) => {
    if (issuingLimit !== null && body.recipient.length > issuingLimit)
      return refused(400, 'issuing limit reached');
    const act = {
      badge,
      issuedOnS: body.issued_on ?? world.nowS(),
      expiresOnS: body.expires_on ?? null,
      apiConsumerId: body.api_consumer_id,
      logEntry: body.log_entry == null ? null : JSON.stringify(body.log_entry),
    };
    const { id } = world.issue(act, body.recipient);
    return { ...done({ resource_type: 'event', resource_id: id }), eventId: id };
  });
};

const revokeBody = z.strictObject({ recipient: z.array(z.string()).min(1) });

const revoke: ClientHandler = (request, world, { id: clientId }) => {
  const found = world.events.get(request.event);
  if (found?.clientId !== clientId) return refused(404, 'no such event');
  return reading(revokeBody, request.body, ({ recipient }) => {
    const copies = copiesOf(found, recipient);
    for (const copy of copies) copy.revoked = true;
    return done({ count: copies.length });
  });
};

/** OBF's API, below `/v2`. The first that fits is taken. */
export const API_ROUTES: Routes<ClientHandler> = [
  ['GET ping', '/client/:client/ping', () => ok({ success: true })],
  ['GET client', '/client/:client', client],
  ['GET badges', '/badge/:client', badges],
  ['GET events', '/event/:client', events],
  ['GET recipient', '/event/:client/recipient', recipients],
  ['GET event', '/event/:client/:event', event],
  ['POST issue', '/event/:client/:badge/issue', issue],
  ['PUT revoke', '/event/:client/:event/revoke', revoke],
];
