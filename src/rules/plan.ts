import type { Assertion } from '../earners/record.js';
import type { Portfolio } from '../earners/person.js';
import { asClientId, type AwardId, type BadgeId, type EarnerKey } from '../ids.js';
import { hypotheticalAssertion } from './countable.js';
import { evaluate } from './evaluate.js';
import type { AwardVerdict, Evaluation } from './evaluation.js';
import { evaluateDuringRollout, type Rules } from './rollout.js';
import type { Award } from './types.js';

/** The input of a plan for one person. */
export interface PersonFacts {
  readonly earner: EarnerKey;
  readonly portfolio: Portfolio;
  /** The generation of the last rollout in which new data was stored for this person; 0: none. */
  readonly lastSchemeGeneration: number;
  /** Badges whose award is open: due, being issued, or being revoked. */
  readonly underWay: ReadonlySet<BadgeId>;
  /** Badges that OBF permanently refused for this person. */
  readonly refused: ReadonlySet<BadgeId>;
  /** The ledger has a due award; it may not have reached the outbox. */
  readonly isWaiting?: boolean;
}

/**
 * - `gains`: due, and will be issued.
 * - `underWay`, `refused`: due, and being issued, or permanently refused by OBF.
 * - `blocked`, `inactive`: met, and revoked by hand, or switched off.
 * - `losesRule`: held, and met only by the rules in force. The person keeps the badge.
 */
export type PlanKind = 'gains' | 'losesRule' | 'underWay' | 'refused' | 'blocked' | 'inactive';

/** What the new rules change about one award for one person. */
export interface Planned {
  readonly award: Award;
  readonly kind: PlanKind;
}

/**
 * Plans what changes for one person when `rules.scheme` comes into force for everybody. Pure.
 * @param nowS the clock, Unix seconds
 * @param only the one award that comes into force; the others keep the rules in force
 * @throws TypeError, RangeError as `evaluate`
 */
export function planFor(rules: Rules, person: PersonFacts, nowS: number, only: AwardId | null = null) {
  /** By the new rules. */
  const evaluation = evaluate(rules.scheme, person.portfolio, nowS);
  if (only !== null) return { evaluation, planned: planOneAward(rules, person, evaluation, only) };
  const planned = evaluation.awards.flatMap((verdict) => plannedOf(verdict, person));
  return { evaluation, planned: [...planned, ...lostRules(rules, person, evaluation)] };
}

/** Returns nothing for an award that is held or not met. */
function plannedOf({ award, status, met }: AwardVerdict, person: PersonFacts): readonly Planned[] {
  if (!met || status === 'held' || status === 'not_met') return [];
  return [{ award, kind: status === 'due' ? issuingKind(award, person) : status }];
}

function issuingKind({ badgeId }: Award, { underWay, refused }: PersonFacts): PlanKind {
  if (underWay.has(badgeId)) return 'underWay';
  return refused.has(badgeId) ? 'refused' : 'gains';
}

/** Returns the held awards that only the rules in force meet, awards that the new rules remove included. */
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

/** Gaining one award can make others due that hold it, by the rules in force. */
function planOneAward(
  rules: Rules,
  person: PersonFacts,
  { awards, nowS }: Evaluation,
  only: AwardId,
): readonly Planned[] {
  const planned = awards
    .filter(({ award }) => award.id === only)
    .flatMap((verdict) => plannedOf(verdict, person));
  if (!planned.some(({ kind }) => kind === 'gains')) return planned;
  const gained = gainedWith(rules, person, nowS, only);
  return awards
    .filter(({ award }) => gained.has(award.badgeId))
    .map(({ award }) => ({ award, kind: issuingKind(award, person) }))
    .filter(({ kind }) => kind === 'gains');
}

/** Evaluates again with the gained awards as held, until no more awards are gained. */
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
    const newlyDue = due.map(({ award }) => award.badgeId).filter((badgeId) => !gained.has(badgeId));
    if (newlyDue.length === 0) return gained;
    for (const badgeId of newlyDue) gained.add(badgeId);
    const issued = newlyDue.filter((badgeId) => !refused.has(badgeId));
    held = [
      ...held,
      ...issued.map((badgeId) => hypotheticalAssertion(badgeId, asClientId('supposed'), nowS)),
    ];
  }
}

/** What changes for everybody when rules come into force. */
export type Plan = ReturnType<ReturnType<typeof startPlan>['plan']>;

/**
 * Starts a plan, to which people are added one by one.
 * @param keysPerAward how many earner keys an award keeps of each kind: those of the first people added
 */
export function startPlan({ scheme, rollout }: Rules, only: AwardId | null, keysPerAward = Infinity) {
  const removedByScheme = removedAwards(rollout?.inForce?.awards ?? [], scheme.awards);
  const counters = [...scheme.awards, ...removedByScheme].map((award) => ({
    award,
    /** Only the rules in force have it: its holders keep it. */
    removed: removedByScheme.includes(award),
    gains: { count: 0, keys: new Array<EarnerKey>() },
    losesRule: { count: 0, keys: new Array<EarnerKey>() },
    underWay: 0,
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
      /** The one award that comes into force; null: all. */
      only,
      /** How many people were added. */
      people,
      /** How many people gain an award or more. */
      gainers,
      /** In the order of the new rules; then the removed awards. */
      awards: counters.map(({ gains, losesRule, ...counter }) => ({
        ...counter,
        gains: { ...gains, keys: gains.keys.toSorted() },
        losesRule: { ...losesRule, keys: losesRule.keys.toSorted() },
      })),
    }),
  };
}

export interface IssuingLimits {
  /** Recipients in one issue call, at most. */
  readonly batchMax: number;
  /** Calls a second that OBF allows. */
  readonly maxRps: number;
  /** Badges left in OBF's quota; null: not known. */
  readonly quotaLeft: number | null;
  /** Issuing stops before the quota falls below this. */
  readonly quotaFloor: number;
}

/** The issue call; before it, a look in the Région's account; after it, a read of the event. */
const CALLS_A_BATCH = 3;

/** Estimates what applying a plan costs. */
export function costOf({ awards }: Plan, { batchMax, maxRps, quotaLeft, quotaFloor }: IssuingLimits) {
  const batches = new Map(
    awards.map(({ award, gains }) => [award.badgeId, Math.ceil(gains.count / batchMax)] as const),
  );
  const issues = awards.reduce((sum, { gains }) => sum + gains.count, 0);
  const calls = CALLS_A_BATCH * [...batches.values()].reduce((sum, count) => sum + count, 0);
  return {
    /** Badges to issue. */
    issues,
    /** Issue calls, by badge. */
    batches,
    /** All calls to OBF, reads included. */
    calls,
    /** The shortest time at OBF's rate, in whole seconds. */
    atLeastS: Math.ceil(calls / maxRps),
    /** Badges left in the quota afterwards; null: not known. */
    quotaAfter: quotaLeft === null ? null : quotaLeft - issues,
    /** How many badges the quota lacks; 0: none, or not known. */
    quotaShort: quotaLeft === null || issues === 0 ? 0 : Math.max(0, issues + quotaFloor - quotaLeft),
  };
}
