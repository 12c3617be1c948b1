import { DateTime } from 'luxon';
import { z } from 'zod';
import type { AssertionId, AwardId, BadgeId, EarnerKey, EventId, SchemeVersion } from '../ids.js';

/** What a journal entry records. */
export const JOURNAL_KINDS = [
  /** Palier issued an award through OBF. */
  'issued',
  /** A Région award in OBF that Palier did not issue (a manual one), or without its `log_entry` note. */
  'found',
  /** Badges were revoked, and a held award's rule is no longer met: a human is to review it. */
  'flagged',
  /** Palier revoked an award (`on_loss: revoke`). */
  'revoked',
  /** A human revoked it in OBF: it is not issued again until ops unblocks it. */
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
  /** People viewed their own pages on one day: `detail` says how often, nothing says who. */
  'viewed',
] as const;
export type JournalKind = (typeof JOURNAL_KINDS)[number];

/** Checks that an id is a string; the field that holds it says of which kind. */
export const idSchema = <Id extends string>() => z.custom<Id>((value) => typeof value === 'string');

/** One thing that happened. It contains no address. */
export const journalEntryForm = z.object({
  kind: z.enum(JOURNAL_KINDS),
  /** When, Unix seconds. */
  atS: z.int(),
  /** The person concerned; null: nobody (`applied`, `viewed`), or somebody erased since. */
  earner: idSchema<EarnerKey>().nullable(),
  award: idSchema<AwardId>().nullable(),
  badgeId: idSchema<BadgeId>().nullable(),
  /** The assertions that counted for it. */
  assertions: z.array(idSchema<AssertionId>()).readonly(),
  /** What triggered it, e.g. `webhook.event.P1.E1`, `poll.event.P1.E1`, `apply`, `ops`. */
  cause: z.string().nullable(),
  /** The version of the scheme under which it was decided. */
  version: idSchema<SchemeVersion>().nullable(),
  /** The OBF event that issued the award, or that the entry is about. */
  event: idSchema<EventId>().nullable(),
  /** Details in English, without personal data: OBF's reason, or how much was erased. */
  detail: z.string().nullable(),
});
export type JournalEntry = Readonly<z.output<typeof journalEntryForm>>;

/** Makes an entry; each field that is not given is null. */
export const journalEntry = (
  kind: JournalKind,
  atS: number,
  fields: Partial<Omit<JournalEntry, 'kind' | 'atS'>>,
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
  ...fields,
});

/** Whether the entry records an award that was given, by Palier or not. */
export const recordsAward = ({ kind }: Pick<JournalEntry, 'kind'>): boolean =>
  kind === 'issued' || kind === 'found';

/**
 * Whether two entries record the same fact: the same kind, badge and event. Without an event, and for `flagged`, which
 * may recur for one event, the instant must be the same. A refusal repeated in the same words is the same.
 */
const isSameEntry = (a: JournalEntry, b: JournalEntry): boolean =>
  a.kind === b.kind && a.badgeId === b.badgeId && occasionOf(a) === occasionOf(b);

function occasionOf({ kind, event, atS, detail }: JournalEntry): string | number {
  if (kind === 'flagged') return atS;
  return event ?? (kind === 'refused' ? detail : null) ?? atS;
}

/** Returns the index of the same entry; -1: there is none. */
export const indexOfEntry = (journal: readonly JournalEntry[], entry: JournalEntry): number =>
  journal.findIndex((one) => isSameEntry(one, entry));

/** Pure. Adds an entry, unless the journal has the same one: the first stays. */
export const addEntry = (journal: readonly JournalEntry[], entry: JournalEntry): readonly JournalEntry[] =>
  indexOfEntry(journal, entry) >= 0 ? journal : [...journal, entry];

/**
 * One line of `npx palier audit`, on which programs may rely. Keys are written as in scheme.yaml and OBF's replies.
 * Instants are Unix seconds (`_s`), and UTC for a reader (`_iso`; null when the calendar has no such day).
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

export const journalLine = (entry: JournalEntry): z.output<typeof journalLineSchema> => ({
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
