import { createHash } from 'node:crypto';
import { asSchemeVersion } from '../ids.js';
import type { Award, Enrolment, Partner, Scheme } from './types.js';

/**
 * Returns the first 16 hex digits of a SHA-256 over everything that can change a decision. Comments, formatting, names,
 * variables of API keys and the order of keys and lists do not change it.
 */
export function versionOf(timeZone: string, awards: readonly Award[], partners: readonly Partner[]) {
  const meaning = canonical({
    timeZone,
    awards: awards.map(({ id, badgeId, active, onLoss, rule }) => ({ id, badgeId, active, onLoss, rule })),
    badges: partners.flatMap(({ active, badges }) => badges.map((badge) => enrolmentMeaning(badge, active))),
  });
  return asSchemeVersion(createHash('sha256').update(meaning).digest('hex').slice(0, 16));
}

/** Leaves out `replaces`: evaluation looks at the family, which follows from it. */
const enrolmentMeaning = (badge: Enrolment, active: boolean): unknown => ({
  ...badge,
  name: undefined,
  replaces: undefined,
  active,
});

/** Writes plain data as one text. The order of fields and of lists does not change it: no order has a meaning. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).toSorted().join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  const fields = Object.entries(value).filter(([, part]) => part !== undefined);
  return `{${fields
    .map(([name, part]) => `${name}:${canonical(part)}`)
    .toSorted()
    .join()}}`;
}

/** The parts of an award, of an enrolment and of a partner that a diff compares. */
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

/** Pure. Returns the differences that can change a decision, or that people read. */
export const schemeDiff = (before: Scheme, after: Scheme) => ({
  awards: changesOf(before.awards, after.awards, ({ id }) => id, awardParts),
  partners: changesOf(before.partners, after.partners, ({ clientId }) => clientId, partnerParts),
  enrolments: changesOf(
    [...before.enrolments.values()],
    [...after.enrolments.values()],
    ({ badgeId }) => badgeId,
    enrolmentParts,
  ),
  timeZone: before.timeZone === after.timeZone ? null : { before: before.timeZone, after: after.timeZone },
});

/** Added and changed items are in the order of `after`, removed ones in the order of `before`. */
function changesOf<Item, Parts extends object>(
  before: readonly Item[],
  after: readonly Item[],
  idOf: (item: Item) => string,
  partsOf: (item: Item) => Parts,
) {
  const earlierById = new Map(before.map((item) => [idOf(item), item]));
  const laterIds = new Set(after.map(idOf));
  const changed = after.flatMap((item) => {
    const earlier = earlierById.get(idOf(item)) ?? item;
    const [earlierParts, laterParts] = [partsOf(earlier), partsOf(item)];
    const changes: (keyof Parts)[] = [];
    for (const part in laterParts)
      if (canonical(earlierParts[part]) !== canonical(laterParts[part])) changes.push(part);
    return changes.length === 0 ? [] : [{ before: earlier, after: item, changes }];
  });
  return {
    added: after.filter((item) => !earlierById.has(idOf(item))),
    removed: before.filter((item) => !laterIds.has(idOf(item))),
    changed,
  };
}
