import { z } from 'zod';
import { ok, reading, refused, type Handler, type Obf } from './exchange.js';
import { paging } from './lists.js';
import { copiesOf, isListed, sameAddressForm, type Badge, type Issued, type IssuingEvent } from './world.js';

export const ping: Handler = () => ok({ success: true });

/** No sub-organisations here. */
export const aliases: Handler = () => ok({ result: [] });

export const client: Handler = (request, { world }) => {
  const found = world.clients.get(request.param('client'));
  if (found === undefined) return refused(404, 'no such client');
  const host = `${found.id.toLowerCase()}.example`;
  return ok({
    id: found.id,
    name: found.name,
    email: `contact@${host}`,
    url: `https://${host}/`,
    description: '',
    image: '',
    tier: 'pro',
    paid_until: null,
    aliases: 0,
    issuing_limit: found.issuingLimit,
    country: 'FR',
    type: 'other',
    reply_to: null,
    billing_email: null,
    vat_id: '',
    searchable: true,
    verified: true,
    ctime: found.ctimeS,
    mtime: found.ctimeS,
  });
};

const badgeQuery = z.strictObject({
  ...paging,
  draft: z.enum(['0', '1', 'true', 'false']).default('0'),
  external: z.enum(['0', '1', 'true', 'false']).optional(),
});

export const badges: Handler = (request, obf) =>
  reading(badgeQuery, request.query, (query) => {
    const draft = query.draft === '1' || query.draft === 'true';
    const clientId = request.param('client');
    const all = obf.lists.read('badges', clientId, request.query, () => obf.world.badges());
    const { page } = obf.lists.page(all, query, (one) => one.clientId === clientId && one.draft === draft);
    // OBF's badge list gives no total.
    return ok({ result: page.map((one) => obf.lists.row('badges', one.id, badgeRow(one, obf))) });
  });

export const badge: Handler = (request, obf) => {
  const found = obf.world.badge(request.param('client'), request.param('badge'));
  if (found === null) return refused(404, 'no such badge');
  return ok({
    ...badgeContent(found, obf),
    category: [],
    intent: null,
    client_alias_id: [],
    email_message: null,
    expires: found.expiresMonths,
    draft: found.draft,
    ctime: found.ctimeS,
    mtime: found.ctimeS,
  });
};

export const imageOf = ({ id }: Badge, { url }: Obf): string => `${url}/v1/badge/_/${id}.png`;

/** A badge as the replies about one badge and about one event have it. */
const badgeContent = (found: Badge, obf: Obf) => ({
  id: found.id,
  image: imageOf(found, obf),
  primary_language: 'fr',
  content: [
    {
      language: 'fr',
      name: found.name,
      description: found.name,
      criteria: '',
      tag: [],
      alignment: null,
      achievement_type: null,
      credits_available: null,
      field_of_study: null,
      human_code: null,
      specialization: null,
    },
  ],
  creator: null,
});

const badgeRow = (found: Badge, obf: Obf) => ({
  id: found.id,
  name: found.name,
  description: found.name,
  image: imageOf(found, obf),
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
  begin: z.coerce.number().int().optional(),
  end: z.coerce.number().int().optional(),
};
const eventQuery = z.strictObject({ ...filters, api_consumer_id: z.string().optional() });
const recipientQuery = z.strictObject({ ...filters, event_id: z.string().optional() });

const meets = (
  found: IssuingEvent,
  { badge_id, begin, end }: Pick<z.output<typeof eventQuery>, 'badge_id' | 'begin' | 'end'>,
): boolean =>
  (badge_id === undefined || found.badge.id === badge_id) &&
  (begin === undefined || found.ctimeS >= begin) &&
  (end === undefined || found.ctimeS <= end);

/** Events of a client, in the order of recording. */
export const events: Handler = (request, { world, lists }) =>
  reading(eventQuery, request.query, (query) => {
    const { api_consumer_id: consumer, email } = query;
    const clientId = request.param('client');
    const all = lists.read('events', clientId, request.query, () => world.clientNamed(clientId).events);
    const { page, total } = lists.page(
      all,
      query,
      (one) =>
        meets(one, query) &&
        (consumer === undefined || one.apiConsumerId === consumer) &&
        (email === undefined || copiesOf(one, [email]).some((copy) => isListed(copy, true))),
    );
    return ok({ result: page.map((one) => lists.row('events', one.id, eventRow(one))), total });
  });

/** One event. It names its badge as `badge.id` and not as `badge_id`, as in the reply recorded from OBF. */
export const event: Handler = (request, obf) => {
  const found = obf.world.events.get(request.param('event'));
  if (found?.badge.clientId !== request.param('client')) return refused(404, 'no such event');
  const { badge_id: _badgeId, ...row } = eventRow(found);
  const reply = {
    ...row,
    badge: badgeContent(found.badge, obf),
    email_message: found.emailMessage ?? null,
    log_entry: found.logEntry,
  };
  return ok(obf.lists.row('event', found.id, reply));
};

const eventRow = (found: IssuingEvent) => ({
  id: found.id,
  name: found.badge.name,
  client_alias_id: null,
  badge_id: found.badge.id,
  expires_on: found.expiresOnS,
  issued_on: found.issuedOnS,
  recipient_count: found.assertions.length,
  api_consumer_id: found.apiConsumerId,
  earnable_application_id: null,
  ctime: found.ctimeS,
  mtime: found.mtimeS,
});

/** Recipients of a client's events, in the order of recording. */
export const recipients: Handler = (request, { world, lists, url }) =>
  reading(recipientQuery, request.query, (query) => {
    const { event_id: eventId, email } = query;
    const clientId = request.param('client');
    const all = lists.read('recipients', clientId, request.query, () => {
      if (eventId === undefined) return world.clientNamed(clientId).assertions;
      // Those of one event of thousands are found at once.
      const found = world.events.get(eventId);
      return found?.badge.clientId === clientId ? found.assertions : [];
    });
    const { page, total } = lists.page(
      all,
      query,
      (one) =>
        isListed(one, eventId !== undefined) &&
        meets(one.event, query) &&
        (email === undefined || sameAddressForm(one.email) === sameAddressForm(email)),
    );
    return ok({ result: page.map((one) => lists.row('recipients', one.id, recipientRow(one, url))), total });
  });

const recipientRow = (found: Issued, url: string) => ({
  event_id: found.event.id,
  assertion_id: found.id,
  email: found.email,
  name: found.name,
  receive_url: `${url}/c/receive?tk=${found.id}`,
  assertion_json_url: `${url}/obv3/credentials/${found.id}.json`,
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
  client_alias_id: z.string().nullish(),
  email_message: z
    .strictObject({ subject: z.string(), body: z.string(), link_text: z.string(), footer: z.string() })
    .partial()
    .nullish(),
  criteria_add: z.string().nullish(),
});

/** Issues one event to all recipients of the call. There is no idempotency key: twice is twice. */
export const issue: Handler = (request, { world }) => {
  const found = world.badge(request.param('client'), request.param('badge'));
  if (found === null || found.draft) return refused(400, 'no such badge, or a draft');
  return reading(issueBody, request.body, (body) => {
    const { issuingLimit } = world.clientNamed(found.clientId);
    if (issuingLimit !== null && body.recipient.length > issuingLimit)
      return refused(400, 'issuing limit reached');
    const logEntry = body.log_entry ?? null;
    const act = {
      badge: found,
      issuedOnS: body.issued_on ?? world.nowS(),
      expiresOnS: body.expires_on ?? null,
      apiConsumerId: body.api_consumer_id,
      logEntry: logEntry === null ? null : JSON.stringify(logEntry),
      emailMessage: body.email_message ?? null,
    };
    const { id } = world.issue(act, body.recipient);
    const done = { success: true, message: '', resource_type: 'event', resource_id: id, count: null };
    return { ...ok(done), eventId: id };
  });
};

const revokeBody = z.strictObject({ recipient: z.array(z.string()).min(1) });

export const revoke: Handler = (request, { world }) => {
  const found = world.events.get(request.param('event'));
  if (found?.badge.clientId !== request.param('client')) return refused(404, 'no such event');
  return reading(revokeBody, request.body, ({ recipient }) => {
    const count = world.revoke(found, recipient);
    return ok({ success: true, message: '', resource_type: null, resource_id: null, count });
  });
};
