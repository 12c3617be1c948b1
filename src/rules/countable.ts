import type { BadgeId } from '../ids.js';
import type { Assertion } from '../earners/assertion.js';
import type { Enrolment, Scheme } from './types.js';
import type { Exclusion, ExclusionReason } from './evaluation.js';
import { within } from './selector.js';

/** An assertion that counts at this instant, with the enrolment under which it does. */
export interface Candidate {
  readonly assertion: Assertion;
  readonly enrolment: Enrolment;
}

/** What a portfolio is worth before any rule looks at it. Both lists oldest first. */
export interface Countable {
  readonly candidates: readonly Candidate[];
  readonly excluded: readonly Exclusion<ExclusionReason>[];
}

/** Oldest first; of one instant, by id: the one order in which assertions are ever looked at. */
export function byIssueDate(a: Assertion, b: Assertion): number {
  if (a.issuedOnS !== b.issuedOnS) return a.issuedOnS - b.issuedOnS;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** What decides between two records of one assertion, the first part that differs first. */
const strictness = (a: Assertion): readonly (number | string)[] => [
  a.revoked ? 0 : 1,
  a.expiresOnS ?? Infinity,
  -a.issuedOnS,
  a.clientId,
  a.badgeId,
  a.eventId === null ? 1 : 0,
  a.eventId ?? '',
];

/**
 * The record to believe when one id was given twice and the two differ: the one that grants less (revoked
 * before not, the earlier expiry, the later issue), so that a stale copy never gives anything, and a total
 * order after that, so that the order of the input does not matter.
 */
function stricter(a: Assertion, b: Assertion): Assertion {
  const ofB = strictness(b);
  for (const [i, mine] of strictness(a).entries()) {
    const theirs = ofB[i] ?? mine;
    if (mine !== theirs) return mine < theirs ? a : b;
  }
  return a;
}

/** One record an id, oldest first, whatever the order and repetition of the input. */
export function distinct(assertions: readonly Assertion[]): readonly Assertion[] {
  if (assertions.length < 2) return assertions;
  const byId = new Map<string, Assertion>();
  for (const assertion of assertions) {
    const known = byId.get(assertion.id);
    byId.set(assertion.id, known === undefined ? assertion : stricter(known, assertion));
  }
  return [...byId.values()].toSorted(byIssueDate);
}

const expired = (assertion: Assertion, nowS: number): boolean =>
  assertion.expiresOnS !== null && !(assertion.expiresOnS > nowS);

/** How far ahead a date may lie: clocks differ, and a day begins earlier in other zones. */
export const AHEAD_S = 24 * 3600;

/**
 * Why this assertion counts nowhere, or null. When several reasons hold, the most lasting one is told, so
 * that whoever puts the told one right has not worked for nothing: first what no one can change (it is no
 * enrolled badge; another organisation issued it), then what the issuer settled (revoked, expired), then
 * what the Région can change (the enrolment's dates, the partner's switch), then what time changes.
 */
function reasonAgainst(
  scheme: Scheme,
  assertion: Assertion,
  enrolment: Enrolment,
  nowS: number,
): ExclusionReason | null {
  if (enrolment.clientId !== assertion.clientId) return { why: 'wrong_client' };
  if (assertion.revoked) return { why: 'revoked' };
  if (assertion.expiresOnS !== null && expired(assertion, nowS))
    return { why: 'expired', expiresOnS: assertion.expiresOnS };
  if (!within(enrolment, assertion.issuedOnS))
    return { why: 'outside_enrolment', fromS: enrolment.fromS, beforeS: enrolment.beforeS };
  if (scheme.partnersById.get(enrolment.clientId)?.active !== true) return { why: 'partner_inactive' };
  if (assertion.issuedOnS > nowS + AHEAD_S) return { why: 'future' };
  return null;
}

/** Sorts a portfolio into what counts at `nowS` (Unix seconds) and what does not, with the reason. */
export function partitionCountable(
  scheme: Scheme,
  assertions: readonly Assertion[],
  nowS: number,
): Countable {
  const candidates: Candidate[] = [];
  const excluded: Exclusion<ExclusionReason>[] = [];
  for (const assertion of distinct(assertions)) {
    const enrolment = scheme.enrolments.get(assertion.badgeId);
    if (enrolment === undefined) {
      excluded.push({ assertion, reason: { why: 'not_enrolled' } });
      continue;
    }
    const reason = reasonAgainst(scheme, assertion, enrolment, nowS);
    if (reason === null) candidates.push({ assertion, enrolment });
    else excluded.push({ assertion, reason });
  }
  return { candidates, excluded };
}

/** The Région's badges that are held at `nowS`, each by its oldest unrevoked, unexpired assertion. */
export function heldBadges(held: readonly Assertion[], nowS: number): ReadonlyMap<BadgeId, Assertion> {
  const byBadge = new Map<BadgeId, Assertion>();
  for (const assertion of distinct(held)) {
    if (assertion.revoked || expired(assertion, nowS) || byBadge.has(assertion.badgeId)) continue;
    byBadge.set(assertion.badgeId, assertion);
  }
  return byBadge;
}
