import { abilityOf, picks } from './selector.js';
import type { BadgesCondition, Enrolment, Scheme } from './types.js';
import type { BadgesResult, ConditionResult } from './verdict.js';
import { windowOf, within } from './window.js';

/** Badges of one kind do the same for a rule: one of them is tried for all. Null: it can do nothing. */
export type KindOf = (badge: Enrolment) => string | null;

/** What a `badges` condition that is not met knows already: whatever else comes is new to it. */
interface Leaf {
  readonly condition: BadgesCondition;
  readonly open: boolean;
  readonly families: ReadonlySet<string>;
  readonly partners: ReadonlySet<string>;
  readonly abilities: ReadonlySet<string>;
}

/**
 * A scheme of 300 partners has thousands of badges, but few that differ to a rule: two badges that a
 * condition picks do the same when both are of a partner that it has none of (or of the same one), and
 * both for an ability that it has none for (or for the same one).
 * @param trees of the rules to which they are to do the same
 * @param nowS when they would be issued, Unix seconds
 */
export function kindsFor(trees: readonly ConditionResult[], scheme: Scheme, nowS: number): KindOf {
  const leaves = trees.flatMap(openLeaves).map((result) => leafOf(result, scheme, nowS));
  return (badge) => {
    const kinds = leaves.map((leaf) => kindIn(leaf, badge));
    return kinds.every((kind) => kind === null) ? null : JSON.stringify(kinds);
  };
}

function openLeaves(result: ConditionResult): readonly BadgesResult[] {
  if (result.met || result.kind === 'holds') return [];
  return result.kind === 'badges' ? [result] : result.of.flatMap(openLeaves);
}

function leafOf({ condition, counted, leftOut }: BadgesResult, scheme: Scheme, nowS: number): Leaf {
  const inTime = leftOut.filter(({ reason }) => reason.why !== 'outside_condition_dates');
  const known = [...counted, ...inTime.map(({ assertion }) => assertion)].flatMap(
    ({ badgeId }) => scheme.enrolments.get(badgeId) ?? [],
  );
  return {
    condition,
    open: within(windowOf(scheme, condition, nowS), nowS),
    families: new Set(known.map(({ family }) => family)),
    partners: new Set(known.map(({ clientId }) => clientId)),
    abilities: new Set(known.flatMap((badge) => abilityOf(badge) ?? [])),
  };
}

function kindIn(leaf: Leaf, badge: Enrolment): string | null {
  if (!leaf.open || !picks(leaf.condition.selector, badge)) return null;
  // Another version of a badge that is there: what it changes hangs on that very badge.
  if (leaf.families.has(badge.family)) return `badge ${badge.badgeId}`;
  const partner = leaf.partners.has(badge.clientId) ? badge.clientId : '';
  return `new ${partner} ${leaf.condition.abilities === undefined ? '' : abilityKind(leaf, badge)}`;
}

function abilityKind({ abilities }: Leaf, badge: Enrolment): string {
  const ability = abilityOf(badge);
  if (ability === null) return 'none';
  return abilities.has(ability) ? `for ${ability}` : 'for another';
}
