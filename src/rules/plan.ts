import { asAssertionId, asClientId, type AwardId, type BadgeId, type EarnerKey } from '../ids.js';
import type { Assertion } from '../earners/assertion.js';
import type { Portfolio } from '../earners/portfolio.js';
import { judgeUnder, type Rules } from './change.js';
import { evaluate } from './evaluate.js';
import type { Award } from './types.js';
import type { AwardVerdict, Evaluation } from './verdict.js';

/** What a plan needs to know of one person. */
export interface PersonFacts {
  readonly earner: EarnerKey;
  readonly portfolio: Portfolio;
  /** The latest change of the rules (its generation) under which something new was stored; 0: none. */
  readonly touched: number;
  /** Badges that are on their way to this person already. */
  readonly underWay: ReadonlySet<BadgeId>;
  /** Badges that OBF refused for this person, for good. */
  readonly refused: ReadonlySet<BadgeId>;
  /** An award of theirs is written down as due, and may or may not have been sent on its way. */
  readonly isWaiting?: boolean;
}

/**
 * - `gains`: due once the rules are in force, and nothing is on its way yet;
 * - `loses_rule`: held, and the rule is not met any more, which in force it is: the badge is kept;
 * - `under_way`, `refused`: due, and on its way already, or refused by OBF for good;
 * - `blocked`, `inactive`: would be due, were it not revoked by hand, or switched off.
 */
export type PlanKind = 'gains' | 'loses_rule' | 'under_way' | 'refused' | 'blocked' | 'inactive';

/** What the rules, once in force, make of one award for one person. */
export interface Planned {
  readonly award: Award;
  readonly kind: PlanKind;
}

export interface PersonPlan {
  /** By the rules that are to be in force. */
  readonly evaluation: Evaluation;
  readonly planned: readonly Planned[];
}

/**
 * What becomes of one person when `rules.scheme` is put into force for everybody, or for one award. Pure.
 * @param nowS the clock, Unix seconds
 * @param only the one award that is put into force; the others stay under the rules in force
 * @throws RuleFault, RangeError as `evaluate`
 */
export function planFor(
  rules: Rules,
  person: PersonFacts,
  nowS: number,
  only: AwardId | null = null,
): PersonPlan {
  const evaluation = evaluate(rules.scheme, person.portfolio, nowS);
  if (only !== null) return { evaluation, planned: plannedByOne(rules, person, evaluation, only) };
  const planned = evaluation.awards.flatMap((verdict) => plannedOf(verdict, person));
  return { evaluation, planned: [...planned, ...rulesLost(rules, person, evaluation)] };
}

/** Of an award that is held, or whose rule is not met, there is nothing to say. */
function plannedOf({ award, status, met }: AwardVerdict, person: PersonFacts): readonly Planned[] {
  if (!met || status === 'held' || status === 'not_met') return NOTHING;
  return [{ award, kind: status === 'due' ? wayOf(award, person) : status }];
}

const NOTHING: readonly Planned[] = [];

function wayOf({ badgeId }: Award, { underWay, refused }: PersonFacts): PlanKind {
  if (underWay.has(badgeId)) return 'under_way';
  return refused.has(badgeId) ? 'refused' : 'gains';
}

/** Held, and not qualified for any more; awards that are not in the new rules at all among them. */
function rulesLost(
  { scheme, change }: Rules,
  { portfolio }: PersonFacts,
  { awards, nowS }: Evaluation,
): readonly Planned[] {
  if (change === null || change.inForce === null || portfolio.held.length === 0) return NOTHING;
  const unmet = awards.filter(({ status, met }) => status === 'held' && !met).map(({ award }) => award);
  const known = new Set(scheme.awards.map(({ badgeId }) => badgeId));
  const removed = change.inForce.awards.filter(({ badgeId }) => !known.has(badgeId));
  const asked = [...unmet, ...removed];
  if (asked.length === 0) return NOTHING;
  const before = evaluate(change.inForce, portfolio, nowS).awards;
  const metBefore = new Set(
    before.filter(({ status, met }) => status === 'held' && met).map(({ award }) => award.badgeId),
  );
  return asked
    .filter(({ badgeId }) => metBefore.has(badgeId))
    .map((award) => ({ award, kind: 'loses_rule' }));
}

/** Whoever gains the award may gain more by it: what holds it, and is due by the rules in force then. */
function plannedByOne(
  rules: Rules,
  person: PersonFacts,
  evaluation: Evaluation,
  only: AwardId,
): readonly Planned[] {
  const own = evaluation.awards
    .filter(({ award }) => award.id === only)
    .flatMap((verdict) => plannedOf(verdict, person));
  if (!own.some(({ kind }) => kind === 'gains')) return own;
  const given = givenWith(rules, person, evaluation.nowS, only);
  return evaluation.awards
    .filter(({ award }) => given.has(award.badgeId))
    .map(({ award }) => ({ award, kind: wayOf(award, person) }))
    .filter(({ kind }) => kind === 'gains');
}

/** Judged again and again, what was given held: each time something more is given, or it ends. */
function givenWith(
  { scheme, change }: Rules,
  { portfolio, touched, refused }: PersonFacts,
  nowS: number,
  only: AwardId,
): ReadonlySet<BadgeId> {
  const released = new Set([...(change?.released ?? []), only]);
  const rules = { scheme, change: change === null ? null : { ...change, released } };
  const given = new Set<BadgeId>();
  for (let { held } = portfolio; ;) {
    const due = judgeUnder(rules, { ...portfolio, held }, touched, nowS).due.map(
      ({ award }) => award.badgeId,
    );
    const more = due.filter((badgeId) => !given.has(badgeId));
    if (more.length === 0) return given;
    for (const badgeId of more) given.add(badgeId);
    held = [...held, ...more.filter((badgeId) => !refused.has(badgeId)).map((id) => asGiven(id, nowS))];
  }
}

const asGiven = (badgeId: BadgeId, nowS: number): Assertion => ({
  id: asAssertionId(`supposed ${badgeId}`),
  clientId: asClientId('supposed'),
  badgeId,
  eventId: null,
  issuedOnS: nowS,
  expiresOnS: null,
  revoked: false,
});
