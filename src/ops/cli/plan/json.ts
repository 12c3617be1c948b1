import type { AwardPlan } from '../../../rules/plan.js';
import type { MadePlan } from '../../../scheme/make-plan.js';
import type { Told } from '../json-lines.js';
import type { PlanJson } from './schema.js';

/** A plan as `--json` prints it; everybody is in it, by their key. @param floor of OBF's quota */
export const planJson = (made: MadePlan, floor: number): Told<PlanJson> => ({
  ...rulesJson(made),
  only: made.plan.only,
  people: made.plan.people,
  unreadable: [...made.unreadable],
  awards: made.plan.awards.map((award) => awardJson(award, made)),
  issues: made.cost.issues,
  calls: made.cost.calls,
  at_least_s: made.cost.atLeastS,
  quota: quotaJson(made, floor),
});

function rulesJson({ rules: { scheme, rollout }, inForce, started }: MadePlan) {
  return {
    version: scheme.version,
    in_force: inForce,
    changed: rollout !== null,
    differ_since_s: rollout !== null && started === scheme.version ? rollout.sinceS : null,
    in_force_readable: rollout === null || rollout.inForce !== null,
  };
}

const awardJson = (
  { award, removed, ...people }: AwardPlan,
  { cost }: MadePlan,
): Told<PlanJson['awards'][number]> => ({
  award: award.id,
  name: award.name,
  competency: award.competency,
  level: award.level,
  badge: award.badgeId,
  active: award.active,
  removed,
  gains: people.gains.length,
  under_way: people.underWay,
  loses_rule: people.losesRule.length,
  blocked: people.blocked,
  refused: people.refused,
  inactive: people.inactive,
  issue_calls: removed ? 0 : (cost.batches.get(award.badgeId) ?? 0),
  earners: { gains: people.gains, loses_rule: people.losesRule },
});

const quotaJson = ({ cost, quota }: MadePlan, floor: number): Told<PlanJson['quota']> => ({
  left: quota?.left ?? null,
  read_at_s: quota === null ? null : Math.floor(quota.readMs / 1000),
  floor,
  after: cost.quotaAfter,
  short: cost.quotaShort,
});
