import { z } from 'zod';
import { ok, refused, type Handler, type Obf } from '../exchange.js';
import type { Badge } from '../records.js';
import { reading } from './list.js';

/** An address with this in it is refused, and the whole call with it. */
export const REFUSED_ADDRESS = 'refused-by-obf';

/** OBF's own notion of an address, and no more than that. */
const address = z
  .string()
  .regex(/^[^@<]{1,64}@[^@>]{1,255}$/, 'not an address')
  .refine((email) => !email.includes(REFUSED_ADDRESS), 'address refused');

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
type Body = z.output<typeof issueBody>;

/** Issues one event to all recipients of the call. There is no idempotency key: twice is twice. */
export const issue: Handler = (request, obf) => {
  const badge = obf.world.badge(request.param('client'), request.param('badge'));
  if (badge === null || badge.draft) return refused(400, 'no such badge, or a draft');
  return reading(issueBody, request.body, (body) => issueOf(badge, body, obf));
};

function issueOf(badge: Badge, body: Body, obf: Obf) {
  const left = obf.world.quota.left(badge.clientId);
  if (left !== null && body.recipient.length > left) return refused(400, 'issuing limit reached');
  const act = {
    badge,
    issuedOnS: body.issued_on ?? obf.nowS(),
    expiresOnS: body.expires_on ?? null,
    apiConsumerId: body.api_consumer_id,
    logEntry: body.log_entry === undefined || body.log_entry === null ? null : JSON.stringify(body.log_entry),
    emailMessage: body.email_message ?? null,
  };
  const { id } = obf.world.issue(act, body.recipient);
  const done = { success: true, message: '', resource_type: 'event', resource_id: id, count: null };
  return { ...ok(done), eventId: id };
}
