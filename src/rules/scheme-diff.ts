import type { Award, Enrolment, Partner, Scheme } from './types.js';
import { canonical } from './version.js';

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
