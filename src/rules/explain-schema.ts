import { z } from 'zod';

const iso = z.string().nullable();

const assertion = z.strictObject({
  assertion: z.string(),
  client: z.string(),
  badge: z.string(),
  event: z.string().nullable(),
  issued_on_s: z.number(),
  issued_on_iso: iso,
  expires_on_s: z.number().nullable(),
  expires_on_iso: iso,
  revoked: z.boolean(),
});

const period = {
  from_s: z.number().nullable(),
  before_s: z.number().nullable(),
  from_iso: iso,
  before_iso: iso,
};
const why = <W extends string, S extends z.core.$ZodShape>(word: W, shape: S) =>
  z.strictObject({ why: z.literal(word), ...shape });

const neverCounts = z.strictObject({
  assertion,
  reason: z.discriminatedUnion('why', [
    why('not_enrolled', {}),
    why('partner_inactive', {}),
    why('wrong_client', {}),
    why('outside_enrolment', period),
    why('revoked', {}),
    why('expired', { expires_on_s: z.number(), expires_on_iso: iso }),
  ]),
});

const notCountedHere = z.strictObject({
  assertion,
  reason: z.discriminatedUnion('why', [
    why('outside_condition_dates', period),
    why('duplicate_of', { of: z.string() }),
    why('over_per_issuer', { per_issuer: z.number() }),
  ]),
});

const tally = z.strictObject({ have: z.number(), need: z.number() });

const selector = z.strictObject({
  competency: z.string().optional(),
  level: z.number().optional(),
  ability: z.string().optional(),
  issuers: z.array(z.string()).optional(),
  badges: z.array(z.string()).optional(),
});

const badges = z.strictObject({
  kind: z.literal('badges'),
  met: z.boolean(),
  of: selector,
  badges: tally,
  issuers: tally.nullable(),
  abilities: tally.nullable(),
  per_issuer: z.number().nullable(),
  issued_from_s: z.number().nullable(),
  issued_before_s: z.number().nullable(),
  within_months: z.number().nullable(),
  counted: z.array(assertion),
  left_out: z.array(notCountedHere),
});

const holds = z.strictObject({
  kind: z.literal('holds'),
  met: z.boolean(),
  award: z.string(),
  through: z.enum(['held', 'due']).nullable(),
});

const group = z.strictObject({
  kind: z.enum(['all', 'any', 'at_least']),
  met: z.boolean(),
  have: z.number(),
  need: z.number(),
  get of() {
    return z.array(rule);
  },
});

const rule = z.discriminatedUnion('kind', [group, holds, badges]);

const award = z.strictObject({
  award: z.string(),
  name: z.string(),
  competency: z.string().nullable(),
  level: z.number().nullable(),
  badge: z.string(),
  active: z.boolean(),
  on_loss: z.enum(['keep', 'flag', 'revoke']),
  met: z.boolean(),
  status: z.enum(['held', 'due', 'not_met', 'inactive', 'blocked']),
  held_by: assertion.nullable(),
  rule,
  earned_by: z.array(assertion),
});

/**
 * An evaluation as plain data, as `--json` prints it and programs may rely on it. Keys are written as in
 * scheme.yaml and in OBF's replies (`at_least`, `issued_on`); an instant is in Unix seconds (`_s`) and, for
 * a reader, in UTC (`_iso`, null where the calendar has no such day).
 */
export const explainSchema = z.strictObject({
  version: z.string(),
  now_s: z.number(),
  now_iso: iso,
  awards: z.array(award),
  left_out: z.array(neverCounts),
});

export type ExplainJson = z.infer<typeof explainSchema>;
export type AssertionJson = z.infer<typeof assertion>;
export type AwardJson = z.infer<typeof award>;
export type RuleJson = z.infer<typeof rule>;
export type BadgesJson = z.infer<typeof badges>;
export type NeverCountsJson = z.infer<typeof neverCounts>;
export type NotCountedHereJson = z.infer<typeof notCountedHere>;
