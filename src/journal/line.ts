import { DateTime } from 'luxon';
import { z } from 'zod';
import { JOURNAL_KINDS, type JournalEntry } from '../earners/journal-entry.js';

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
