import type { AwardId, EarnerKey, SchemeVersion } from '../ids.js';
import type { Quota, QuotaReading } from '../issuing/quota.js';
import { secondsOf } from '../platform/clock.js';
import type { Rules } from '../rules/rollout.js';
import { countPopulation, type PopulationStats } from '../rules/population-stats.js';
import { costOf, type Plan, type PlanCost, planFor, type PlanKeeps, startPlan } from '../rules/plan.js';
import type { Scheme } from '../rules/types.js';
import { lookAtEverybody, type Report } from '../workers/look-at-everybody.js';
import type { PeopleSources } from '../earners/people.js';
import type { Pipeline } from '../workers/pipeline.js';
import type { Schemes } from './schemes.js';

/** What a plan is made with. */
export interface PlanParts extends Pick<Pipeline, 'pace' | 'clock'> {
  readonly people: PeopleSources;
  readonly schemes: Pick<Schemes, 'now' | 'wouldBe' | 'inForce'>;
  readonly quota: Pick<Quota, 'known'>;
}

/** What the plan is to be of. */
export interface PlanAsked {
  /** The files as they are, or a proposal. */
  readonly scheme: Scheme;
  /** The one award that would be put into force; null: all. */
  readonly only: AwardId | null;
  /** OBF's calls per second. */
  readonly maxRps: number;
  /** Of whom the keys are to be in the plan; by default of everybody. */
  readonly keeps?: PlanKeeps;
}

export interface MadePlan {
  readonly plan: Plan;
  readonly cost: PlanCost;
  /** What it was made under: the rules as they would be, had a process been started with these. */
  readonly rules: Rules;
  /** The version in force; null: no process was ever started. */
  readonly inForce: SchemeVersion | null;
  /** The version that new facts are judged by; null: no process was ever started. */
  readonly started: SchemeVersion | null;
  /** Null: never read. */
  readonly quota: QuotaReading | null;
  /** Those who are not in the plan, because they could not be looked at. */
  readonly unreadable: readonly EarnerKey[];
}

/**
 * What becomes of everybody when a scheme is put into force, wholly or for one award, and what it costs.
 * Reads alone, and OBF is not called: it may be asked at any time, for a scheme that no process was ever
 * started with too.
 * @throws the signal's reason once it is aborted
 */
export async function makePlan(
  parts: PlanParts,
  asked: PlanAsked,
  report: Report,
  signal: AbortSignal,
): Promise<MadePlan> {
  const seen = await seenIn(parts);
  const rules = await parts.schemes.wouldBe(asked.scheme);
  const tally = startPlan(rules, asked.only, asked.keeps);
  const nowS = secondsOf(parts.clock);
  const unreadable = await lookAtEverybody(
    parts.people,
    (person) => tally.add(person.earner, planFor(rules, person, nowS, asked.only).planned),
    report,
    signal,
  );
  return { ...(await costed(parts, asked, tally.plan())), ...seen, rules, unreadable };
}

/** The same, and how everybody would stand with each award of it. */
export async function simulate(
  parts: PlanParts,
  asked: Omit<PlanAsked, 'only'>,
  report: Report,
  signal: AbortSignal,
): Promise<MadePlan & { readonly census: PopulationStats }> {
  const seen = await seenIn(parts);
  const rules = await parts.schemes.wouldBe(asked.scheme);
  const tally = startPlan(rules, null, asked.keeps);
  const counted = countPopulation(rules.scheme);
  const nowS = secondsOf(parts.clock);
  const unreadable = await lookAtEverybody(
    parts.people,
    (person) => {
      const { evaluation, planned } = planFor(rules, person, nowS);
      tally.add(person.earner, planned);
      counted.add(evaluation);
    },
    report,
    signal,
  );
  const made = await costed(parts, asked, tally.plan());
  return { ...made, ...seen, rules, unreadable, census: counted.stats() };
}

async function costed({ quota, pace }: PlanParts, { maxRps }: Pick<PlanAsked, 'maxRps'>, plan: Plan) {
  const reading = await quota.known();
  const cost = costOf(plan, {
    batchMax: pace.batchMax,
    maxRps,
    quotaLeft: reading?.left ?? null,
    quotaFloor: pace.quota.floor,
  });
  return { plan, cost, quota: reading };
}

/** Before anybody is looked at: were it to change meanwhile, the plan would be of other rules. */
async function seenIn({ schemes }: PlanParts): Promise<Pick<MadePlan, 'inForce' | 'started'>> {
  const [inForce, now] = await Promise.all([schemes.inForce(), schemes.now()]);
  return { inForce, started: inForce === null ? null : now.scheme.version };
}
