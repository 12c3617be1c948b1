import { z } from 'zod';
import { awardIdentityFields } from '../rules/explain/json.js';
import { type PopulationStats, thresholdOf } from '../rules/population-stats.js';
import type { Scheme } from '../rules/types.js';
import type { PlanResult } from './population.js';

const number = z.number();
const numberOrNull = z.number().nullable();
const key = z.string().describe('The key that stands for a person.');

const awardForm = z
  .strictObject({
    ...awardIdentityFields,
    removed: z.boolean().describe('In the rules in force, and not in these.'),
    gains: number.describe('How many people would be issued the badge.'),
    under_way: number.describe('It is on its way to them already.'),
    loses_rule: number.describe(
      'They hold it, meet the rule in force, would not meet this one, and keep the badge.',
    ),
    blocked: number.describe('They meet the rule; the badge was revoked by hand.'),
    refused: number.describe('They meet the rule; OBF refused it for good.'),
    inactive: number.describe('They meet the rule; the award is switched off.'),
    issue_calls: number,
    earners: z.strictObject({ gains: z.array(key), loses_rule: z.array(key) }),
  })
  .meta({ id: 'planned_award' });

/** What `npx palier plan --json` prints: published as docs/schema/plan.json. */
export const planSchema = z
  .strictObject({
    version: z.string().describe('Of the rules that the plan is of.'),
    in_force: z.string().nullable().describe('Null: no worker was ever started.'),
    changed: z.boolean().describe('They are not the rules in force.'),
    differ_since_s: numberOrNull.describe(
      'When a worker was first started with them; null: none was, or they are in force.',
    ),
    in_force_readable: z.boolean(),
    only: z.string().nullable().describe('The award that would be put into force alone.'),
    people: number.describe('How many were looked at.'),
    unreadable: z.array(key),
    awards: z.array(awardForm),
    issues: number,
    calls: number.describe('Of OBF, reads included.'),
    at_least_s: number.describe('How long it takes at OBF_MAX_RPS, seconds.'),
    quota: z.strictObject({
      left: numberOrNull.describe('Null: not known.'),
      read_at_s: numberOrNull,
      floor: number.describe('Issuing stops rather than leave fewer.'),
      after: numberOrNull,
      short: number.describe('How many badges the quota is too small by.'),
    }),
  })
  .meta({
    title: 'palier plan --json',
    description: 'Who gains which award when the rules are put into force. Instants are Unix seconds (_s).',
  });

/** A plan as data: what the command line and the pages show. */
export type PlanJson = z.infer<typeof planSchema>;

/** Returns a plan as data, with the earner keys of everybody in it. */
export function planJson(made: PlanResult): PlanJson {
  const { plan, rules, inForce, cost, quota } = made;
  const { scheme, rollout } = rules;
  return {
    version: scheme.version,
    in_force: inForce,
    changed: rollout !== null,
    differ_since_s: rollout !== null && made.started === scheme.version ? rollout.sinceS : null,
    in_force_readable: rollout === null || rollout.inForce !== null,
    only: plan.only,
    people: plan.people,
    unreadable: [...made.unreadable],
    awards: plan.awards.map(({ award, removed, gains, underWay, losesRule, blocked, refused, inactive }) => ({
      award: award.id,
      name: award.name,
      competency: award.competency,
      level: award.level,
      badge: award.badgeId,
      active: award.active,
      removed,
      gains: gains.count,
      under_way: underWay,
      loses_rule: losesRule.count,
      blocked,
      refused,
      inactive,
      issue_calls: cost.batches.get(award.badgeId) ?? 0,
      earners: { gains: [...gains.keys], loses_rule: [...losesRule.keys] },
    })),
    issues: cost.issues,
    calls: cost.calls,
    at_least_s: cost.atLeastS,
    quota: {
      left: quota?.left ?? null,
      read_at_s: quota === null ? null : Math.floor(quota.readMs / 1000),
      floor: made.floor,
      after: cost.quotaAfter,
      short: cost.quotaShort,
    },
  };
}

const standing = z
  .strictObject({
    award: z.string(),
    threshold: numberOrNull.describe(
      'What the rule asks for; null where its parts ask for different numbers.',
    ),
    at_count: z
      .array(number)
      .describe(
        'How many people have 0, 1, 2... of the badges that the rule counts: of the part that decides, where it has several.',
      ),
    one_away: number.describe('To how many people one more badge would give it.'),
    held: number,
    due: number,
    not_met: number,
    inactive: number,
    blocked: number,
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

/** The state of each award over all people. */
export type AwardStandings = z.infer<typeof simulateSchema>['standings'];

export const awardStandings = ({ awards }: Scheme, { byAward, oneAway }: PopulationStats): AwardStandings =>
  awards.flatMap(({ id, rule }) => {
    const stats = byAward.get(id);
    if (stats === undefined) return [];
    const { status, atCount } = stats;
    const near = oneAway?.get(id) ?? 0;
    return { award: id, threshold: thresholdOf(rule), at_count: [...atCount], one_away: near, ...status };
  });
