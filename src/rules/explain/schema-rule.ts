import { z } from 'zod';

/** An instant in UTC for a reader; null where the calendar has no such day. */
export const iso = z.string().nullable();

export const assertion = z
  .strictObject({
    assertion: z.string(),
    client: z.string(),
    badge: z.string(),
    event: z.string().nullable(),
    issued_on_s: z.number(),
    issued_on_iso: iso,
    expires_on_s: z.number().nullable(),
    expires_on_iso: iso,
    revoked: z.boolean(),
  })
  .meta({ id: 'assertion', description: 'One badge that one person was given.' });

const period = {
  from_s: z.number().nullable(),
  before_s: z.number().nullable(),
  from_iso: iso,
  before_iso: iso,
};
const why = <W extends string, S extends z.core.$ZodShape>(word: W, shape: S) =>
  z.strictObject({ why: z.literal(word), ...shape });

export const neverCounts = z
  .strictObject({
    assertion,
    reason: z.discriminatedUnion('why', [
      why('not_enrolled', {}),
      why('partner_inactive', {}),
      why('wrong_client', {}),
      why('outside_enrolment', period),
      why('revoked', {}),
      why('expired', { expires_on_s: z.number(), expires_on_iso: iso }),
      why('future', {}),
      why('no_rule_asks', {}),
    ]),
  })
  .meta({ id: 'never_counts', description: 'An assertion that counts for no award, and why.' });

const notCountedHere = z
  .strictObject({
    assertion,
    reason: z.discriminatedUnion('why', [
      why('outside_condition_dates', period),
      why('duplicate_of', { of: z.string() }),
      why('over_per_issuer', { per_issuer: z.number() }),
    ]),
  })
  .meta({ id: 'not_counted_here', description: 'An assertion that one condition does not count, and why.' });

const tally = z.strictObject({ have: z.number(), need: z.number() }).meta({ id: 'tally' });

const selector = z.strictObject({
  competency: z.string().optional(),
  level: z.number().optional(),
  ability: z.string().optional(),
  issuers: z.array(z.string()).optional(),
  badges: z.array(z.string()).optional(),
});

const badges = z
  .strictObject({
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
  })
  .meta({ id: 'badges', description: 'So many distinct badges of a sort.' });

const holds = z
  .strictObject({
    kind: z.literal('holds'),
    met: z.boolean(),
    award: z.string(),
    through: z.enum(['held', 'due']).nullable(),
  })
  .meta({ id: 'holds', description: 'Another award that is held, or due at the same time.' });

const group = z
  .strictObject({
    kind: z.enum(['all', 'any', 'at_least']),
    met: z.boolean(),
    have: z.number(),
    need: z.number(),
    get of() {
      return z.array(rule);
    },
  })
  .meta({ id: 'group', description: 'All, any, or so many of these conditions.' });

/** The rule's tree, with what each condition has and needs. */
export const rule = z.discriminatedUnion('kind', [group, holds, badges]).meta({ id: 'rule' });

export type AssertionJson = z.infer<typeof assertion>;
export type RuleJson = z.infer<typeof rule>;
export type BadgesJson = z.infer<typeof badges>;
export type NeverCountsJson = z.infer<typeof neverCounts>;
export type NotCountedHereJson = z.infer<typeof notCountedHere>;
