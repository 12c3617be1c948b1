import { createHash } from 'node:crypto';
import { z } from 'zod';
import { asAssertionId, asBadgeId, asEventId, type ClientId, type EventId } from '../ids.js';
import { fieldOf } from '../platform/logger.js';
import { jsonOrNull, ObfUnreadable } from './errors.js';

/**
 * Schemas of OBF's JSON (API v2). An unknown field is ignored; a missing required one is an error. Where no public
 * source says how OBF writes a field, the tolerant reading is here and nowhere else.
 */
export const orNull = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? null);
export const optionalText = orNull(z.string());
const id = z.union([z.string().min(1), z.number()]).transform(String);
/** An id that job data and job ids may hold: any other makes its row an odd one, which stops no other row. */
const safeId = z.union([z.string().regex(/^[\w.-]{1,128}$/), z.number()]).transform(String);
/** The last second of the year 9999. Read as milliseconds it is in 1978, before any badge. */
const END_OF_9999_S = 253_402_300_799;
/** Some clients of OBF write milliseconds instead of Unix seconds. */
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
  .union([z.boolean(), z.number(), z.string()])
  .nullish()
  .transform((value) => ![undefined, null, false, 0, '', '0', 'false'].includes(value));
/** How many recipients an event has; null, absent or no number: OBF does not say. */
const count = orNull(z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)])).catch(null);
const maybeNumber = orNull(z.coerce.number());

/** A token must fit into a header. When OBF does not say how long it lasts, it is renewed often. */
export const tokenReply = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]+$/),
  expires_in: z.coerce
    .number()
    .positive()
    .nullish()
    .transform((seconds) => seconds ?? 300),
});

export const clientReply = z.object({ issuing_limit: maybeNumber }).transform((reply) => reply.issuing_limit);

export const badgeRow = z.object({ id: id.transform(asBadgeId), name: optionalText, draft: flag });

const eventRow = z.object({
  id: safeId,
  /** The badge is in `badge_id` or in `badge.id`. */
  badge_id: safeId.nullish(),
  badge: z.object({ id: safeId }).nullish().catch(null),
  issued_on: instant,
  ctime: maybeInstant,
  mtime: maybeInstant,
  recipient_count: count,
});

/** One act of issuing, alone or in a list; few fields, since an account has many. Times are Unix seconds. */
export const eventOf = (clientId: ClientId) =>
  eventRow.transform((row, ctx) => {
    const badgeId = row.badge_id ?? row.badge?.id;
    if (badgeId === undefined) {
      ctx.addIssue({ code: 'custom', path: ['badge_id'], message: 'neither badge_id nor badge.id is given' });
      return z.NEVER;
    }
    return {
      id: asEventId(row.id),
      clientId,
      badgeId: asBadgeId(badgeId),
      /** When OBF recorded it; the date of issue may be long before. Null where OBF does not say. */
      createdS: row.ctime,
      /** When OBF changed it last; null where OBF does not say. */
      modifiedS: row.mtime,
      recipientCount: row.recipient_count,
    };
  });

export type ObfEvent = Readonly<z.output<ReturnType<typeof eventOf>>>;

/** The issuer's note of an event: JSON as text, or any text of another program. Lists do not show it. */
export const noteOf = z
  .object({ log_entry: z.unknown().optional() })
  .transform(({ log_entry: note = null }) => ({
    logEntry: typeof note === 'string' ? (jsonOrNull(note) ?? note) : note,
  }));

export const recipientRow = z
  .object({
    event_id: id,
    assertion_id: id,
    email: optionalText,
    name: optionalText,
    issued_on: instant,
    expires_on: maybeInstant,
    revoked: flag,
  })
  .transform((row) => ({
    assertionId: asAssertionId(row.assertion_id),
    eventId: asEventId(row.event_id),
    /** As the issuer typed it; empty for a recipient that OBF has erased. */
    email: row.email ?? '',
    name: row.name,
    issuedOnS: row.issued_on,
    expiresOnS: row.expires_on,
    revoked: row.revoked,
  }));

export type ObfRecipient = Readonly<z.output<typeof recipientRow>>;

/** False for the rows without an address that OBF keeps of erased recipients. */
export const hasAddress = ({ email }: ObfRecipient): boolean => email.includes('@');

/** By list: the field with a row's id, and the one with its event's id. */
const ID_FIELDS = {
  events: { own: 'id', event: 'id' },
  recipients: { own: 'assertion_id', event: 'event_id' },
  badges: { own: 'id', event: '' },
} as const;
type ListName = keyof typeof ID_FIELDS;

/** A row of a list that cannot be read. Holds no personal data. */
export interface OddRow {
  readonly clientId: ClientId;
  readonly list: ListName;
  /** The row's event, if it names one. */
  readonly eventId: EventId | null;
  /** The first field at fault, e.g. `assertion_id`. */
  readonly field: string;
}

export interface Page<T> {
  readonly rows: readonly T[];
  readonly odd: readonly OddRow[];
  /** One key for each row of the page, odd ones included, in OBF's order: its id or a fingerprint. */
  readonly keys: readonly string[];
  readonly total: number | null;
}

/** A page with its rows not parsed yet: one odd row must not stop the others. The badge list has no `total`. */
export const pageReply = z.object({
  result: z.array(z.unknown()),
  total: orNull(z.coerce.number().int().nonnegative()),
});

/** A page with its rows parsed. A row that cannot be read is in `odd`, and does not affect the others. */
export const pageForm = <T>(clientId: ClientId, list: ListName, row: z.ZodType<T>) =>
  pageReply.transform(({ result, total }): Page<T> => {
    const rows: T[] = [];
    const odd: OddRow[] = [];
    for (const raw of result) {
      const { success, data, error } = row.safeParse(raw);
      if (success) {
        rows.push(data);
        continue;
      }
      // People see it: only what looks like an id is shown.
      const eventId = safeId.safeParse(fieldOf(raw, ID_FIELDS[list].event)).data ?? null;
      const [field = '(row)'] = error.issues[0]?.path.map(String) ?? [];
      odd.push({ clientId, list, eventId: eventId === null ? null : asEventId(eventId), field });
    }
    const keys = result.map(
      (raw) => id.safeParse(fieldOf(raw, ID_FIELDS[list].own)).data ?? fingerprint(raw),
    );
    return { rows, odd, keys, total };
  });

/** Identifies a row without an id by a hash, which shows nothing of the row. */
function fingerprint(raw: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify(raw) ?? '');
  return `?${hash.digest('base64url').slice(0, 22)}`;
}

export const issueReply = z.object({ success: z.literal(true), resource_id: id });
export const revokeReply = z.object({ success: z.literal(true), count: maybeNumber });

const MAX_FAULTS = 5;

/**
 * Reads an answer of OBF.
 * @throws ObfUnreadable naming the call and the fields at fault; never a value
 */
export function readJson<T>(call: string, body: string, form: z.ZodType<T>): T {
  const read = form.safeParse(parseJson(call, body));
  if (read.success) return read.data;
  const faults = read.error.issues
    .slice(0, MAX_FAULTS)
    .map(({ path, message }) => `field ${path.length === 0 ? '(whole)' : path.join('.')}: ${message}`);
  throw new ObfUnreadable(call, faults.join('; '));
}

export const replyOf =
  <T>(form: z.ZodType<T>) =>
  (call: string, body: string): T =>
    readJson(call, body, form);

/** @throws ObfUnreadable */
export function parseJson(call: string, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new ObfUnreadable(call, 'the answer is not JSON');
  }
}
