import { asAssertionId, type BadgeId, type ClientId } from '../ids.js';
import type { Assertion } from '../earners/record.js';
import type { Exclusion, ExclusionReason } from './evaluation.js';
import { canonical } from './version.js';
import type { Window } from './badges-condition.js';
import type { Candidate, Scheme } from './types.js';

/** The one order of assertions: by date of issue, oldest first, then by id. */
function byIssueDate(a: Assertion, b: Assertion): number {
  if (a.issuedOnS !== b.issuedOnS) return a.issuedOnS - b.issuedOnS;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** Sorts copies of one assertion, the one that grants least first: a stale copy grants nothing. */
const stricterFirst = (a: Assertion, b: Assertion): number =>
  Number(b.revoked) - Number(a.revoked) ||
  (a.expiresOnS ?? Number.MAX_VALUE) - (b.expiresOnS ?? Number.MAX_VALUE) ||
  b.issuedOnS - a.issuedOnS ||
  (canonical(a) < canonical(b) ? -1 : 1);

export const oldestFirst = <T extends { readonly assertion: Assertion }>(
  items: readonly T[],
): readonly T[] =>
  items.length < 2 ? items : items.toSorted((a, b) => byIssueDate(a.assertion, b.assertion));

/** Returns each assertion once, oldest first, whatever the order and the repetition of the input. */
export function distinctAssertions(assertions: readonly Assertion[]): readonly Assertion[] {
  if (assertions.length < 2) return assertions;
  const byId = new Map<string, Assertion>();
  for (const one of assertions) {
    const copy = byId.get(one.id);
    if (copy === undefined || stricterFirst(one, copy) < 0) byId.set(one.id, one);
  }
  return [...byId.values()].toSorted(byIssueDate);
}

/** NaN is in no window that has a bound. */
export const isWithin = ({ fromS, beforeS }: Window, atS: number): boolean =>
  (fromS === null || atS >= fromS) && (beforeS === null || atS < beforeS);

const isExpired = ({ expiresOnS }: Assertion, nowS: number): boolean =>
  expiresOnS !== null && !(expiresOnS > nowS);

/** How far in the future an assertion may be issued: clocks differ, and days begin earlier in other zones. */
export const MAX_FUTURE_S = 24 * 3600;

/**
 * Returns why this assertion counts nowhere; null: it counts. Of several reasons, returns the most lasting one, so that
 * mending it is never in vain. The order: what nobody can change, what the issuer can, the Région, time.
 */
function exclusionReason(scheme: Scheme, assertion: Assertion, nowS: number): ExclusionReason | null {
  const enrolment = scheme.enrolments.get(assertion.badgeId);
  if (enrolment === undefined) return { why: 'not_enrolled' };
  if (enrolment.clientId !== assertion.clientId) return { why: 'wrong_client' };
  if (assertion.revoked) return { why: 'revoked' };
  if (assertion.expiresOnS !== null && isExpired(assertion, nowS))
    return { why: 'expired', expiresOnS: assertion.expiresOnS };
  if (!isWithin(enrolment, assertion.issuedOnS))
    return { why: 'outside_enrolment', fromS: enrolment.fromS, beforeS: enrolment.beforeS };
  if (scheme.partnersById.get(enrolment.clientId)?.active !== true) return { why: 'partner_inactive' };
  if (assertion.issuedOnS > nowS + MAX_FUTURE_S) return { why: 'future' };
  return null;
}

/** Splits assertions into those that count at `nowS` (Unix seconds) and those that do not, both oldest first. */
export function partitionCountable(scheme: Scheme, assertions: readonly Assertion[], nowS: number) {
  const candidates: Candidate[] = [];
  const excluded: Exclusion<ExclusionReason>[] = [];
  for (const assertion of distinctAssertions(assertions)) {
    const reason = exclusionReason(scheme, assertion, nowS);
    const enrolment = scheme.enrolments.get(assertion.badgeId);
    if (reason !== null) excluded.push({ assertion, reason });
    else if (enrolment !== undefined) candidates.push({ assertion, enrolment });
  }
  return { candidates, excluded };
}

/** Returns the Région's badges held at `nowS`, each with its oldest unrevoked, unexpired assertion. */
export function heldBadges(held: readonly Assertion[], nowS: number): ReadonlyMap<BadgeId, Assertion> {
  const valid = distinctAssertions(held).filter(
    (assertion) => !assertion.revoked && !isExpired(assertion, nowS),
  );
  return new Map(valid.toReversed().map((assertion) => [assertion.badgeId, assertion]));
}

/** Makes an assertion as if this badge were issued now. */
export const hypotheticalAssertion = (badgeId: BadgeId, clientId: ClientId, nowS: number): Assertion => ({
  id: asAssertionId(`supposed ${badgeId}`),
  clientId,
  badgeId,
  eventId: null,
  issuedOnS: nowS,
  expiresOnS: null,
  revoked: false,
});
