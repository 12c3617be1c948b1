import { z } from 'zod';
import { assertion, iso, neverCounts, rule } from './schema-rule.js';

const history = z
  .strictObject({
    since_s: z.number(),
    since_iso: iso,
    by: z.enum(['palier', 'hand']),
    version: z.string().nullable().meta({ description: 'Of the rules; null: not known.' }),
    event: z.string().nullable(),
    earned_by: z.array(z.string()).meta({ description: 'The assertions that counted then, by their ids.' }),
  })
  .meta({ id: 'history', description: 'How a held award came about.' });

const helpingBadge = z.strictObject({
  badge: z.string(),
  name: z.string().nullable(),
  client: z.string(),
  partner: z.string(),
  competency: z.string(),
  level: z.number(),
  ability: z.string().nullable(),
  given_before: z.boolean(),
});

const wouldHelp = z
  .strictObject({
    badges: z.array(helpingBadge).meta({ description: 'Each, issued now, leaves less to come.' }),
    awards: z.array(z.string()).meta({ description: 'Awards that the rule holds, and that are not met.' }),
    reach: z.enum(['within', 'hindered', 'beyond']).meta({
      description:
        'Whether all that is enrolled today, issued now, would make it due; hindered: not while an award that it rests on is blocked or inactive.',
    }),
  })
  .meta({ id: 'would_help' });

const award = z
  .strictObject({
    award: z.string(),
    name: z.string(),
    competency: z.string().nullable(),
    level: z.number().nullable(),
    badge: z.string(),
    active: z.boolean(),
    on_loss: z.enum(['keep', 'flag', 'revoke']),
    met: z.boolean(),
    status: z.enum(['held', 'due', 'not_met', 'inactive', 'blocked']),
    waiting: z.boolean().meta({ description: 'Due by changed rules alone: it waits for `palier apply`.' }),
    flagged_since_s: z
      .number()
      .nullable()
      .meta({ description: 'Since when a human is to look at it: badges that counted were revoked.' }),
    flagged_since_iso: iso,
    held_by: assertion.nullable(),
    history: history.nullable(),
    rule,
    earned_by: z.array(assertion).meta({ description: 'What counts for it today.' }),
    lacking: z
      .strictObject({ fr: z.string(), en: z.string() })
      .nullable()
      .meta({ description: 'What is missing, in words; null: the rule is met.' }),
    would_help: wouldHelp.nullable().meta({ description: 'Null unless the status is not_met.' }),
  })
  .meta({ id: 'award', description: "One of the Région's awards, for this person." });

/**
 * An evaluation as plain data, as `--json` prints it and programs may rely on it. Keys are written as in
 * scheme.yaml and in OBF's replies (`at_least`, `issued_on`); an instant is in Unix seconds (`_s`) and, for
 * a reader, in UTC (`_iso`, null where the calendar has no such day).
 */
export const explainSchema = z.strictObject({
  version: z.string().meta({ description: 'Of the rules that were evaluated.' }),
  now_s: z.number(),
  now_iso: iso,
  awards: z.array(award),
  left_out: z.array(neverCounts),
});

export type ExplainJson = z.infer<typeof explainSchema>;
export type AwardJson = z.infer<typeof award>;
export type HistoryJson = z.infer<typeof history>;
export type WouldHelpJson = z.infer<typeof wouldHelp>;
