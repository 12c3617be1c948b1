import type { Assertion } from '../../earners/record.js';
import type {
  AssertionJson,
  BadgesJson,
  NeverCountsJson,
  NotCountedHereJson,
  RuleJson,
} from './schema-rule.js';
import type {
  BadgesResult,
  ConditionResult,
  Exclusion,
  ExclusionReason,
  ConditionExclusionReason,
} from '../evaluation.js';
import type { Window } from '../selector.js';

/** The instant (Unix seconds) in UTC; null where OBF was given a number that no calendar has. */
export function isoOf(atS: number): string | null {
  const date = new Date(atS * 1000);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** The same where there may be no instant. */
export const isoOrNull = (atS: number | null): string | null => (atS === null ? null : isoOf(atS));

/** An assertion as plain data. */
export const assertionJson = (one: Assertion): AssertionJson => ({
  assertion: one.id,
  client: one.clientId,
  badge: one.badgeId,
  event: one.eventId,
  issued_on_s: one.issuedOnS,
  issued_on_iso: isoOf(one.issuedOnS),
  expires_on_s: one.expiresOnS,
  expires_on_iso: isoOrNull(one.expiresOnS),
  revoked: one.revoked,
});

/** What became of a rule, as plain data. */
export function ruleJson(result: ConditionResult): RuleJson {
  if (result.kind === 'badges') return badgesJson(result);
  if (result.kind === 'holds')
    return { kind: 'holds', met: result.met, award: result.award, through: result.through };
  const { kind, met, have, need, of } = result;
  return { kind, met, have, need, of: of.map(ruleJson) };
}

function badgesJson({
  condition,
  met,
  badges,
  issuers,
  abilities,
  counted,
  excluded,
}: BadgesResult): BadgesJson {
  const { issuers: from, badges: among, ...selector } = condition.selector;
  return {
    kind: 'badges',
    met,
    of: {
      ...selector,
      ...(from === undefined ? {} : { issuers: [...from] }),
      ...(among === undefined ? {} : { badges: [...among] }),
    },
    badges: { ...badges },
    issuers: issuers === null ? null : { ...issuers },
    abilities: abilities === null ? null : { ...abilities },
    per_issuer: condition.perIssuer ?? null,
    issued_from_s: condition.issuedFromS ?? null,
    issued_before_s: condition.issuedBeforeS ?? null,
    within_months: condition.withinMonths ?? null,
    counted: counted.map(assertionJson),
    left_out: excluded.map(notCountedHereJson),
  };
}

const periodJson = ({ fromS, beforeS }: Window) => ({
  from_s: fromS,
  before_s: beforeS,
  from_iso: isoOrNull(fromS),
  before_iso: isoOrNull(beforeS),
});

/** What counts for no award, as plain data. */
export function neverCountsJson({ assertion, reason }: Exclusion<ExclusionReason>): NeverCountsJson {
  const whose = { assertion: assertionJson(assertion) };
  if (reason.why === 'outside_enrolment')
    return { ...whose, reason: { why: reason.why, ...periodJson(reason) } };
  if (reason.why !== 'expired') return { ...whose, reason: { why: reason.why } };
  const { why, expiresOnS } = reason;
  return { ...whose, reason: { why, expires_on_s: expiresOnS, expires_on_iso: isoOf(expiresOnS) } };
}

function notCountedHereJson({ assertion, reason }: Exclusion<ConditionExclusionReason>): NotCountedHereJson {
  const whose = { assertion: assertionJson(assertion) };
  if (reason.why === 'duplicate_of') return { ...whose, reason: { why: reason.why, of: reason.of } };
  if (reason.why === 'over_per_issuer')
    return { ...whose, reason: { why: reason.why, per_issuer: reason.perIssuer } };
  return { ...whose, reason: { why: reason.why, ...periodJson(reason) } };
}
