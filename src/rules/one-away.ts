import type { AwardId } from '../ids.js';
import { type Facts, judge } from './conditions.js';
import { lackingOf } from './explain-facts.js';
import { availableAt, factsOf, issued } from './helpful-facts.js';
import { picks } from './selector.js';
import type { BadgesCondition, Condition, Enrolment, Scheme } from './types.js';
import type { AwardVerdict, ConditionResult, Evaluation } from './verdict.js';

/**
 * The awards that one more badge would make due: one of those that are enrolled at this instant, by an
 * active partner, issued now. Exact, and quick enough for everybody: most people are far from everything,
 * and of the others only badges are tried that a condition picks which lacks one.
 */
export function oneBadgeAway(scheme: Scheme, evaluation: Evaluation): ReadonlySet<AwardId> {
  const open = evaluation.awards.filter(({ status }) => status === 'not_met');
  const near = new Set(open.flatMap(({ tree }) => nearIn(tree)));
  if (near.size === 0) return NONE;
  const facts = factsOf(scheme, evaluation);
  const found = new Set<AwardId>();
  for (const { pickedBy, badges } of kindsAt(scheme, evaluation.nowS)) {
    const helped = new Set([...near].filter((condition) => pickedBy.has(condition)));
    const hoped = helped.size === 0 ? [] : hopedFor(open, found, helped);
    for (let at = 0; at < badges.length && hoped.some(({ award }) => !found.has(award.id)); at += 1)
      for (const id of dueWith(hoped, issued(facts, badges.slice(at, at + 1)))) found.add(id);
  }
  return found;
}

const NONE: ReadonlySet<AwardId> = new Set();

/** The conditions of a rule that lack one badge. */
function nearIn(result: ConditionResult): readonly BadgesCondition[] {
  if (result.met || result.kind === 'holds') return [];
  if (result.kind !== 'badges') return result.of.flatMap(nearIn);
  return lackingOf(result).badges === 1 ? [result.condition] : [];
}

/** Badges that the same conditions pick. */
interface Kind {
  readonly pickedBy: ReadonlySet<Condition>;
  readonly badges: readonly Enrolment[];
}

const remembered = new WeakMap<Scheme, { readonly nowS: number; readonly kinds: readonly Kind[] }>();

/** Everybody is asked about at one instant. */
function kindsAt(scheme: Scheme, nowS: number): readonly Kind[] {
  const known = remembered.get(scheme);
  if (known?.nowS === nowS) return known.kinds;
  const conditions = scheme.awards.flatMap(({ rule }) => conditionsIn(rule));
  const byPick = new Map<string, { pickedBy: Set<Condition>; badges: Enrolment[] }>();
  for (const badge of availableAt(scheme, nowS)) {
    const picked = conditions.map((condition) => picks(condition.selector, badge));
    const name = picked.map(Number).join('');
    const kind = byPick.get(name);
    const pickedBy = (): Set<Condition> => new Set(conditions.filter((_, at) => picked[at] === true));
    if (kind === undefined) byPick.set(name, { pickedBy: pickedBy(), badges: [badge] });
    else kind.badges.push(badge);
  }
  const kinds = [...byPick.values()];
  remembered.set(scheme, { nowS, kinds });
  return kinds;
}

function conditionsIn(rule: Condition): readonly BadgesCondition[] {
  if (rule.kind === 'holds') return [];
  return rule.kind === 'badges' ? [rule] : rule.of.flatMap(conditionsIn);
}

/** The awards that would come due if a badge counted for each of these conditions: no others can. */
function hopedFor(
  open: readonly AwardVerdict[],
  found: ReadonlySet<AwardId>,
  helped: ReadonlySet<Condition>,
): readonly AwardVerdict[] {
  const due = new Set<AwardId>();
  const wouldBeMet = (result: ConditionResult): boolean => {
    if (result.met) return true;
    if (result.kind === 'holds') return due.has(result.award);
    if (result.kind === 'badges') return helped.has(result.condition);
    return result.of.filter(wouldBeMet).length >= result.need;
  };
  for (const { award, tree } of open) if (wouldBeMet(tree)) due.add(award.id);
  const hoped = open.filter(({ award }) => due.has(award.id));
  return hoped.every(({ award }) => found.has(award.id)) ? [] : hoped;
}

/** Each award stands after those that its rule holds. */
function dueWith(hoped: readonly AwardVerdict[], facts: Facts): readonly AwardId[] {
  const standing = new Map(facts.standing);
  for (const { award } of hoped)
    if (judge(award.rule, { ...facts, standing }).met) standing.set(award.id, 'due');
  return hoped.map(({ award }) => award.id).filter((id) => standing.has(id));
}
