import type { AwardId } from '../ids.js';
import { type Choice, choose } from './choice.js';
import { type Candidate, byIssueDate } from './countable.js';
import { abilityOf, picks, type Window, windowOf, within } from './selector.js';
import type { BadgesCondition, Condition, Scheme } from './types.js';
import {
  assertNever,
  type BadgesResult,
  type ConditionResult,
  type Exclusion,
  type ConditionExclusionReason,
  reached,
  type Tally,
} from './evaluation.js';

/**
 * What became of `{ at_least: N, of: selector, ... }`.
 * @param candidates every assertion that counts at `nowS` (Unix seconds), oldest first
 */
export function evaluateBadges(
  condition: BadgesCondition,
  scheme: Scheme,
  candidates: readonly Candidate[],
  nowS: number,
): BadgesResult {
  const window = windowOf(scheme, condition, nowS);
  const picked = candidates.filter(({ enrolment }) => picks(condition.selector, enrolment));
  const inTime = picked.filter(({ assertion }) => within(window, assertion.issuedOnS));
  const choice = choose(inTime, {
    perIssuer: condition.perIssuer ?? null,
    abilities: condition.abilities !== undefined,
  });
  return {
    kind: 'badges',
    condition,
    ...talliesOf(condition, choice),
    counted: choice.counted.map(({ assertion }) => assertion),
    excluded: inTime.length === picked.length ? choice.excluded : withOutOfTime(picked, window, choice),
  };
}

function withOutOfTime(
  picked: readonly Candidate[],
  window: Window,
  { excluded }: Choice,
): readonly Exclusion<ConditionExclusionReason>[] {
  const outOfTime = picked
    .filter(({ assertion }) => !within(window, assertion.issuedOnS))
    .map(({ assertion }) => ({ assertion, reason: { why: 'outside_condition_dates', ...window } as const }));
  return [...outOfTime, ...excluded].toSorted((a, b) => byIssueDate(a.assertion, b.assertion));
}

/** A plan judges for everybody: what a condition does not ask for is not counted. */
const tally = (need: number | undefined, counted: () => ReadonlySet<string>): Tally | null =>
  need === undefined ? null : { have: counted().size, need };

const isReached = (one: Tally | null): boolean => one === null || reached(one);

/** Met when every tally is: the choice makes each of them as great as it can be, all at once. */
function talliesOf(
  condition: BadgesCondition,
  { counted }: Choice,
): Pick<BadgesResult, 'met' | 'badges' | 'issuers' | 'abilities'> {
  const badges = { have: counted.length, need: condition.atLeast };
  const issuers = tally(condition.issuers, () => new Set(counted.map(({ enrolment }) => enrolment.clientId)));
  const abilities = tally(
    condition.abilities,
    () => new Set(counted.flatMap(({ enrolment }) => abilityOf(enrolment) ?? [])),
  );
  const met = reached(badges) && isReached(issuers) && isReached(abilities);
  return { met, badges, issuers, abilities };
}

/** All that a condition may look at. */
export interface Facts {
  readonly scheme: Scheme;
  /** Unix seconds. */
  readonly nowS: number;
  /** Every assertion that counts, oldest first. */
  readonly candidates: readonly Candidate[];
  /** The awards that are held or due; those that a rule holds are settled before it. */
  readonly standing: ReadonlyMap<AwardId, 'held' | 'due'>;
}

/** Interprets a rule: the same tree, with what each condition has and needs. */
export function evaluateCondition(condition: Condition, facts: Facts): ConditionResult {
  switch (condition.kind) {
    case 'all':
      return group('all', condition.of, condition.of.length, facts);
    case 'any':
      return group('any', condition.of, 1, facts);
    case 'at_least':
      return group('at_least', condition.of, condition.atLeast, facts);
    case 'holds':
      return holds(condition.award, facts);
    case 'badges':
      return evaluateBadges(condition, facts.scheme, facts.candidates, facts.nowS);
  }
  return assertNever(condition);
}

function group(
  kind: 'all' | 'any' | 'at_least',
  conditions: readonly Condition[],
  need: number,
  facts: Facts,
): ConditionResult {
  const of = conditions.map((condition) => evaluateCondition(condition, facts));
  const have = of.filter((result) => result.met).length;
  return { kind, met: reached({ have, need }), have, need, of };
}

function holds(award: AwardId, { standing }: Facts): ConditionResult {
  const through = standing.get(award) ?? null;
  return { kind: 'holds', award, met: through !== null, through };
}
