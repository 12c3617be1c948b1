import { type Candidate, olderFirst } from './counting.js';
import { type Choice, choose } from './choice.js';
import { abilityOf, picks } from './selector.js';
import { type BadgesResult, type LeftOut, type NotCountedHere, reached, type Tally } from './verdict.js';
import type { BadgesCondition, Scheme } from './types.js';
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
    leftOut: inTime.length === picked.length ? choice.leftOut : withOutOfTime(picked, window, choice),
  };
}

function withOutOfTime(
  picked: readonly Candidate[],
  window: Window,
  { leftOut }: Choice,
): readonly LeftOut<NotCountedHere>[] {
  const outOfTime = picked
    .filter(({ assertion }) => !within(window, assertion.issuedOnS))
    .map(({ assertion }) => ({ assertion, reason: { why: 'outside_condition_dates', ...window } as const }));
  return [...outOfTime, ...leftOut].toSorted((a, b) => olderFirst(a.assertion, b.assertion));
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
