import { canonical } from './version.js';
import type { Award, Enrolment, Partner, Scheme } from './types.js';

type Part<One, Change> = readonly [change: Change, of: (one: One) => unknown];

/** What of an award is another. */
export type AwardChange = 'rule' | 'active' | 'onLoss' | 'badge' | 'name';
const AWARD_PARTS: readonly Part<Award, AwardChange>[] = [
  ['rule', ({ rule }) => rule],
  ['active', ({ active }) => active],
  ['onLoss', ({ onLoss }) => onLoss],
  ['badge', ({ badgeId }) => badgeId],
  ['name', ({ name }) => name],
];

/** What of an enrolment is another: what it is for, or from when until when it counts. */
export type EnrolmentChange = 'sort' | 'dates' | 'replaces' | 'partner';
const ENROLMENT_PARTS: readonly Part<Enrolment, EnrolmentChange>[] = [
  ['sort', ({ competency, level, ability }) => ({ competency, level, ability })],
  ['dates', ({ fromS, beforeS }) => ({ fromS, beforeS })],
  ['replaces', ({ family }) => family],
  ['partner', ({ clientId }) => clientId],
];

const PARTNER_PARTS: readonly Part<Partner, 'active'>[] = [['active', ({ active }) => active]];

/** One that both schemes have, and what of it is another. */
interface Changed<One, Change> {
  readonly before: One;
  readonly after: One;
  readonly changes: readonly Change[];
}

/** In the order of the scheme that has them; what was removed, in that of the one before. */
interface Changes<One, Change> {
  readonly added: readonly One[];
  readonly removed: readonly One[];
  readonly changed: readonly Changed<One, Change>[];
}

/** What differs between two schemes, as far as it can change a decision, or is read by people. */
interface SchemeDiff {
  readonly awards: Changes<Award, AwardChange>;
  readonly partners: Changes<Partner, 'active'>;
  readonly enrolments: Changes<Enrolment, EnrolmentChange>;
  /** The zone of the dates. */
  readonly timeZone: { readonly before: string; readonly after: string } | null;
}

/** Pure. What became of `before`, in `after`. */
export const schemeDiff = (before: Scheme, after: Scheme): SchemeDiff => ({
  awards: changesOf(before.awards, after.awards, ({ id }) => id, AWARD_PARTS),
  partners: changesOf(before.partners, after.partners, ({ clientId }) => clientId, PARTNER_PARTS),
  enrolments: changesOf(
    [...before.enrolments.values()],
    [...after.enrolments.values()],
    ({ badgeId }) => badgeId,
    ENROLMENT_PARTS,
  ),
  timeZone: before.timeZone === after.timeZone ? null : { before: before.timeZone, after: after.timeZone },
});

function changesOf<One, Change>(
  before: readonly One[],
  after: readonly One[],
  idOf: (one: One) => string,
  parts: readonly Part<One, Change>[],
): Changes<One, Change> {
  const was = new Map(before.map((one) => [idOf(one), one]));
  const is = new Set(after.map(idOf));
  const changed = after.flatMap((one) => {
    const earlier = was.get(idOf(one)) ?? one;
    const changes = parts.flatMap(([change, of]) =>
      canonical(of(earlier)) === canonical(of(one)) ? [] : [change],
    );
    return changes.length === 0 ? [] : [{ before: earlier, after: one, changes }];
  });
  return {
    added: after.filter((one) => !was.has(idOf(one))),
    removed: before.filter((one) => !is.has(idOf(one))),
    changed,
  };
}
