import type { Candidate } from './counting.js';
import { olderFirst } from './counting.js';
import { type Choice, choose } from './choice.js';
import { abilityOf, picks } from './selector.js';
import { reached } from './tally.js';
import type { BadgesCondition, Scheme } from './types.js';
import type { BadgesResult, LeftOut, NotCountedHere, Tally } from './verdict.js';
import { type Window, windowOf, within } from './window.js';

/**
 * What became of `{ at_least: N, of: selector, ... }`.
 * @param candidates every assertion that counts at `nowS` (Unix seconds), oldest first
 */
export function judgeBadges(
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
    leftOut: [...outOfTime(picked, window), ...choice.leftOut].toSorted((a, b) =>
      olderFirst(a.assertion, b.assertion),
    ),
  };
}

function outOfTime(picked: readonly Candidate[], window: Window): readonly LeftOut<NotCountedHere>[] {
  return picked
    .filter(({ assertion }) => !within(window, assertion.issuedOnS))
    .map(({ assertion }) => ({ assertion, reason: { why: 'outside_condition_dates', ...window } }));
}

const tally = (have: number, need: number | undefined): Tally | null =>
  need === undefined ? null : { have, need };

/** Met when every tally is: the choice makes each of them as great as it can be, all at once. */
function talliesOf(
  condition: BadgesCondition,
  { counted }: Choice,
): Pick<BadgesResult, 'met' | 'badges' | 'issuers' | 'abilities'> {
  const issuers = new Set(counted.map(({ enrolment }) => enrolment.clientId));
  const abilities = new Set(counted.flatMap(({ enrolment }) => abilityOf(enrolment) ?? []));
  const tallies = {
    badges: { have: counted.length, need: condition.atLeast },
    issuers: tally(issuers.size, condition.issuers),
    abilities: tally(abilities.size, condition.abilities),
  };
  return { met: Object.values(tallies).every((one) => one === null || reached(one)), ...tallies };
}
