import type { BadgeId } from '../ids.js';
import { canonical } from './version.js';
import type { Award, Enrolment, Partner, Scheme } from './types.js';

/** What of an award is another. */
export type AwardChange = 'rule' | 'active' | 'onLoss' | 'badge' | 'name';

export interface ChangedAward {
  readonly before: Award;
  readonly after: Award;
  readonly changes: readonly AwardChange[];
}

/** What of an enrolment is another: what it is for, or from when until when it counts. */
export type EnrolmentChange = 'sort' | 'dates' | 'replaces' | 'partner';

export interface ChangedEnrolment {
  readonly before: Enrolment;
  readonly after: Enrolment;
  readonly changes: readonly EnrolmentChange[];
}

export interface ChangedPartner {
  readonly before: Partner;
  readonly after: Partner;
}

/** What differs between two schemes, as far as it can change a decision, or is read by people. */
export interface SchemeDiff {
  readonly awards: Changes<Award, ChangedAward>;
  readonly partners: Changes<Partner, ChangedPartner>;
  readonly enrolments: Changes<Enrolment, ChangedEnrolment>;
  /** The zone of the dates. */
  readonly timeZone: { readonly before: string; readonly after: string } | null;
}

/** In the order of the scheme that has them; what was removed, in that of the one before. */
export interface Changes<One, Changed> {
  readonly added: readonly One[];
  readonly removed: readonly One[];
  readonly changed: readonly Changed[];
}

/** Pure. What became of `before`, in `after`. */
export function schemeDiff(before: Scheme, after: Scheme): SchemeDiff {
  return {
    awards: changesOf(before.awards, after.awards, ({ id }) => id, changedAward),
    partners: changesOf(before.partners, after.partners, ({ clientId }) => clientId, changedPartner),
    enrolments: changesOf(
      [...before.enrolments.values()],
      [...after.enrolments.values()],
      ({ badgeId }): BadgeId => badgeId,
      changedEnrolment,
    ),
    timeZone: before.timeZone === after.timeZone ? null : { before: before.timeZone, after: after.timeZone },
  };
}

/** Whether there is nothing to tell. */
export const isEmptyDiff = ({ awards, partners, enrolments, timeZone }: SchemeDiff): boolean =>
  timeZone === null &&
  [awards, partners, enrolments].every(
    ({ added, removed, changed }) => added.length + removed.length + changed.length === 0,
  );

function changesOf<One, Changed>(
  before: readonly One[],
  after: readonly One[],
  idOf: (one: One) => string,
  compare: (before: One, after: One) => Changed | null,
): Changes<One, Changed> {
  const was = new Map(before.map((one) => [idOf(one), one]));
  const is = new Set(after.map(idOf));
  return {
    added: after.filter((one) => !was.has(idOf(one))),
    removed: before.filter((one) => !is.has(idOf(one))),
    changed: after.flatMap((one) => {
      const earlier = was.get(idOf(one));
      const changed = earlier === undefined ? null : compare(earlier, one);
      return changed === null ? [] : [changed];
    }),
  };
}

function changedAward(before: Award, after: Award): ChangedAward | null {
  const changes: readonly AwardChange[] = [
    ...(isSame(before.rule, after.rule) ? [] : ['rule' as const]),
    ...(before.active === after.active ? [] : ['active' as const]),
    ...(before.onLoss === after.onLoss ? [] : ['onLoss' as const]),
    ...(before.badgeId === after.badgeId ? [] : ['badge' as const]),
    ...(before.name === after.name ? [] : ['name' as const]),
  ];
  return changes.length === 0 ? null : { before, after, changes };
}

const changedPartner = (before: Partner, after: Partner): ChangedPartner | null =>
  before.active === after.active ? null : { before, after };

/** What it is for. */
const sortOf = ({ competency, level, ability }: Enrolment) => ({ competency, level, ability });

function changedEnrolment(before: Enrolment, after: Enrolment): ChangedEnrolment | null {
  const changes: readonly EnrolmentChange[] = [
    ...(isSame(sortOf(before), sortOf(after)) ? [] : ['sort' as const]),
    ...(before.fromS === after.fromS && before.beforeS === after.beforeS ? [] : ['dates' as const]),
    ...(before.family === after.family ? [] : ['replaces' as const]),
    ...(before.clientId === after.clientId ? [] : ['partner' as const]),
  ];
  return changes.length === 0 ? null : { before, after, changes };
}

const isSame = (one: unknown, other: unknown): boolean => canonical(one) === canonical(other);
