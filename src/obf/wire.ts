import { z } from 'zod';

/**
 * OBF's JSON as it comes over the wire (API v2). An unknown extra field is no error; a missing needed
 * one is. Where no public source says how OBF writes a field, the tolerant reading stands here and
 * nowhere else.
 */
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null);
const id = z.union([z.string().min(1), z.number()]).transform(String);
/** The last second that a date of four digits can name. As milliseconds, it lies before there was any badge. */
const END_OF_9999_S = 253_402_300_799;
/** Some clients of OBF write milliseconds where it means Unix seconds. */
export const inSeconds = (value: number): number =>
  value > END_OF_9999_S ? Math.floor(value / 1000) : value;
/** Unix seconds. OBF writes null (and, in places, 0 or an empty string) for "never". */
const instant = z.coerce.number().int().transform(inSeconds);
const maybeInstant = z
  .union([instant, z.null(), z.literal('')])
  .optional()
  .transform((value) => (typeof value === 'number' && value > 0 ? value : null));
/** A flag may be a boolean, 0 / 1, or the instant at which it was raised. */
const flag = z
  .union([z.boolean(), z.number(), z.string(), z.null()])
  .optional()
  .transform((value) => ![undefined, null, false, 0, '', '0', 'false'].includes(value));

/** A token must fit into a header. Where OBF does not say how long it lasts, it is renewed often. */
export const tokenReply = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]+$/),
  expires_in: z.coerce
    .number()
    .positive()
    .nullish()
    .transform((seconds) => seconds ?? 300),
});

export const clientReply = z.object({ id, name: text, issuing_limit: z.coerce.number().nullish() });

export const badgeRow = z.object({ id, name: text, draft: flag });

/** How many recipients an event has; null, absent or no number: OBF does not say. */
const count = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
  .nullish()
  .catch(null)
  .transform((value) => value ?? null);

const eventFields = {
  id,
  issued_on: instant,
  expires_on: maybeInstant,
  ctime: maybeInstant,
  mtime: maybeInstant,
  recipient_count: count,
};
export const eventRow = z.object({ ...eventFields, badge_id: id });

/** One event: the badge may stand as `badge_id` or as `badge.id`. `log_entry` is a string holding JSON. */
export const eventReply = z
  .object({
    ...eventFields,
    badge_id: id.nullish(),
    badge: z.object({ id }).nullish(),
    log_entry: z.unknown().optional(),
  })
  .transform((event, ctx) => {
    const badge_id = event.badge_id ?? event.badge?.id;
    if (badge_id !== undefined) return { ...event, badge_id };
    ctx.addIssue({ code: 'custom', path: ['badge_id'], message: 'neither badge_id nor badge.id is given' });
    return z.NEVER;
  });

export const recipientRow = z.object({
  event_id: id,
  assertion_id: id,
  /** Null for a recipient whom OBF has erased, say: nobody whom we could know. */
  email: text,
  name: text,
  issued_on: instant,
  expires_on: maybeInstant,
  revoked: flag,
});

/** A page of a list, its rows not read yet: one odd row must not stop the others. The badge list gives no `total`. */
export const pageReply = z.object({
  result: z.array(z.unknown()),
  total: z.coerce.number().int().nonnegative().nullish(),
});

export const issueReply = z.object({ success: z.literal(true), resource_id: id });
export const revokeReply = z.object({ success: z.literal(true), count: z.coerce.number().nullish() });

export type EventRow = z.output<typeof eventRow>;
export type PageReply = z.output<typeof pageReply>;

/** The body of the issue call (API v2, `POST /v2/event/{client}/{badge}/issue`). */
export interface IssueBody {
  readonly recipient: readonly { readonly email: string; readonly name: string }[];
  readonly issued_on: number;
  readonly expires_on?: number;
  readonly api_consumer_id: string;
  readonly send_email: boolean;
  readonly show_report: boolean;
  readonly log_entry: unknown;
}
