import type { AwardId } from '../ids.js';
import { secondsOf } from '../platform/clock.js';
import type { AwardPlan } from '../rules/plan.js';
import type { JobResult } from '../platform/job-result.js';
import { keepReporting } from '../scheme/report-progress.js';
import { makePlan, type MadePlan } from '../scheme/make-plan.js';
import type { Pipeline } from './pipeline.js';
import { createPlanStore, type StoredAwardPlan, type StoredPlan } from '../scheme/plan-store.js';

/** How many people of each award are kept with a plan; the command line gives everybody. */
const SAMPLE = 50;
const KEEPS = { perAward: SAMPLE, gainers: 0 };
const REPORT_EVERY_MS = 500;

/**
 * Makes the plan of the rules that hold for what is new, and keeps what is told of it. Reads alone.
 * @param only that award alone; null: all. One that the rules do not have gains nobody anything.
 */
export async function planForOps(
  pipeline: Pipeline,
  only: AwardId | null,
  signal: AbortSignal,
): Promise<JobResult> {
  const { people, clock, schemes } = pipeline;
  const store = createPlanStore(people);
  const startedS = secondsOf(clock);
  const { scheme } = await schemes.now();
  await readQuota(pipeline, signal);
  const report = keepReporting((done, total) => store.report(only, { done, total }), REPORT_EVERY_MS);
  const made = await makePlan(pipeline, { scheme, only, maxRps: UNTOLD_RPS, keeps: KEEPS }, report, signal);
  await report.settled();
  const plan = storedPlan(made, startedS, secondsOf(clock));
  await store.write(plan);
  await store.ended(only);
  const { version, people: looked, gainers, issues } = plan;
  return { did: 'plan made', facts: { version, only, people: looked, gainers, issues } };
}

/** How long it takes is not told from here; only the calls are. */
export const UNTOLD_RPS = 1;

/** What it would burn is weighed against what OBF says; where it cannot be asked, issuing does so itself. */
export async function readQuota({ quota }: Pick<Pipeline, 'quota'>, signal: AbortSignal): Promise<void> {
  if ((await quota.known()) === null) await quota.read(signal).catch(() => undefined);
}

function storedPlan(made: MadePlan, startedS: number, madeS: number): StoredPlan {
  const { plan, cost, quota, inForce, unreadable } = made;
  return {
    version: plan.version,
    only: plan.only,
    inForce,
    startedS,
    madeS,
    people: plan.people,
    unreadable: unreadable.length,
    gainers: plan.gainers.length,
    issues: cost.issues,
    calls: cost.calls,
    quotaLeft: quota?.left ?? null,
    quotaAfter: cost.quotaAfter,
    quotaShort: cost.quotaShort,
    awards: plan.awards.map((one) => storedAward(one, cost.batches.get(one.award.badgeId) ?? 0)),
  };
}

const storedAward = (one: AwardPlan, calls: number): StoredAwardPlan => ({
  award: one.award.id,
  name: one.award.name,
  removed: one.removed,
  active: one.award.active,
  gains: one.gains.length,
  losesRule: one.losesRule.length,
  inFlight: one.inFlight,
  refused: one.refused,
  blocked: one.blocked,
  inactive: one.inactive,
  calls: one.removed ? 0 : calls,
  gainsSample: [...one.gains.first(SAMPLE)],
  losesSample: [...one.losesRule.first(SAMPLE)],
});
