import type { Assertion } from '../earners/record.js';
import type { Portfolio } from '../earners/person.js';
import { asClientId, type AwardId, type BadgeId, type EarnerKey } from '../ids.js';
import { supposed } from './countable.js';
import { evaluate } from './evaluate.js';
import type { AwardVerdict, Evaluation } from './evaluation.js';
import { evaluateDuringRollout, type Rules } from './rollout.js';
import type { Award } from './types.js';

/** What a plan needs to know of one person. */
export interface PersonFacts {
  readonly earner: EarnerKey;
  readonly portfolio: Portfolio;
  /** The generation of the latest rollout under which something new was stored; 0: none. */
  readonly lastSchemeGeneration: number;
  /** Badges that are being issued to this person. */
  readonly inFlight: ReadonlySet<BadgeId>;
  /** Badges that OBF refused for this person, for good. */
  readonly refused: ReadonlySet<BadgeId>;
  /** The ledger has an award of theirs as due; it may not have reached the outbox. */
  readonly isWaiting?: boolean;
}

/**
 * - `gains`: due once the rules are in force, and nothing is in flight;
 * - `losesRule`: held, and met by the rules in force only: the badge is kept;
 * - `inFlight`, `refused`: due, and in flight, or refused by OBF for good;
 * - `blocked`, `inactive`: would be due, were it not revoked by hand, or switched off.
 */
export type PlanKind = 'gains' | 'losesRule' | 'inFlight' | 'refused' | 'blocked' | 'inactive';

/** What the new rules make of one award for one person. */
export interface Planned {
  readonly award: Award;
  readonly kind: PlanKind;
}

/**
 * What happens to one person when `rules.scheme` is put into force for everybody. Pure.
 * @param nowS the clock, Unix seconds
 * @param only put this one award into force; the others stay under the rules in force
 * @throws TypeError, RangeError as `evaluate`
 */
export function planFor(rules: Rules, person: PersonFacts, nowS: number, only: AwardId | null = null) {
  /** By the new rules. */
  const evaluation = evaluate(rules.scheme, person.portfolio, nowS);
  if (only !== null) return { evaluation, planned: planOneAward(rules, person, evaluation, only) };
  const planned = evaluation.awards.flatMap((verdict) => plannedOf(verdict, person));
  return { evaluation, planned: [...planned, ...lostRules(rules, person, evaluation)] };
}

/** An award that is held or not met changes nothing. */
function plannedOf({ award, status, met }: AwardVerdict, person: PersonFacts): readonly Planned[] {
  if (!met || status === 'held' || status === 'not_met') return [];
  return [{ award, kind: status === 'due' ? issuingKind(award, person) : status }];
}

function issuingKind({ badgeId }: Award, { inFlight, refused }: PersonFacts): PlanKind {
  if (inFlight.has(badgeId)) return 'inFlight';
  return refused.has(badgeId) ? 'refused' : 'gains';
}

/** Held and no longer qualified for; includes awards that the new rules do not have. */
function lostRules(
  { scheme, rollout }: Rules,
  { portfolio }: PersonFacts,
  { awards, nowS }: Evaluation,
): readonly Planned[] {
  const inForce = rollout?.inForce ?? null;
  if (inForce === null || portfolio.held.length === 0) return [];
  const unmet = awards.filter(({ status, met }) => status === 'held' && !met).map(({ award }) => award);
  const candidates = [...unmet, ...removedAwards(inForce.awards, scheme.awards)];
  if (candidates.length === 0) return [];
  const before = evaluate(inForce, portfolio, nowS).awards;
  const metBefore = new Set(
    before.filter(({ status, met }) => status === 'held' && met).map(({ award }) => award.badgeId),
  );
  return candidates
    .filter(({ badgeId }) => metBefore.has(badgeId))
    .map((award) => ({ award, kind: 'losesRule' }));
}

function removedAwards(before: readonly Award[], after: readonly Award[]): readonly Award[] {
  const kept = new Set(after.map(({ badgeId }) => badgeId));
  return before.filter(({ badgeId }) => !kept.has(badgeId));
}

/** Gaining one award may complete others that hold it and are due by the rules in force. */
function planOneAward(
  rules: Rules,
  person: PersonFacts,
  { awards, nowS }: Evaluation,
  only: AwardId,
): readonly Planned[] {
  const own = awards
    .filter(({ award }) => award.id === only)
    .flatMap((verdict) => plannedOf(verdict, person));
  if (!own.some(({ kind }) => kind === 'gains')) return own;
  const gained = gainedWith(rules, person, nowS, only);
  return awards
    .filter(({ award }) => gained.has(award.badgeId))
    .map(({ award }) => ({ award, kind: issuingKind(award, person) }))
    .filter(({ kind }) => kind === 'gains');
}

/** Evaluates again with what was gained as held, until nothing more is gained. */
function gainedWith(
  { scheme, rollout }: Rules,
  { portfolio, lastSchemeGeneration, refused }: PersonFacts,
  nowS: number,
  only: AwardId,
): ReadonlySet<BadgeId> {
  const released = new Set([...(rollout?.released ?? []), only]);
  const rules = { scheme, rollout: rollout === null ? null : { ...rollout, released } };
  const gained = new Set<BadgeId>();
  let held: readonly Assertion[] = portfolio.held;
  for (;;) {
    const { due } = evaluateDuringRollout(rules, { ...portfolio, held }, lastSchemeGeneration, nowS);
    const more = due.map(({ award }) => award.badgeId).filter((badgeId) => !gained.has(badgeId));
    if (more.length === 0) return gained;
    for (const badgeId of more) gained.add(badgeId);
    const issued = more.filter((badgeId) => !refused.has(badgeId));
    held = [...held, ...issued.map((badgeId) => supposed(badgeId, asClientId('supposed'), nowS))];
  }
}

/** What happens to everybody when rules are put into force. */
export type Plan = ReturnType<ReturnType<typeof startPlan>['plan']>;

/**
 * Adds up what is planned for each person, while people are read.
 * @param keysPerAward how many keys of each kind an award keeps: those of the first to come
 */
export function startPlan({ scheme, rollout }: Rules, only: AwardId | null, keysPerAward = Infinity) {
  const removedOnes = removedAwards(rollout?.inForce?.awards ?? [], scheme.awards);
  const counters = [...scheme.awards, ...removedOnes].map((award) => ({
    award,
    /** In the rules in force and not in the new ones: holders keep it. */
    removed: removedOnes.includes(award),
    gains: { count: 0, keys: new Array<EarnerKey>() },
    losesRule: { count: 0, keys: new Array<EarnerKey>() },
    inFlight: 0,
    refused: 0,
    blocked: 0,
    inactive: 0,
  }));
  const byBadge = new Map(counters.map((counter) => [counter.award.badgeId, counter]));
  let [people, gainers] = [0, 0];
  return {
    add(earner: EarnerKey, planned: readonly Planned[]): void {
      people += 1;
      if (planned.some(({ kind }) => kind === 'gains')) gainers += 1;
      for (const { award, kind } of planned) {
        const counter = byBadge.get(award.badgeId);
        if (counter === undefined) continue;
        if (kind === 'gains' || kind === 'losesRule') {
          counter[kind].count += 1;
          if (counter[kind].keys.length < keysPerAward) counter[kind].keys.push(earner);
        } else counter[kind] += 1;
      }
    },
    plan: () => ({
      /** Of the new rules. */
      version: scheme.version,
      /** The award that is put into force alone; null: all of them. */
      only,
      /** How many people were looked at. */
      people,
      /** How many gain something. */
      gainers,
      /** In the order of the rules; then those that are removed. */
      awards: counters.map(({ gains, losesRule, ...one }) => ({
        ...one,
        gains: inOrder(gains),
        losesRule: inOrder(losesRule),
      })),
    }),
  };
}

/** People of one kind: all are counted, and those whose keys were kept are named. */
interface Listed {
  readonly count: number;
  readonly keys: readonly EarnerKey[];
}
const inOrder = ({ count, keys }: Listed): Listed => ({ count, keys: keys.toSorted() });

/** Batch size and what OBF allows. */
export interface IssuingLimits {
  /** Recipients in one issue call, at most. */
  readonly batchMax: number;
  /** OBF's calls per second. */
  readonly maxRps: number;
  /** Badges that OBF's quota has left; null: not known. */
  readonly quotaLeft: number | null;
  /** Issuing stops rather than leave fewer. */
  readonly quotaFloor: number;
}

/** One issue call, one look at the Région's account before it, one reading of the event after it. */
const CALLS_A_BATCH = 3;

/** What applying a plan costs. */
export function costOf({ awards }: Plan, { batchMax, maxRps, quotaLeft, quotaFloor }: IssuingLimits) {
  const batches = new Map(
    awards.map(({ award, gains }) => [award.badgeId, Math.ceil(gains.count / batchMax)] as const),
  );
  const issues = awards.reduce((sum, { gains }) => sum + gains.count, 0);
  const calls = CALLS_A_BATCH * [...batches.values()].reduce((sum, count) => sum + count, 0);
  return {
    /** Badges to be issued. */
    issues,
    /** Issue calls, by badge. */
    batches,
    /** All calls of OBF, reads included. */
    calls,
    /** The least time at OBF's rate, in whole seconds. */
    atLeastS: Math.ceil(calls / maxRps),
    /** What the quota has left afterwards; null: not known. */
    quotaAfter: quotaLeft === null ? null : quotaLeft - issues,
    /** How many badges the quota is too small by; 0: enough, or not known. */
    quotaShort: quotaLeft === null || issues === 0 ? 0 : Math.max(0, issues + quotaFloor - quotaLeft),
  };
}
