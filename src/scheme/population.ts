import { z } from 'zod';
import { iteratePeople, type PersonSources, type Person } from '../earners/person.js';
import type { AwardState } from '../earners/record.js';
import { asSchemeVersion, type AwardId, type BadgeId, type EarnerKey } from '../ids.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import { parseStored } from '../platform/redis-commands.js';
import type { Evaluation } from '../rules/evaluation.js';
import { costOf, planFor, startPlan, type PersonFacts } from '../rules/plan.js';
import { countPopulation, type PeopleCounts } from '../rules/population-stats.js';
import { evaluateDuringRollout } from '../rules/rollout.js';
import type { Scheme } from '../rules/types.js';
import type { Schemes } from './schemes.js';

/** Receives how many addresses were read, of how many. */
export type OnProgress = (done: number, total: number) => void;

/**
 * Calls `look` once for each person.
 * @returns the earners whose records cannot be read, sorted
 * @throws the signal's reason once it is aborted
 */
export async function forEachPerson(
  sources: PersonSources,
  look: (person: PersonFacts) => void,
  signal: AbortSignal,
  progress: OnProgress = () => undefined,
): Promise<readonly EarnerKey[]> {
  const skipped: EarnerKey[] = [];
  const unreadable = (earner: EarnerKey): void => void skipped.push(earner);
  for await (const people of iteratePeople(sources, signal, { unreadable, progress }))
    for (const person of people) look(factsOf(person));
  return skipped.toSorted();
}

/** Award states with a call of OBF ahead, or with one of unknown outcome. */
export const OPEN_AWARD_STATES: readonly AwardState[] = ['due', 'claimed', 'unknown', 'revoking'];

const factsOf = ({ earner, portfolio, lastSchemeGeneration, records }: Person): PersonFacts => ({
  earner,
  portfolio,
  lastSchemeGeneration,
  underWay: badgesIn(records, OPEN_AWARD_STATES),
  refused: badgesIn(records, ['refused']),
  isWaiting: records.some(({ record }) => record.state === 'due'),
});

const badgesIn = (records: Person['records'], states: readonly AwardState[]): ReadonlySet<BadgeId> =>
  new Set(records.filter(({ record }) => states.includes(record.state)).map(({ badgeId }) => badgeId));

export interface PlanParts extends PersonSources {
  readonly clock: Clock;
  /** The largest batch of one issue call, and how many badges of the quota issuing leaves unused. */
  readonly pace: { readonly batchMax: number; readonly quota: { readonly floor: number } };
  readonly schemes: Pick<Schemes, 'now' | 'rulesAfterStart' | 'inForce'>;
  /** How many badges OBF still lets the Région issue (null: no limit known), and when this was read; null: never. */
  readonly quota: { known(): Promise<{ readonly left: number | null; readonly readMs: number } | null> };
}

export interface PlanOptions {
  /** The files as they are, or a proposal. */
  readonly scheme: Scheme;
  /** The one award that would be put into force; null: all. */
  readonly only: AwardId | null;
  /** OBF's calls per second. */
  readonly maxRps: number;
  /** How many people of each award the plan names; by default all. */
  readonly keysPerAward?: number;
  /** Receives each person's evaluation by this scheme. */
  readonly onEvaluation?: (evaluation: Evaluation) => void;
}

export type PlanResult = Awaited<ReturnType<typeof makePlan>>;

/**
 * Computes who gains which award by putting a scheme into force, wholly or for one award, and the cost.
 * Only reads Redis and never calls OBF, so it is safe at any time. No process need have been started with the scheme.
 * @throws the signal's reason once it is aborted
 */
export async function makePlan(
  parts: PlanParts,
  { scheme, only, maxRps, keysPerAward, onEvaluation }: PlanOptions,
  progress: OnProgress,
  signal: AbortSignal,
) {
  const { schemes, quota, pace, clock } = parts;
  // Read before the first person, so that `apply` notices a change of the rules meanwhile.
  const [inForce, now] = await Promise.all([schemes.inForce(), schemes.now()]);
  const rules = await schemes.rulesAfterStart(scheme);
  const tally = startPlan(rules, only, keysPerAward);
  const nowS = secondsOf(clock);
  const look = (person: PersonFacts): void => {
    const { evaluation, planned } = planFor(rules, person, nowS, only);
    tally.add(person.earner, planned);
    onEvaluation?.(evaluation);
  };
  const unreadable = await forEachPerson(parts, look, signal, progress);
  const plan = tally.plan();
  const lastQuota = await quota.known();
  const [quotaLeft, quotaFloor] = [lastQuota?.left ?? null, pace.quota.floor];
  return {
    plan,
    cost: costOf(plan, { batchMax: pace.batchMax, maxRps, quotaLeft, quotaFloor }),
    /** Issuing stops when the quota falls to this. */
    floor: quotaFloor,
    quota: lastQuota,
    /** The version in force; null: no worker was ever started. */
    inForce,
    /** The version that evaluates new facts; null: no worker was ever started. */
    started: inForce === null ? null : now.scheme.version,
    /** The rules as they would be after a start with this scheme. */
    rules,
    /** The earners left out of the plan, because their records cannot be read. */
    unreadable,
  };
}

const asPairs = (_name: string, value: unknown): unknown => (value instanceof Map ? [...value] : value);

const head = z.object({
  /** When the count began, Unix seconds. */
  atS: z.number(),
  /** The scheme that the people were evaluated by. */
  version: z.string().transform(asSchemeVersion),
  people: z.number(),
});
/** Beside the head: each count by its name. */
const form = head.catchall(z.array(z.tuple([z.string(), z.number()])).transform((pairs) => new Map(pairs)));
export type StoredPopulation = z.output<typeof head> & PeopleCounts;
type PopulationStore = ReturnType<typeof createPopulationStore>;

/** Stores the last count of everybody, so that pages need not count again. */
export function createPopulationStore(redis: RedisConnection, prefix: string) {
  const key = `${prefix}:population`;
  return {
    /** Null: there was none yet, or another version of Palier stored it. */
    read: async (): Promise<StoredPopulation | null> =>
      parseStored(form.nullable().catch(null), key, await redis.get(key)),
    async write(counted: StoredPopulation): Promise<void> {
      await redis.set(key, JSON.stringify(counted, asPairs));
    },
  };
}

/**
 * Evaluates everybody by the rules for new facts, and stores the counts. Idempotent.
 * @returns `unsettled`: the earners to evaluate again. They have an award in flight, or one due or lost: time alone may
 *   do that, or a lost job. While an application without e-mail is unfinished, only earners in flight are returned:
 *   `apply` gives the others their awards.
 * @throws the signal's reason once it is aborted; the counts stored before then stay
 */
export async function storePopulation(
  parts: Pick<PlanParts, 'earners' | 'region' | 'clock'> & {
    readonly schemes: Pick<Schemes, 'now' | 'unfinished'>;
    readonly population: PopulationStore;
  },
  signal: AbortSignal,
): Promise<{ readonly people: number; readonly unsettled: readonly EarnerKey[] }> {
  const nowS = secondsOf(parts.clock);
  const rules = await parts.schemes.now();
  const tally = countPopulation(rules.scheme);
  const [earnersUnderWay, earnersWithChanges]: [EarnerKey[], EarnerKey[]] = [[], []];
  const look = ({ earner, portfolio, lastSchemeGeneration, underWay, refused }: PersonFacts): void => {
    const { evaluation, due, lost } = evaluateDuringRollout(rules, portfolio, lastSchemeGeneration, nowS);
    tally.add(evaluation);
    const isDue = due.some(({ award }) => !refused.has(award.badgeId));
    if (underWay.size > 0) earnersUnderWay.push(earner);
    else if (isDue || lost.some(({ onLoss }) => onLoss !== 'keep')) earnersWithChanges.push(earner);
  };
  await forEachPerson(parts, look, signal);
  const { byAward: _statuses, ...counted } = tally.stats();
  await parts.population.write({ atS: nowS, ...counted });
  // Read last: an application that ended meanwhile has already begun their awards.
  const isQuiet = (await parts.schemes.unfinished())?.suppressEmail === true;
  return {
    people: counted.people,
    unsettled: isQuiet ? earnersUnderWay : [...earnersUnderWay, ...earnersWithChanges],
  };
}
