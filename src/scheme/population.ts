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

/** Receives how many addresses were looked at, of how many. */
export type OnProgress = (done: number, total: number) => void;

/**
 * Has everybody looked at, once.
 * @returns those who could not be, sorted: what Redis holds of them cannot be read
 * @throws the signal's reason once it is aborted
 */
export async function forEachPerson(
  sources: PersonSources,
  look: (person: PersonFacts) => void,
  report: OnProgress,
  signal: AbortSignal,
): Promise<readonly EarnerKey[]> {
  const left: EarnerKey[] = [];
  const unreadable = (earner: EarnerKey): void => void left.push(earner);
  for await (const people of iteratePeople(sources, signal, { unreadable, progress: report }))
    for (const person of people) look(factsOf(person));
  return left.toSorted();
}

/** States in which something is still to happen: OBF is about to be told of an award, or may have been. */
export const UNFINISHED: readonly AwardState[] = ['due', 'claimed', 'unknown', 'revoking'];

const factsOf = ({ earner, portfolio, lastSchemeGeneration, records }: Person): PersonFacts => ({
  earner,
  portfolio,
  lastSchemeGeneration,
  inFlight: badgesIn(records, UNFINISHED),
  refused: badgesIn(records, ['refused']),
  isWaiting: records.some(({ record }) => record.state === 'due'),
});

const badgesIn = (records: Person['records'], states: readonly AwardState[]): ReadonlySet<BadgeId> =>
  new Set(records.filter(({ record }) => states.includes(record.state)).map(({ badgeId }) => badgeId));

/** What a plan is made with. */
export interface PlanParts extends PersonSources {
  readonly clock: Clock;
  /** How many leave in one call, and how many badges of the quota are left untouched. */
  readonly pace: { readonly batchMax: number; readonly quota: { readonly floor: number } };
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
  /** Receives how each person would stand with each award of it. */
  readonly judged?: (evaluation: Evaluation) => void;
}

export type MadePlan = Awaited<ReturnType<typeof makePlan>>;

/**
 * What becomes of everybody when a scheme is put into force, wholly or for one award, and what it costs. Reads alone, and
 * OBF is not called: it may be asked at any time, also for a scheme that no process was ever started with.
 * @throws the signal's reason once it is aborted
 */
export async function makePlan(
  parts: PlanParts,
  { scheme, only, maxRps, keysPerAward, judged }: PlanAsked,
  report: OnProgress,
  signal: AbortSignal,
) {
  const { schemes, quota, pace, clock } = parts;
  // Before anybody is looked at: were it to change meanwhile, the plan would be of other rules.
  const [inForce, now] = await Promise.all([schemes.inForce(), schemes.now()]);
  const rules = await schemes.wouldBe(scheme);
  const tally = startPlan(rules, only, keysPerAward);
  const nowS = secondsOf(clock);
  const look = (person: PersonFacts): void => {
    const { evaluation, planned } = planFor(rules, person, nowS, only);
    tally.add(person.earner, planned);
    judged?.(evaluation);
  };
  const unreadable = await forEachPerson(parts, look, report, signal);
  const plan = tally.plan();
  const reading = await quota.known();
  const [quotaLeft, quotaFloor] = [reading?.left ?? null, pace.quota.floor];
  return {
    plan,
    cost: costOf(plan, { batchMax: pace.batchMax, maxRps, quotaLeft, quotaFloor }),
    /** Below how many badges of the quota issuing stops. */
    floor: quotaFloor,
    quota: reading,
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

const asPairs = (_name: string, value: unknown): unknown => (value instanceof Map ? [...value] : value);

const head = z.object({
  /** When everyone was looked at, Unix seconds, and under which version of the scheme. */
  atS: z.number(),
  version: z.string().transform(asSchemeVersion),
  people: z.number(),
});
/** Besides, each of the counts by its name. */
const form = head.catchall(z.array(z.tuple([z.string(), z.number()])).transform((pairs) => new Map(pairs)));
export type StoredPopulation = z.output<typeof head> & PeopleCounts;
export type PopulationStore = ReturnType<typeof createPopulationStore>;

/**
 * What the last count gave, so that nobody has to look at everybody for it.
 * @param prefix of the keys
 */
export function createPopulationStore(redis: RedisConnection, prefix: string) {
  const key = `${prefix}:population`;
  return {
    /** Null: there was none, or a Palier that we do not know took it. */
    read: async (): Promise<StoredPopulation | null> =>
      parseStored(form.nullable().catch(null), key, await redis.get(key)),
    async write(counted: StoredPopulation): Promise<void> {
      await redis.set(key, JSON.stringify(counted, asPairs));
    },
  };
}

/**
 * Looks at everybody by the rules that new facts are judged by, and keeps what came of it. May be repeated.
 * @returns `unsettled`: everybody with an award on its way, and who has still to be given or to lose one: time alone may
 *   have met its rule, or nobody was told. The latter not while an application without e-mail is not ended: it gives
 *   them theirs
 * @throws the signal's reason once it is aborted: what was stored before stays
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
  const [underWay, undone]: [EarnerKey[], EarnerKey[]] = [[], []];
  const look = ({ earner, portfolio, lastSchemeGeneration, inFlight, refused }: PersonFacts): void => {
    const { evaluation, due, lost } = evaluateDuringRollout(rules, portfolio, lastSchemeGeneration, nowS);
    tally.add(evaluation);
    const isDue = due.some(({ award }) => !refused.has(award.badgeId));
    if (inFlight.size > 0) underWay.push(earner);
    else if (isDue || lost.some(({ onLoss }) => onLoss !== 'keep')) undone.push(earner);
  };
  await forEachPerson(parts, look, () => undefined, signal);
  const { version, people, counts } = tally.stats();
  await parts.population.write({ atS: nowS, version, people, ...counts });
  // Asked last: one that ended meanwhile has put them on their way.
  const isQuiet = (await parts.schemes.unfinished())?.suppressEmail === true;
  return { people, unsettled: isQuiet ? underWay : [...underWay, ...undone] };
}
