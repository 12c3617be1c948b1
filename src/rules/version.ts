import { createHash } from 'node:crypto';
import { asSchemeVersion, type SchemeVersion } from '../ids.js';
import type { Award, Enrolment, Partner } from './types.js';

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
