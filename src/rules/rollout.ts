import type { AwardId, SchemeVersion } from '../ids.js';
import type { Assertion } from '../earners/record.js';
import type { Portfolio } from '../earners/person.js';
import { earnedThrough, evaluate, lostByRevocation } from './evaluate.js';
import type { Award, Scheme } from './types.js';
import type { Evaluation } from './evaluation.js';

/**
 * The files were changed, and the change is not in force yet: what is new is judged by the new rules, the
 * people who were there before wait for `palier apply`.
 */
export interface PendingRollout {
  /** The rules in force; null when they can no longer be read: nothing is due by them then. */
  readonly inForce: Scheme | null;
  /** Awards of the new rules that were put into force already (`apply --only`). */
  readonly released: ReadonlySet<AwardId>;
  /** Grows with every change; people with something new since carry it. */
  readonly generation: number;
  /** When the new files were first started with, Unix seconds. */
  readonly sinceS: number;
}

/** The rules at this instant, the same for every process. */
export interface Rules {
  /** What new facts are judged by: the files that a process was started with last, or that were applied. */
  readonly scheme: Scheme;
  /** Null: the same rules are in force for everybody. */
  readonly rollout: PendingRollout | null;
}

/** An award to be given, and what it is given for. */
export interface Due {
  readonly award: Award;
  readonly version: SchemeVersion;
  readonly earnedBy: readonly Assertion[];
}

/** What follows for one person at one instant. */
export interface PersonDecision {
  /** By `rules.scheme`: what commands and pages show. */
  readonly evaluation: Evaluation;
  readonly due: readonly Due[];
  /** Due by the changed rules alone: they wait for `palier apply`. */
  readonly waiting: ReadonlySet<AwardId>;
  /** Held, and lost by revocation: their `onLoss` says what follows. */
  readonly lost: readonly Award[];
}

/**
 * Decides under rules that may be changing. People with something new are judged by the new rules alone.
 * Anybody else is given what the rules in force give and the new ones give too, and what was released;
 * and loses only what the rules in force take, unless the award was switched off since.
 * @param touched the latest change under which something new was stored about this person
 * @throws TypeError, RangeError as `evaluate`
 */
export function evaluateDuringRollout(
  { scheme, rollout }: Rules,
  portfolio: Portfolio,
  touched: number,
  nowS: number,
): PersonDecision {
  const evaluation = evaluate(scheme, portfolio, nowS);
  const dueNow = evaluation.awards.filter(({ status }) => status === 'due').map(({ award }) => award);
  if (rollout === null || touched >= rollout.generation) {
    const due = dueNow.map((award) => dueBy(evaluation, award));
    return { evaluation, due, waiting: new Set(), lost: lostByRevocation(scheme, portfolio, evaluation) };
  }
  const { inForce, released } = rollout;
  const before = inForce && evaluate(inForce, portfolio, nowS);
  const due = dueTogether(scheme, released, evaluation, before, portfolio);
  const given = new Set(due.map(({ award }) => award.badgeId));
  const waiting = new Set(dueNow.filter(({ badgeId }) => !given.has(badgeId)).map(({ id }) => id));
  const lost = inForce && before ? lostByRevocation(inForce, portfolio, before) : [];
  return { evaluation, due, waiting, lost: lost.flatMap((award) => milder(award, scheme)) };
}

/** What is given while the rest waits: nothing may rest on an award that waits itself. */
function dueTogether(
  scheme: Scheme,
  released: PendingRollout['released'],
  evaluation: Evaluation,
  before: Evaluation | null,
  portfolio: Portfolio,
): readonly Due[] {
  const waiting = new Set<AwardId>();
  for (let now = evaluation; ;) {
    const dueNow = now.awards.filter(({ status }) => status === 'due');
    const due = dueNow.flatMap(({ award }) => {
      if (released.has(award.id)) return [dueBy(now, award)];
      const same = before?.awards.find((one) => one.award.badgeId === award.badgeId);
      return before !== null && same?.status === 'due' ? [dueBy(before, same.award)] : [];
    });
    const given = new Set(due.map(({ award }) => award.badgeId));
    const more = dueNow.filter(({ award }) => !given.has(award.badgeId));
    if (more.length === 0) return due;
    for (const { award } of more) waiting.add(award.id);
    const awards = scheme.awards.map((award) =>
      waiting.has(award.id) ? { ...award, active: false } : award,
    );
    now = evaluate({ ...scheme, awards }, portfolio, evaluation.nowS);
  }
}

const MILD: readonly Award['onLoss'][] = ['keep', 'flag', 'revoke'];

/** What the rules in force take, as mildly as either version does; nothing once it is switched off. */
function milder(award: Award, { awards }: Scheme): readonly Award[] {
  const now = awards.find(({ badgeId }) => badgeId === award.badgeId);
  if (now?.active === false) return [];
  const onLoss = MILD.find((one) => one === award.onLoss || one === now?.onLoss) ?? award.onLoss;
  return [{ ...award, onLoss }];
}

const dueBy = (evaluation: Evaluation, award: Award): Due => ({
  award,
  version: evaluation.version,
  earnedBy: earnedThrough(evaluation, award.id),
});
