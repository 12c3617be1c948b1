import type { AwardId } from '../ids.js';
import { type Facts, judge } from './conditions.js';
import { issued } from './helpful-facts.js';
import { lacksWith } from './helpful-following.js';
import { type KindOf, kindsFor } from './helpful-kind.js';
import { lackOf, type Lacks } from './helpful-lack.js';
import type { Enrolment } from './types.js';
import type { AwardVerdict, ConditionResult, Evaluation } from './verdict.js';

/** All that is needed to say what helps. */
export interface Basis {
  readonly evaluation: Evaluation;
  readonly facts: Facts;
  readonly available: readonly Enrolment[];
  readonly lacks: Lacks;
}

/** With which less is missing, the other awards as they are. */
export function badgesThatHelp(
  { award, tree }: AwardVerdict,
  { facts, available, lacks }: Basis,
): readonly Enrolment[] {
  const before = lackOf(tree, lacks);
  const kindOf = kindsFor([tree], facts.scheme, facts.nowS);
  const lackWith = (badge: Enrolment): number => lackOf(judge(award.rule, issued(facts, [badge])), lacks);
  return ofKinds(available, kindOf, (badge) => lackWith(badge) < before);
}

/**
 * With which less is missing by all that follows from them: what they are to the rule itself, and what they are to the
 * awards that it holds.
 * @param closer what brings those awards closer: whatever does not cannot help in this way
 * @param known told already, of this award or of one that it is helped by
 */
export function badgesThatHelpBothWays(
  { award, tree }: AwardVerdict,
  { evaluation, facts, available, lacks }: Basis,
  closer: ReadonlyMap<AwardId, ReadonlySet<Enrolment>>,
  known: ReadonlySet<Enrolment>,
): readonly Enrolment[] {
  const held = new Set(awardsIn(tree).flatMap((id) => [...(closer.get(id) ?? [])]));
  const tried = available.filter((badge) => held.has(badge) && !known.has(badge));
  if (tried.length === 0) return [];
  const before = lackOf(tree, lacks);
  const trees = evaluation.awards.map((verdict) => verdict.tree);
  const kindOf = kindsFor(trees, facts.scheme, facts.nowS);
  return ofKinds(tried, kindOf, (badge) => (lacksWith(evaluation, facts, badge).get(award.id) ?? 0) < before);
}

/** Those that the rule holds, are not met, and with each of which held less would be missing. */
export function awardsThatHelp(
  { award, tree }: AwardVerdict,
  { evaluation, facts, lacks }: Basis,
): readonly AwardId[] {
  const before = lackOf(tree, lacks);
  const asked = new Set(awardsIn(tree));
  return evaluation.awards
    .filter((other) => other.status === 'not_met' && asked.has(other.award.id))
    .map((other) => other.award.id)
    .filter((id) => {
      const standing = new Map([...facts.standing, [id, 'due'] as const]);
      return lackOf(judge(award.rule, { ...facts, standing }), lacks) < before;
    });
}

/** Of each kind, one is tried for all. */
function ofKinds(
  badges: readonly Enrolment[],
  kindOf: KindOf,
  helps: (badge: Enrolment) => boolean,
): readonly Enrolment[] {
  const known = new Map<string, boolean>();
  return badges.filter((badge) => {
    const kind = kindOf(badge);
    if (kind === null) return false;
    const help = known.get(kind) ?? helps(badge);
    known.set(kind, help);
    return help;
  });
}

function awardsIn(result: ConditionResult): readonly AwardId[] {
  if (result.kind === 'badges') return [];
  return result.kind === 'holds' ? [result.award] : result.of.flatMap(awardsIn);
}
