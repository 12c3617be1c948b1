import type { AwardId } from '../ids.js';
import { type Facts, evaluateCondition } from './conditions.js';
import { availableAt, factsOf, issued } from './suggestions.js';
import { abilityOf, picks, windowOf, within } from './selector.js';
import type { BadgesCondition, Condition, Enrolment, Scheme } from './types.js';
import {
  shortfall,
  type AwardVerdict,
  type BadgesResult,
  type ConditionResult,
  type Evaluation,
  reached,
} from './evaluation.js';

/** Badges that the same conditions pick. */
export interface Kind {
  readonly pickedBy: ReadonlySet<Condition>;
  readonly badges: readonly Enrolment[];
}

const remembered = new WeakMap<Scheme, { readonly nowS: number; readonly kinds: readonly Kind[] }>();

/**
 * The badges that can be issued at `nowS` (Unix seconds), by what picks them. Remembered: everybody is asked
 * about at one instant.
 */
export function kindsAt(scheme: Scheme, nowS: number): readonly Kind[] {
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

/**
 * The awards that one more badge would make due: one of those that are enrolled at this instant, by an
 * active partner, issued now. Exact, and quick enough for everybody: of most badges it is plain what they
 * would do, and only what is not is judged again.
 */
export function oneBadgeAway(scheme: Scheme, evaluation: Evaluation): ReadonlySet<AwardId> {
  const open = evaluation.awards.filter(({ status }) => status === 'not_met');
  const near = open.flatMap(({ tree }) => nearIn(tree)).filter((part) => isOpen(part, scheme, evaluation));
  const reachable = near.length === 0 ? [] : hopedFor(open, near);
  const found = new Set<AwardId>();
  let facts: Facts | null = null;
  for (const { pickedBy, badges } of kindsAt(scheme, evaluation.nowS)) {
    if (found.size === reachable.length) break;
    const helped = near.filter(({ condition }) => pickedBy.has(condition));
    const hoped = helped.length === 0 ? [] : hopedFor(reachable, helped);
    if (hoped.every(({ award }) => found.has(award.id))) continue;
    if (badges.some((badge) => helped.every((part) => surelyMeets(part, badge, scheme)))) {
      for (const { award } of hoped) found.add(award.id);
      continue;
    }
    facts ??= factsOf(scheme, evaluation);
    for (const id of tried(hoped, badges, facts)) found.add(id);
  }
  return found;
}

/** The parts of a rule that lack one badge. */
function nearIn(result: ConditionResult): readonly BadgesResult[] {
  if (result.met || result.kind === 'holds') return [];
  if (result.kind !== 'badges') return result.of.flatMap(nearIn);
  return shortfall(result).badges === 1 ? [result] : [];
}

/** What is issued today must count today. */
const isOpen = ({ condition }: BadgesResult, scheme: Scheme, { nowS }: Evaluation): boolean =>
  within(windowOf(scheme, condition, nowS), nowS);

/**
 * Whether this badge, issued now, would meet a condition that lacks one, for reasons that are plain: it is
 * another badge than all that count; of another partner than theirs, and for another ability, where that
 * matters. What counts was chosen to make each number as great as it can be: so it would raise them all.
 */
function surelyMeets(
  { condition: { perIssuer }, issuers, abilities, counted }: BadgesResult,
  badge: Enrolment,
  { enrolments }: Scheme,
): boolean {
  const another = perIssuer !== undefined || (issuers !== null && !reached(issuers));
  const lacksAbility = abilities !== null && !reached(abilities);
  const ability = lacksAbility ? abilityOf(badge) : null;
  if (lacksAbility && ability === null) return false;
  return counted.every(({ badgeId, clientId }) => {
    const known = enrolments.get(badgeId);
    const differs = known !== undefined && known.family !== badge.family;
    const forAnother = ability === null || (known !== undefined && abilityOf(known) !== ability);
    return differs && forAnother && !(another && clientId === badge.clientId);
  });
}

/** Of these awards, those that would come due if a badge counted for each of these parts: no others can. */
function hopedFor(open: readonly AwardVerdict[], helped: readonly BadgesResult[]): readonly AwardVerdict[] {
  const due = new Set<AwardId>();
  const wouldBeMet = (result: ConditionResult): boolean => {
    if (result.met) return true;
    if (result.kind === 'holds') return due.has(result.award);
    if (result.kind === 'badges') return helped.includes(result);
    return result.of.filter(wouldBeMet).length >= result.need;
  };
  return open.filter(({ award, tree }) => {
    if (!wouldBeMet(tree)) return false;
    due.add(award.id);
    return true;
  });
}

/** Each badge is issued, and the rules judged again, until nothing more is hoped for. */
function tried(
  hoped: readonly AwardVerdict[],
  badges: readonly Enrolment[],
  facts: Facts,
): ReadonlySet<AwardId> {
  const found = new Set<AwardId>();
  for (const badge of different(badges, facts)) {
    for (const id of dueWith(hoped, issued(facts, [badge]))) found.add(id);
    if (found.size === hoped.length) break;
  }
  return found;
}

/** Badges of partners that the person has nothing of do the same for one ability: one is tried for all. */
function different(badges: readonly Enrolment[], { candidates }: Facts): readonly Enrolment[] {
  const families = new Set(candidates.map(({ enrolment }) => enrolment.family));
  const partners = new Set(candidates.map(({ enrolment }) => enrolment.clientId));
  const seen = new Set<string>();
  return badges.filter((badge) => {
    const partner = partners.has(badge.clientId) ? badge.clientId : '';
    const name = `${partner} ${abilityOf(badge) ?? ''}`;
    if (families.has(badge.family)) return true;
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

/** Each award stands after those that its rule holds. */
function dueWith(hoped: readonly AwardVerdict[], facts: Facts): readonly AwardId[] {
  const standing = new Map(facts.standing);
  for (const { award } of hoped)
    if (evaluateCondition(award.rule, { ...facts, standing }).met) standing.set(award.id, 'due');
  return hoped.map(({ award }) => award.id).filter((id) => standing.has(id));
}
