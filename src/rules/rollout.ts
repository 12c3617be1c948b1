import type { AwardId, SchemeVersion } from '../ids.js';
import type { Assertion } from '../earners/record.js';
import type { Portfolio } from '../earners/person.js';
import { earnedThrough, evaluate, lostByRevocation } from './evaluate.js';
import type { Award, Scheme } from './types.js';
import type { Evaluation } from './evaluation.js';

/** New rules that are not in force yet. They decide for people with new data; others wait for `palier apply`. */
export interface PendingRollout {
  /** The rules in force; null when they are unreadable: nothing is due by them then. */
  readonly inForce: Scheme | null;
  /** Awards of the new rules that are in force already (`apply --only`). */
  readonly released: ReadonlySet<AwardId>;
  /** Grows with every change of the rules. A person's record keeps the generation of its latest new data. */
  readonly generation: number;
  /** When a process first started with the new files, Unix seconds. */
  readonly sinceS: number;
}

/** The current rules, the same for every process. */
export interface Rules {
  /** The rules for new data: the files of the last start, or those applied. */
  readonly scheme: Scheme;
  /** Null: the same rules are in force for everybody. */
  readonly rollout: PendingRollout | null;
}

/** An award to issue, and the assertions that earned it. */
export interface Due {
  readonly award: Award;
  readonly version: SchemeVersion;
  readonly earnedBy: readonly Assertion[];
}

/** The decision for one person at one instant. */
export interface PersonDecision {
  /** Under `rules.scheme`: commands and pages show it. */
  readonly evaluation: Evaluation;
  readonly due: readonly Due[];
  /** Due by the new rules alone: they wait for `palier apply`. */
  readonly waiting: ReadonlySet<AwardId>;
  /** Held, and lost by revocation; `onLoss` says what follows. */
  readonly lost: readonly Award[];
}

/**
 * Decides for one person, whether or not a rollout is pending. For people with new data, the new rules decide alone.
 * For others, an award is due when both versions give it, or when it was released. They lose awards by the rules in
 * force only, and none that was switched off since.
 * @param lastSchemeGeneration the generation in which new data of this person was last stored
 * @throws TypeError, RangeError as `evaluate`
 */
export function evaluateDuringRollout(
  { scheme, rollout }: Rules,
  portfolio: Portfolio,
  lastSchemeGeneration: number,
  nowS: number,
): PersonDecision {
  const evaluation = evaluate(scheme, portfolio, nowS);
  const dueAwards = evaluation.awards.filter(({ status }) => status === 'due').map(({ award }) => award);
  if (rollout === null || lastSchemeGeneration >= rollout.generation) {
    const due = dueAwards.map((award) => dueBy(evaluation, award));
    return { evaluation, due, waiting: new Set(), lost: lostByRevocation(scheme, portfolio, evaluation) };
  }
  const { inForce, released } = rollout;
  const before = inForce && evaluate(inForce, portfolio, nowS);
  const due = dueByBoth(scheme, released, evaluation, before, portfolio);
  const dueBadges = new Set(due.map(({ award }) => award.badgeId));
  const waiting = new Set(dueAwards.filter(({ badgeId }) => !dueBadges.has(badgeId)).map(({ id }) => id));
  const lost = inForce && before ? lostByRevocation(inForce, portfolio, before) : [];
  return { evaluation, due, waiting, lost: lost.flatMap((award) => withMildestLoss(award, scheme)) };
}

/** Returns the awards that are due while others wait. Evaluates until none of them rests on an award that waits. */
function dueByBoth(
  scheme: Scheme,
  released: PendingRollout['released'],
  evaluation: Evaluation,
  before: Evaluation | null,
  portfolio: Portfolio,
): readonly Due[] {
  const waiting = new Set<AwardId>();
  for (let after = evaluation; ;) {
    const dueAfter = after.awards.filter(({ status }) => status === 'due');
    const due = dueAfter.flatMap(({ award }) => {
      if (released.has(award.id)) return [dueBy(after, award)];
      const earlier = before?.awards.find((one) => one.award.badgeId === award.badgeId);
      return before !== null && earlier?.status === 'due' ? [dueBy(before, earlier.award)] : [];
    });
    const dueBadges = new Set(due.map(({ award }) => award.badgeId));
    const newlyWaiting = dueAfter.filter(({ award }) => !dueBadges.has(award.badgeId));
    if (newlyWaiting.length === 0) return due;
    for (const { award } of newlyWaiting) waiting.add(award.id);
    const awards = scheme.awards.map((award) =>
      waiting.has(award.id) ? { ...award, active: false } : award,
    );
    after = evaluate({ ...scheme, awards }, portfolio, evaluation.nowS);
  }
}

const MILDEST_FIRST: readonly Award['onLoss'][] = ['keep', 'flag', 'revoke'];

/** Returns the lost award with the milder `onLoss` of both versions; nothing when the new rules switched it off. */
function withMildestLoss(award: Award, { awards }: Scheme): readonly Award[] {
  const later = awards.find(({ badgeId }) => badgeId === award.badgeId);
  if (later?.active === false) return [];
  const onLoss = MILDEST_FIRST.find((one) => one === award.onLoss || one === later?.onLoss) ?? award.onLoss;
  return [{ ...award, onLoss }];
}

const dueBy = (evaluation: Evaluation, award: Award): Due => ({
  award,
  version: evaluation.version,
  earnedBy: earnedThrough(evaluation, award.id),
});
