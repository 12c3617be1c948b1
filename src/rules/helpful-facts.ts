import { asAssertionId } from '../ids.js';
import type { Assertion } from '../earners/assertion.js';
import type { Facts } from './conditions.js';
import { type Candidate, distinct, olderFirst } from './counting.js';
import type { Enrolment, Scheme } from './types.js';
import type { ConditionResult, Evaluation } from './verdict.js';
import { within } from './window.js';

/** The facts that were judged. What no rule looks at is not among the candidates: it changes nothing. */
export function factsOf(scheme: Scheme, { awards, nowS }: Evaluation): Facts {
  const seen = distinct(awards.flatMap(({ tree }) => assertionsIn(tree)));
  const candidates = seen.flatMap((assertion): readonly Candidate[] => {
    const enrolment = scheme.enrolments.get(assertion.badgeId);
    return enrolment === undefined ? [] : [{ assertion, enrolment }];
  });
  const standing = awards.flatMap(({ award, status }) =>
    status === 'held' || status === 'due' ? [[award.id, status] as const] : [],
  );
  return { scheme, nowS, candidates, standing: new Map(standing) };
}

/** Every assertion that a rule looked at, counted or not. */
export function assertionsIn(result: ConditionResult): readonly Assertion[] {
  if (result.kind === 'holds') return [];
  if (result.kind !== 'badges') return result.of.flatMap(assertionsIn);
  return [...result.counted, ...result.leftOut.map(({ assertion }) => assertion)];
}

/** What can still be issued so that it counts: enrolled at this instant, by an active partner. */
export const availableAt = (scheme: Scheme, nowS: number): readonly Enrolment[] =>
  [...scheme.enrolments.values()].filter(
    (badge) => within(badge, nowS) && scheme.partnersById.get(badge.clientId)?.active === true,
  );

/** The facts as they would be, were these badges issued now. */
export function issued(facts: Facts, badges: readonly Enrolment[]): Facts {
  const added = badges.map((enrolment) => ({ assertion: issuedAt(facts.nowS, enrolment), enrolment }));
  const candidates = [...facts.candidates, ...added];
  return { ...facts, candidates: candidates.toSorted((a, b) => olderFirst(a.assertion, b.assertion)) };
}

const issuedAt = (nowS: number, { badgeId, clientId }: Enrolment): Assertion => ({
  id: asAssertionId(`supposed ${badgeId}`),
  clientId,
  badgeId,
  eventId: null,
  issuedOnS: nowS,
  expiresOnS: null,
  revoked: false,
});
