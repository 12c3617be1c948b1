import type { AwardId } from '../ids.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import { countPopulation } from '../rules/population-stats.js';
import { costOf, planFor, type PersonFacts, startPlan } from '../rules/plan.js';
import type { Scheme } from '../rules/types.js';
import { forEachPerson, type Report } from './population.js';
import type { PeopleSources } from '../earners/people.js';
import type { Schemes } from './schemes.js';

/** What a plan is made with. */
export interface PlanParts {
  readonly clock: Clock;
  /** How many leave in one call, and how many badges of the quota are left untouched. */
  readonly pace: { readonly batchMax: number; readonly quota: { readonly floor: number } };
  readonly people: PeopleSources;
  readonly schemes: Pick<Schemes, 'now' | 'wouldBe' | 'inForce'>;
  /** How many badges OBF lets the Région issue (null: it does not say), as read at an instant; null: never read. */
  readonly quota: { known(): Promise<{ readonly left: number | null; readonly readMs: number } | null> };
}

/** What the plan is to be of. */
export interface PlanAsked {
  /** The files as they are, or a proposal. */
  readonly scheme: Scheme;
  /** The one award that would be put into force; null: all. */
  readonly only: AwardId | null;
  /** OBF's calls per second. */
  readonly maxRps: number;
  /** How many people of each award are named; by default all. */
  readonly keysPerAward?: number;
}

export type MadePlan = Awaited<ReturnType<typeof makePlan>>;

/**
 * What becomes of everybody when a scheme is put into force, wholly or for one award, and what it costs. Reads alone, and
 * OBF is not called: it may be asked at any time, also for a scheme that no process was ever started with.
 * @throws the signal's reason once it is aborted
 */
export async function makePlan(
  { people, schemes, quota, pace, clock }: PlanParts,
  { scheme, only, maxRps, keysPerAward }: PlanAsked,
  report: Report,
  signal: AbortSignal,
) {
  // Before anybody is looked at: were it to change meanwhile, the plan would be of other rules.
  const [inForce, now] = await Promise.all([schemes.inForce(), schemes.now()]);
  const rules = await schemes.wouldBe(scheme);
  const tally = startPlan(rules, only, keysPerAward);
  const population = countPopulation(scheme);
  const nowS = secondsOf(clock);
  const look = (person: PersonFacts): void => {
    const { evaluation, planned } = planFor(rules, person, nowS, only);
    tally.add(person.earner, planned);
    population.add(evaluation);
  };
  const unreadable = await forEachPerson(people, look, report, signal);
  const plan = tally.plan();
  const reading = await quota.known();
  const [quotaLeft, quotaFloor] = [reading?.left ?? null, pace.quota.floor];
  return {
    plan,
    cost: costOf(plan, { batchMax: pace.batchMax, maxRps, quotaLeft, quotaFloor }),
    /** OBF's calls per second, and below how many badges of the quota issuing stops: the cost was reckoned with them. */
    maxRps,
    floor: quotaFloor,
    quota: reading,
    /** How everybody would stand with each award of the scheme. */
    census: population.stats(),
    /** The version in force; null: no process was ever started. */
    inForce,
    /** The version that new facts are judged by; null: no process was ever started. */
    started: inForce === null ? null : now.scheme.version,
    /** As they would be, had a process been started with this scheme. */
    rules,
    /** Those who are not in the plan, because they could not be looked at. */
    unreadable,
  };
}
