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
    awards: changesOf(before.awards, after.awards, ({ id }) => id, changedIn(AWARD_PARTS)),
    partners: changesOf(before.partners, after.partners, ({ clientId }) => clientId, changedPartner),
    enrolments: changesOf(
      [...before.enrolments.values()],
      [...after.enrolments.values()],
      ({ badgeId }): BadgeId => badgeId,
      changedIn(ENROLMENT_PARTS),
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

type Parts<One, Change> = readonly (readonly [change: Change, of: (one: One) => unknown])[];

const AWARD_PARTS: Parts<Award, AwardChange> = [
  ['rule', ({ rule }) => rule],
  ['active', ({ active }) => active],
  ['onLoss', ({ onLoss }) => onLoss],
  ['badge', ({ badgeId }) => badgeId],
  ['name', ({ name }) => name],
];
const ENROLMENT_PARTS: Parts<Enrolment, EnrolmentChange> = [
  ['sort', ({ competency, level, ability }) => ({ competency, level, ability })],
  ['dates', ({ fromS, beforeS }) => ({ fromS, beforeS })],
  ['replaces', ({ family }) => family],
  ['partner', ({ clientId }) => clientId],
];

const changedIn =
  <One, Change>(parts: Parts<One, Change>) =>
  (before: One, after: One) => {
    const changes = parts.flatMap(([change, of]) =>
      canonical(of(before)) === canonical(of(after)) ? [] : [change],
    );
    return changes.length === 0 ? null : { before, after, changes };
  };

const changedPartner = (before: Partner, after: Partner): ChangedPartner | null =>
  before.active === after.active ? null : { before, after };
