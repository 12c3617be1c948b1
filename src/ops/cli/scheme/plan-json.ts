import { z } from 'zod';
import { type PopulationStats, thresholdOf } from '../../../rules/population-stats.js';
import type { Scheme } from '../../../rules/types.js';
import { callsOf, type PlanView } from './plan-words.js';

const key = z.string().describe('The key that stands for a person.');

const awardForm = z
  .strictObject({
    award: z.string(),
    name: z.string(),
    competency: z.string().nullable(),
    level: z.number().nullable(),
    badge: z.string(),
    active: z.boolean(),
    removed: z.boolean().describe('In the rules in force, and not in these.'),
    gains: z.number().describe('How many people would be issued the badge.'),
    under_way: z.number().describe('It is on its way to them already.'),
    loses_rule: z
      .number()
      .describe('They hold it, meet the rule in force, would not meet this one, and keep the badge.'),
    blocked: z.number().describe('They meet the rule; the badge was revoked by hand.'),
    refused: z.number().describe('They meet the rule; OBF refused it for good.'),
    inactive: z.number().describe('They meet the rule; the award is switched off.'),
    issue_calls: z.number(),
    earners: z.strictObject({ gains: z.array(key), loses_rule: z.array(key) }),
  })
  .meta({ id: 'planned_award' });

/** What `npx palier plan --json` prints: published as docs/schema/plan.json. */
export const planSchema = z
  .strictObject({
    version: z.string().describe('Of the rules that the plan is of.'),
    in_force: z.string().nullable().describe('Null: no worker was ever started.'),
    changed: z.boolean().describe('They are not the rules in force.'),
    differ_since_s: z
      .number()
      .nullable()
      .describe('When a worker was first started with them; null: none was, or they are in force.'),
    in_force_readable: z.boolean(),
    only: z.string().nullable().describe('The award that would be put into force alone.'),
    people: z.number().describe('How many were looked at.'),
    unreadable: z.array(key),
    awards: z.array(awardForm),
    issues: z.number(),
    calls: z.number().describe('Of OBF, reads included.'),
    at_least_s: z.number().describe('How long it takes at OBF_MAX_RPS, seconds.'),
    quota: z.strictObject({
      left: z.number().nullable().describe('Null: not known.'),
      read_at_s: z.number().nullable(),
      floor: z.number().describe('Issuing stops rather than leave fewer.'),
      after: z.number().nullable(),
      short: z.number().describe('How many badges the quota is too small by.'),
    }),
  })
  .meta({
    title: 'palier plan --json',
    description: 'Who gains which award when the rules are put into force. Instants are Unix seconds (_s).',
  });

/** A plan as `--json` prints it; everybody is in it, by their key. */
export function planJson({ made, floor }: PlanView): z.infer<typeof planSchema> {
  const { plan, cost, quota, inForce, started } = made;
  const { scheme, rollout } = made.rules;
  return {
    version: scheme.version,
    in_force: inForce,
    changed: rollout !== null,
    differ_since_s: rollout !== null && started === scheme.version ? rollout.sinceS : null,
    in_force_readable: rollout === null || rollout.inForce !== null,
    only: plan.only,
    people: plan.people,
    unreadable: [...made.unreadable],
    awards: plan.awards.map(({ award, ...one }) => ({
      award: award.id,
      name: award.name,
      competency: award.competency,
      level: award.level,
      badge: award.badgeId,
      active: award.active,
      removed: one.removed,
      gains: one.gains.count,
      under_way: one.inFlight,
      loses_rule: one.losesRule.count,
      blocked: one.blocked,
      refused: one.refused,
      inactive: one.inactive,
      issue_calls: callsOf({ award, ...one }, cost),
      earners: { gains: [...one.gains.keys], loses_rule: [...one.losesRule.keys] },
    })),
    issues: cost.issues,
    calls: cost.calls,
    at_least_s: cost.atLeastS,
    quota: {
      left: quota?.left ?? null,
      read_at_s: quota === null ? null : Math.floor(quota.readMs / 1000),
      floor,
      after: cost.quotaAfter,
      short: cost.quotaShort,
    },
  };
}

const standing = z
  .strictObject({
    award: z.string(),
    threshold: z
      .number()
      .nullable()
      .describe('What the rule asks for; null where its parts ask for different numbers.'),
    at_count: z
      .array(z.number())
      .describe(
        'How many people have 0, 1, 2... of the badges that the rule counts: of the part that decides, where it has several.',
      ),
    one_away: z.number().describe('To how many people one more badge would give it.'),
    held: z.number(),
    due: z.number(),
    not_met: z.number(),
    inactive: z.number(),
    blocked: z.number(),
  })
  .meta({ id: 'award_standing' });

/** What `npx palier simulate --json` prints: published as docs/schema/simulate.json. */
export const simulateSchema = planSchema
  .extend({ standings: z.array(standing).describe('How everybody stands with each award.') })
  .meta({
    title: 'palier simulate --json',
    description:
      'Who would gain which award by a proposal, and how everybody would stand. Instants are Unix seconds (_s).',
  });

export const standingsOf = (
  { awards }: Scheme,
  { byAward }: PopulationStats,
): z.infer<typeof simulateSchema>['standings'] =>
  awards.flatMap(({ id, rule }) => {
    const stats = byAward.get(id);
    if (stats === undefined) return [];
    const { status, atCount, oneAway } = stats;
    return { award: id, threshold: thresholdOf(rule), at_count: [...atCount], one_away: oneAway, ...status };
  });
