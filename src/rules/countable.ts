import { asAssertionId, type BadgeId, type ClientId } from '../ids.js';
import type { Assertion } from '../earners/record.js';
import type { Exclusion, ExclusionReason } from './evaluation.js';
import { canonical } from './version.js';
import type { Window } from './badges-condition.js';
import type { Candidate, Scheme } from './types.js';

/** Oldest first; at one instant, by id: the order in which assertions are always looked at. */
function byIssueDate(a: Assertion, b: Assertion): number {
  if (a.issuedOnS !== b.issuedOnS) return a.issuedOnS - b.issuedOnS;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** Of records of one id, the one that grants less comes first: a stale copy never gives anything. */
const stricterFirst = (a: Assertion, b: Assertion): number =>
  Number(b.revoked) - Number(a.revoked) ||
  (a.expiresOnS ?? Number.MAX_VALUE) - (b.expiresOnS ?? Number.MAX_VALUE) ||
  b.issuedOnS - a.issuedOnS ||
  (canonical(a) < canonical(b) ? -1 : 1);

/** What belongs to assertions, oldest first. */
export const oldestFirst = <T extends { readonly assertion: Assertion }>(
  items: readonly T[],
): readonly T[] =>
  items.length < 2 ? items : items.toSorted((a, b) => byIssueDate(a.assertion, b.assertion));

/** One record an id, oldest first, whatever the order and repetition of the input. */
export function distinct(assertions: readonly Assertion[]): readonly Assertion[] {
  if (assertions.length < 2) return assertions;
  const byId = new Map<string, Assertion>();
  for (const one of assertions) {
    const known = byId.get(one.id);
    if (known === undefined || stricterFirst(one, known) < 0) byId.set(one.id, one);
  }
  return [...byId.values()].toSorted(byIssueDate);
}

/** Whether an instant lies in the window. An instant that is not a number lies in none that has a bound. */
export const isWithin = ({ fromS, beforeS }: Window, atS: number): boolean =>
  (fromS === null || atS >= fromS) && (beforeS === null || atS < beforeS);

const expired = ({ expiresOnS }: Assertion, nowS: number): boolean =>
  expiresOnS !== null && !(expiresOnS > nowS);

/** How far ahead a date may lie: clocks differ, and a day begins earlier in other zones. */
export const AHEAD_S = 24 * 3600;

/**
 * Why this assertion counts nowhere, or null. Of several reasons, the most lasting one: mending what is named
 * must never turn out to be in vain. First what nobody can change, then what the issuer settled, then what the
 * Région can change, then what time changes.
 */
function reasonAgainst(scheme: Scheme, assertion: Assertion, nowS: number): ExclusionReason | null {
  const enrolment = scheme.enrolments.get(assertion.badgeId);
  if (enrolment === undefined) return { why: 'not_enrolled' };
  if (enrolment.clientId !== assertion.clientId) return { why: 'wrong_client' };
  if (assertion.revoked) return { why: 'revoked' };
  if (assertion.expiresOnS !== null && expired(assertion, nowS))
    return { why: 'expired', expiresOnS: assertion.expiresOnS };
  if (!isWithin(enrolment, assertion.issuedOnS))
    return { why: 'outside_enrolment', fromS: enrolment.fromS, beforeS: enrolment.beforeS };
  if (scheme.partnersById.get(enrolment.clientId)?.active !== true) return { why: 'partner_inactive' };
  if (assertion.issuedOnS > nowS + AHEAD_S) return { why: 'future' };
  return null;
}

/** Splits a portfolio into what counts at `nowS` (Unix seconds) and what does not, both oldest first. */
export function partitionCountable(scheme: Scheme, assertions: readonly Assertion[], nowS: number) {
  const candidates: Candidate[] = [];
  const excluded: Exclusion<ExclusionReason>[] = [];
  for (const assertion of distinct(assertions)) {
    const reason = reasonAgainst(scheme, assertion, nowS);
    const enrolment = scheme.enrolments.get(assertion.badgeId);
    if (reason !== null) excluded.push({ assertion, reason });
    else if (enrolment !== undefined) candidates.push({ assertion, enrolment });
  }
  return { candidates, excluded };
}

/** The Région's badges that are held at `nowS`, each by its oldest unrevoked, unexpired assertion. */
export function heldBadges(held: readonly Assertion[], nowS: number): ReadonlyMap<BadgeId, Assertion> {
  const valid = distinct(held).filter((assertion) => !assertion.revoked && !expired(assertion, nowS));
  return new Map(valid.toReversed().map((assertion) => [assertion.badgeId, assertion]));
}

/** An assertion that nobody issued: what if this badge were issued now? */
export const supposed = (badgeId: BadgeId, clientId: ClientId, nowS: number): Assertion => ({
  id: asAssertionId(`supposed ${badgeId}`),
  clientId,
  badgeId,
  eventId: null,
  issuedOnS: nowS,
  expiresOnS: null,
  revoked: false,
});
