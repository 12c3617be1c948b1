import type { AwardId } from '../ids.js';
import { type Facts, judge } from './conditions.js';
import { lackingOf } from './explain-facts.js';
import { availableAt, factsOf, issued } from './helpful-facts.js';
import { abilityOf, picks } from './selector.js';
import { reached } from './tally.js';
import type { BadgesCondition, Condition, Enrolment, Scheme } from './types.js';
import type { AwardVerdict, BadgesResult, ConditionResult, Evaluation } from './verdict.js';

/**
 * The awards that one more badge would make due: one of those that are enrolled at this instant, by an
 * active partner, issued now. Exact, and quick enough for everybody: of most badges it is plain what they
 * would do, and only what is not is judged again.
 */
export function oneBadgeAway(scheme: Scheme, evaluation: Evaluation): ReadonlySet<AwardId> {
  const open = evaluation.awards.filter(({ status }) => status === 'not_met');
  const near = open.flatMap(({ tree }) => nearIn(tree));
  if (near.length === 0) return NONE;
  const found = new Set<AwardId>();
  let facts: Facts | null = null;
  for (const { pickedBy, badges } of kindsAt(scheme, evaluation.nowS)) {
    const helped = near.filter(({ condition }) => pickedBy.has(condition));
    const hoped = helped.length === 0 ? [] : hopedFor(open, found, new Set(helped));
    if (hoped.length === 0) continue;
    if (badges.some((badge) => helped.every((part) => surelyMeets(part, badge, scheme)))) {
      for (const { award } of hoped) found.add(award.id);
      continue;
    }
    facts ??= factsOf(scheme, evaluation);
    for (const id of tried(hoped, badges, facts)) found.add(id);
  }
  return found;
}

const NONE: ReadonlySet<AwardId> = new Set();

/** The parts of a rule that lack one badge. */
function nearIn(result: ConditionResult): readonly BadgesResult[] {
  if (result.met || result.kind === 'holds') return [];
  if (result.kind !== 'badges') return result.of.flatMap(nearIn);
  return lackingOf(result).badges === 1 ? [result] : [];
}

/**
 * Whether this badge, issued now, would meet a condition that lacks one, for reasons that are plain: of all
 * that is there, each counts, and the badge is another one; of another partner, and for another ability,
 * where that matters.
 */
function surelyMeets(
  { condition, issuers, abilities, counted, leftOut }: BadgesResult,
  badge: Enrolment,
  { enrolments }: Scheme,
): boolean {
  const { perIssuer, issuedFromS, issuedBeforeS } = condition;
  if (leftOut.length > 0 || issuedFromS !== undefined || issuedBeforeS !== undefined) return false;
  const another = perIssuer !== undefined || (issuers !== null && !reached(issuers));
  const ability = abilities === null || reached(abilities) ? null : abilityOf(badge);
  if (ability === null && abilities !== null && !reached(abilities)) return false;
  return counted.every(({ badgeId, clientId }) => {
    const known = enrolments.get(badgeId);
    const differs = known !== undefined && known.family !== badge.family;
    const forAnother = ability === null || (known !== undefined && abilityOf(known) !== ability);
    return differs && forAnother && !(another && clientId === badge.clientId);
  });
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
  helped: ReadonlySet<ConditionResult>,
): readonly AwardVerdict[] {
  const due = new Set<AwardId>();
  const wouldBeMet = (result: ConditionResult): boolean => {
    if (result.met) return true;
    if (result.kind === 'holds') return due.has(result.award);
    if (result.kind === 'badges') return helped.has(result);
    return result.of.filter(wouldBeMet).length >= result.need;
  };
  for (const { award, tree } of open) if (wouldBeMet(tree)) due.add(award.id);
  const hoped = open.filter(({ award }) => due.has(award.id));
  return hoped.every(({ award }) => found.has(award.id)) ? [] : hoped;
}

/** Each badge is issued, and the rules judged again, until nothing more is hoped for. */
function tried(
  hoped: readonly AwardVerdict[],
  badges: readonly Enrolment[],
  facts: Facts,
): ReadonlySet<AwardId> {
  const found = new Set<AwardId>();
  for (const badge of badges) {
    for (const id of dueWith(hoped, issued(facts, [badge]))) found.add(id);
    if (found.size === hoped.length) break;
  }
  return found;
}

/** Each award stands after those that its rule holds. */
function dueWith(hoped: readonly AwardVerdict[], facts: Facts): readonly AwardId[] {
  const standing = new Map(facts.standing);
  for (const { award } of hoped)
    if (judge(award.rule, { ...facts, standing }).met) standing.set(award.id, 'due');
  return hoped.map(({ award }) => award.id).filter((id) => standing.has(id));
}
