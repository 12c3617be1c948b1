import type { AwardId } from '../ids.js';
import { secondsOf } from '../platform/clock.js';
import type { JobResult } from '../platform/job-result.js';
import { makePlan, type MadePlan } from '../scheme/make-plan.js';
import type { Report } from '../scheme/population.js';
import { createPlanStore, type StoredPlan } from '../scheme/runs.js';
import type { Pipeline } from './pipeline.js';

/** How many people of each award are kept with a plan; the command line gives everybody. */
const SAMPLE = 50;
/** How long it takes is not told from here; only the calls are. */
export const UNTOLD_RPS = 1;

/** Keeps a job's progress, which may fail: it is nice to have. */
export type KeepProgress = (progress: { readonly done: number; readonly total: number }) => Promise<void>;

/**
 * Makes the plan of the rules that hold for what is new, and keeps its result. Changes nothing else.
 * @param only that award alone; null: all. One that the rules do not have gains nobody anything.
 */
export async function planForOps(
  pipeline: Pipeline,
  only: AwardId | null,
  keep: KeepProgress,
  signal: AbortSignal,
): Promise<JobResult> {
  const { people, clock, schemes } = pipeline;
  const { scheme } = await schemes.now();
  await readQuota(pipeline, signal);
  const asked = { scheme, only, maxRps: UNTOLD_RPS };
  const made = await makePlan(pipeline, asked, reportTo(keep), signal);
  const plan = storedPlan(made, secondsOf(clock));
  await createPlanStore(people).write(plan);
  const { version, people: looked, gainers, issues } = plan;
  return { did: 'plan made', facts: { version, only, people: looked, gainers, issues } };
}

export const reportTo =
  (keep: KeepProgress): Report =>
  (done, total) =>
    void keep({ done, total }).catch(() => undefined);

/** What it would burn is weighed against what OBF says; where it cannot be asked, issuing does so itself. */
export async function readQuota({ quota }: Pick<Pipeline, 'quota'>, signal: AbortSignal): Promise<void> {
  if ((await quota.known()) === null) await quota.read(signal).catch(() => undefined);
}

function storedPlan({ plan, cost, quota, unreadable }: MadePlan, madeS: number): StoredPlan {
  const { issues, calls, quotaAfter, quotaShort } = cost;
  return {
    madeS,
    issues,
    calls,
    quotaAfter,
    quotaShort,
    version: plan.version,
    only: plan.only,
    people: plan.people,
    unreadable: unreadable.length,
    gainers: plan.gainers.length,
    quotaLeft: quota?.left ?? null,
    awards: plan.awards.map(({ award, removed, gains, losesRule, ...others }) => ({
      removed,
      award: award.id,
      name: award.name,
      active: award.active,
      gains: gains.length,
      losesRule: losesRule.length,
      inFlight: others.inFlight.length,
      refused: others.refused.length,
      blocked: others.blocked.length,
      gainsSample: gains.slice(0, SAMPLE),
      losesSample: losesRule.slice(0, SAMPLE),
    })),
  };
}
