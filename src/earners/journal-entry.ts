import { DateTime } from 'luxon';
import { z } from 'zod';
import type { AssertionId, AwardId, BadgeId, EarnerKey, EventId, SchemeVersion } from '../ids.js';

/** What the journal tells of. */
export const JOURNAL_KINDS = [
  /** Palier gave an award through OBF. */
  'issued',
  /** An award of the Région that Palier did not give (by hand in OBF), or of which its note is gone. */
  'found',
  /** A held award's rule is not met any more, because badges were revoked: a human is to look at it. */
  'flagged',
  /** Palier took an award back (`on_loss: revoke`). */
  'revoked',
  /** A human revoked it in OBF: not given again until ops lifts it. */
  'blocked',
  'unblocked',
  /** OBF refused it for good. */
  'refused',
  'linked',
  'unlinked',
  /** Everything about a person was removed, on request. */
  'erased',
  /** The same, by retention. */
  'purged',
  /** A version of the scheme was put into force. */
  'applied',
  /** On one day people looked at their own pages: `detail` says how often, nothing says who. */
  'viewed',
] as const;
export type JournalKind = (typeof JOURNAL_KINDS)[number];

/** An id, whose kind is known by its place. */
export const idOf = <Id extends string>() => z.custom<Id>((value) => typeof value === 'string');

/** One thing that happened. No address is in it. */
export const journalEntryForm = z.object({
  kind: z.enum(JOURNAL_KINDS),
  /** When, Unix seconds. */
  atS: z.int(),
  /** Whom it happened to; null: nobody (`applied`, `viewed`), or somebody who was erased since. */
  earner: idOf<EarnerKey>().nullable(),
  award: idOf<AwardId>().nullable(),
  badgeId: idOf<BadgeId>().nullable(),
  /** The assertions that counted for it. */
  assertions: z.array(idOf<AssertionId>()).readonly(),
  /** What set it off, e.g. `webhook.event.P1.E1`, `poll.event.P1.E1`, `apply`, `ops`. */
  cause: z.string().nullable(),
  /** The version of the scheme that it was decided under. */
  version: idOf<SchemeVersion>().nullable(),
  /** The OBF event that it became, or that it is about. */
  event: idOf<EventId>().nullable(),
  /** What else is to be known, in English, without personal data: OBF's reason, numbers removed. */
  detail: z.string().nullable(),
});
export type JournalEntry = Readonly<z.output<typeof journalEntryForm>>;

/** An entry with what is known of it; the rest is null. */
export const journalEntry = (
  kind: JournalKind,
  atS: number,
  rest: Partial<Omit<JournalEntry, 'kind' | 'atS'>>,
): JournalEntry => ({
  kind,
  atS,
  earner: null,
  award: null,
  badgeId: null,
  assertions: [],
  cause: null,
  version: null,
  event: null,
  detail: null,
  ...rest,
});

/** Whether it says that an award was given. */
export const isGiving = ({ kind }: Pick<JournalEntry, 'kind'>): boolean =>
  kind === 'issued' || kind === 'found';

/**
 * Whether both tell the same thing: one kind, badge and event; without event, and for what may come again about
 * one event (`flagged`), one instant. A refusal that is tried again, and comes in the same words, is one.
 */
const isSameEntry = (a: JournalEntry, b: JournalEntry): boolean =>
  a.kind === b.kind && a.badgeId === b.badgeId && occasionOf(a) === occasionOf(b);

function occasionOf({ kind, event, atS, detail }: JournalEntry): string | number {
  if (kind === 'flagged') return atS;
  return event ?? (kind === 'refused' ? detail : null) ?? atS;
}

/** Where the same entry stands already; -1: nowhere. */
export const placeOf = (journal: readonly JournalEntry[], entry: JournalEntry): number =>
  journal.findIndex((one) => isSameEntry(one, entry));

/** Pure. The journal with an entry more, unless it tells the same already: the first telling stays. */
export const withEntry = (journal: readonly JournalEntry[], entry: JournalEntry): readonly JournalEntry[] =>
  placeOf(journal, entry) >= 0 ? journal : [...journal, entry];

/**
 * One line of `npx palier audit`, as programs may rely on it. Keys are written as in scheme.yaml and in OBF's
 * replies; an instant is in Unix seconds (`_s`) and, for a reader, in UTC (`_iso`, null where the calendar
 * has no such day).
 */
export const journalLineSchema = z.strictObject({
  kind: z.enum(JOURNAL_KINDS).describe('What happened.'),
  at_s: z.int().describe('When it happened, Unix seconds.'),
  at_iso: z.string().nullable().describe('The same, in UTC, ISO 8601.'),
  earner: z
    .string()
    .nullable()
    .describe('The key of the person; null: nobody, or somebody who was erased since.'),
  award: z.string().nullable().describe('The name of the award in scheme.yaml.'),
  badge: z.string().nullable().describe("The award's badge in the OBF account of the Région."),
  assertions: z.array(z.string()).describe('The assertions that counted for it.'),
  cause: z.string().nullable().describe('What set it off: `webhook.event.P1.E1`, `apply`, `ops`...'),
  version: z.string().nullable().describe('The version of the scheme that it was decided under.'),
  event: z.string().nullable().describe('The OBF event that it became, or that it is about.'),
  detail: z.string().nullable().describe('What else is to be known, in English.'),
});

export type JournalLine = z.output<typeof journalLineSchema>;

export const journalLine = (entry: JournalEntry): JournalLine => ({
  kind: entry.kind,
  at_s: entry.atS,
  at_iso: DateTime.fromSeconds(entry.atS, { zone: 'utc' }).toISO(),
  earner: entry.earner,
  award: entry.award,
  badge: entry.badgeId,
  assertions: [...entry.assertions],
  cause: entry.cause,
  version: entry.version,
  event: entry.event,
  detail: entry.detail,
});
