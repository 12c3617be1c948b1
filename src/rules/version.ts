import { createHash } from 'node:crypto';
import { asSchemeVersion, type SchemeVersion } from '../ids.js';
import type { Award, Enrolment, Partner, Scheme } from './types.js';

/**
 * The first 16 hex digits of a SHA-256 over all that can change a decision, and over nothing else. Comments,
 * formatting, the order of keys and lists, names and the place of an API key leave it alone.
 */
export function versionOf(
  timeZone: string,
  awards: readonly Award[],
  partners: readonly Partner[],
): SchemeVersion {
  const meaning = canonical({
    timeZone,
    awards: awards.map(({ id, badgeId, active, onLoss, rule }) => ({ id, badgeId, active, onLoss, rule })),
    badges: partners.flatMap(({ active, badges }) => badges.map((badge) => enrolmentMeaning(badge, active))),
  });
  return asSchemeVersion(createHash('sha256').update(meaning).digest('hex').slice(0, 16));
}

/** Of `replaces`, evaluation looks at the family that follows from it. */
const enrolmentMeaning = (badge: Enrolment, active: boolean): unknown => ({
  ...badge,
  name: undefined,
  replaces: undefined,
  active,
});

/** Plain data as one text: neither the order of fields nor that of lists means anything in a scheme. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).toSorted().join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  const fields = Object.entries(value).filter(([, part]) => part !== undefined);
  return `{${fields
    .map(([name, part]) => `${name}:${canonical(part)}`)
    .toSorted()
    .join()}}`;
}

/** What of each can be another: of an enrolment, what it is for, and from when until when it counts. */
const awardParts = ({ rule, active, onLoss, badgeId: badge, name }: Award) => ({
  rule,
  active,
  onLoss,
  badge,
  name,
});
const enrolmentParts = (badge: Enrolment) => ({
  sort: { competency: badge.competency, level: badge.level, ability: badge.ability },
  dates: { fromS: badge.fromS, beforeS: badge.beforeS },
  replaces: badge.family,
  partner: badge.clientId,
});
const partnerParts = ({ active }: Partner) => ({ active });

export type AwardChange = keyof ReturnType<typeof awardParts>;
export type EnrolmentChange = keyof ReturnType<typeof enrolmentParts>;

/** Pure. What differs between two schemes, as far as it can change a decision, or is read by people. */
export const schemeDiff = (before: Scheme, after: Scheme) => ({
  awards: changesOf(before.awards, after.awards, ({ id }) => id, awardParts),
  partners: changesOf(before.partners, after.partners, ({ clientId }) => clientId, partnerParts),
  enrolments: changesOf(
    [...before.enrolments.values()],
    [...after.enrolments.values()],
    ({ badgeId }) => badgeId,
    enrolmentParts,
  ),
  /** The zone of the dates. */
  timeZone: before.timeZone === after.timeZone ? null : { before: before.timeZone, after: after.timeZone },
});

/** In the order of the scheme that has them; what was removed, in that of the one before. */
function changesOf<One, Parts extends object>(
  before: readonly One[],
  after: readonly One[],
  idOf: (one: One) => string,
  partsOf: (one: One) => Parts,
) {
  const was = new Map(before.map((one) => [idOf(one), one]));
  const is = new Set(after.map(idOf));
  const changed = after.flatMap((one) => {
    const earlier = was.get(idOf(one)) ?? one;
    const [old, now] = [partsOf(earlier), partsOf(one)];
    const changes: (keyof Parts)[] = [];
    for (const part in now) if (canonical(old[part]) !== canonical(now[part])) changes.push(part);
    return changes.length === 0 ? [] : [{ before: earlier, after: one, changes }];
  });
  return {
    added: after.filter((one) => !was.has(idOf(one))),
    removed: before.filter((one) => !is.has(idOf(one))),
    changed,
  };
}
