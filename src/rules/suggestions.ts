import type { Assertion } from '../earners/record.js';
import { asAssertionId, type AwardId } from '../ids.js';
import { type Facts, evaluateCondition } from './conditions.js';
import { type Candidate, distinct, byIssueDate } from './countable.js';
import { shortfall } from './explain/facts.js';
import { abilityOf, picks, windowOf, within } from './selector.js';
import type { BadgesCondition, Enrolment, Scheme } from './types.js';
import type { AwardStatus, AwardVerdict, BadgesResult, ConditionResult, Evaluation } from './evaluation.js';

/** More than anybody could be given: the lack of what no badge brings. */
export const OUT_OF_REACH = 1_000_000;

/** How much each award lacks that is neither held nor due, by its id. */
export type Lacks = ReadonlyMap<AwardId, number>;

/**
 * How many badges must still come, at least, for a rule to be met; 0 when it is. Of a choice, the parts that
 * lack least; an award that the rule holds lacks what it lacks itself.
 */
export function lackOf(result: ConditionResult, lacks: Lacks): number {
  if (result.met) return 0;
  if (result.kind === 'badges') return shortfall(result).badges;
  if (result.kind === 'holds') return lacks.get(result.award) ?? OUT_OF_REACH;
  const open = result.of.map((part) => lackOf(part, lacks)).filter((lack) => lack > 0);
  const least = open.toSorted((a, b) => a - b).slice(0, result.need - result.have);
  return least.reduce((sum, lack) => sum + lack, 0);
}

/** @param awards in the scheme's order: each after those that its rule holds */
export function lacksOf(awards: readonly AwardVerdict[]): Lacks {
  const lacks = new Map<AwardId, number>();
  for (const { award, status, tree } of awards) {
    if (status === 'held' || status === 'due') continue;
    lacks.set(award.id, status === 'not_met' ? lackOf(tree, lacks) : OUT_OF_REACH);
  }
  return lacks;
}

/** The facts that were judged. What no rule looks at is not among the candidates: it changes nothing. */
export function factsOf(scheme: Scheme, { awards, nowS }: Evaluation): Facts {
  const seen = distinct(awards.flatMap(({ tree }) => assertionsIn(tree)));
  const candidates = seen.flatMap((assertion): readonly Candidate[] => {
    const enrolment = scheme.enrolments.get(assertion.badgeId);
    return enrolment === undefined ? [] : [{ assertion, enrolment }];
  });
  const standing = awards.flatMap(({ award, status }) =>
    status === 'held' || status === 'due' ? [[award.id, status] as const] : [],
  );
  return { scheme, nowS, candidates, standing: new Map(standing) };
}

/** Every assertion that a rule looked at, counted or not. */
export function assertionsIn(result: ConditionResult): readonly Assertion[] {
  if (result.kind === 'holds') return [];
  if (result.kind !== 'badges') return result.of.flatMap(assertionsIn);
  return [...result.counted, ...result.excluded.map(({ assertion }) => assertion)];
}

/** What can still be issued so that it counts: enrolled at this instant, by an active partner. */
export const availableAt = (scheme: Scheme, nowS: number): readonly Enrolment[] =>
  [...scheme.enrolments.values()].filter(
    (badge) => within(badge, nowS) && scheme.partnersById.get(badge.clientId)?.active === true,
  );

/** The facts as they would be, were these badges issued now. */
export function issued(facts: Facts, badges: readonly Enrolment[]): Facts {
  const added = badges.map((enrolment) => ({ assertion: issuedAt(facts.nowS, enrolment), enrolment }));
  const candidates = [...facts.candidates, ...added];
  return { ...facts, candidates: candidates.toSorted((a, b) => byIssueDate(a.assertion, b.assertion)) };
}

const issuedAt = (nowS: number, { badgeId, clientId }: Enrolment): Assertion => ({
  id: asAssertionId(`supposed ${badgeId}`),
  clientId,
  badgeId,
  eventId: null,
  issuedOnS: nowS,
  expiresOnS: null,
  revoked: false,
});

/** How much each award would lack, were one badge issued now: with the awards that become due by it, which lack nothing. */
export function lacksWith({ awards }: Evaluation, facts: Facts, badge: Enrolment): Lacks {
  const more = issued(facts, [badge]);
  const standing = standingWith(awards, more, ['not_met']);
  const verdicts = awards.map((verdict): AwardVerdict => {
    if (standing.has(verdict.award.id)) return { ...verdict, status: 'due' };
    return { ...verdict, tree: evaluateCondition(verdict.award.rule, { ...more, standing }) };
  });
  return lacksOf(verdicts);
}

/**
 * The awards that these facts make held or due, those of such a status besides.
 * @param awards in the scheme's order: each after those that its rule holds
 */
export function standingWith(
  awards: readonly AwardVerdict[],
  facts: Facts,
  statuses: readonly AwardStatus[],
): ReadonlyMap<AwardId, 'held' | 'due'> {
  const standing = new Map(facts.standing);
  for (const { award, status } of awards)
    if (statuses.includes(status) && evaluateCondition(award.rule, { ...facts, standing }).met)
      standing.set(award.id, 'due');
  return standing;
}

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

function leafOf({ condition, counted, excluded }: BadgesResult, scheme: Scheme, nowS: number): Leaf {
  const inTime = excluded.filter(({ reason }) => reason.why !== 'outside_condition_dates');
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
  const lackWith = (badge: Enrolment): number =>
    lackOf(evaluateCondition(award.rule, issued(facts, [badge])), lacks);
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
      return lackOf(evaluateCondition(award.rule, { ...facts, standing }), lacks) < before;
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

/**
 * Whether all that is enrolled today, issued now, would make an award due: `within`; not while an award that
 * it rests on is blocked or inactive: `hindered`; not at all: `beyond`.
 */
export type Reach = 'within' | 'hindered' | 'beyond';

/** What would bring an award closer that is not met. */
export interface Suggestion {
  /**
   * Each of which, issued now, would leave less to come; where one badge is missing, would complete it. In
   * the scheme's order. One that the person has already is among them where it would count anew.
   */
  readonly badges: readonly Enrolment[];
  /** Awards that its rule holds, not met themselves: what would help those is told of them. */
  readonly awards: readonly AwardId[];
  readonly reach: Reach;
}

/**
 * For each award that is not met: what would help. Pure; the badges of active partners alone are tried,
 * within their enrolment at the evaluation's instant, each on its own, by judging the rule again with it.
 * - A badge helps where less is missing with it, the other awards as they are.
 * - Of a choice, one may help both ways at once: by itself, and by an award that the rule holds and that it brings
 *   closer, too. It is told where only the two together leave less to come; else it is told of that award.
 * @param evaluation under that scheme
 * @returns by award; none for one that is held, due, blocked or inactive: no badge changes that
 */
export function suggestions(scheme: Scheme, evaluation: Evaluation): ReadonlyMap<AwardId, Suggestion> {
  const missing = evaluation.awards.filter(({ status }) => status === 'not_met');
  if (missing.length === 0) return new Map();
  const facts = factsOf(scheme, evaluation);
  const available = availableAt(scheme, evaluation.nowS);
  const basis = { evaluation, facts, available, lacks: lacksOf(evaluation.awards) };
  const reachOf = reachesOf(evaluation, issued(facts, available));
  const closer = new Map<AwardId, ReadonlySet<Enrolment>>();
  return new Map(
    missing.map((verdict) => {
      const { id } = verdict.award;
      return [id, { ...helpFor(verdict, basis, closer), reach: reachOf(id) }];
    }),
  );
}

/**
 * @param closer by award: the badges told of it, and of those that it is told to be helped by. Those that the rule
 *   holds are there, since they stand before it in the scheme's order; this one is added
 */
function helpFor(
  verdict: AwardVerdict,
  basis: Basis,
  closer: Map<AwardId, ReadonlySet<Enrolment>>,
): Omit<Suggestion, 'reach'> {
  const awards = awardsThatHelp(verdict, basis);
  const through = new Set(awards.flatMap((id) => [...(closer.get(id) ?? [])]));
  const direct = badgesThatHelp(verdict, basis);
  const bothWays = badgesThatHelpBothWays(verdict, basis, closer, new Set([...direct, ...through]));
  const told = new Set([...direct, ...bothWays]);
  closer.set(verdict.award.id, new Set([...told, ...through]));
  return { badges: basis.available.filter((badge) => told.has(badge)), awards };
}

/** @param all the facts as they would be with everything that is enrolled */
function reachesOf({ awards }: Evaluation, all: Facts): (id: AwardId) => Reach {
  const hinders = awards.some(({ status }) => status === 'blocked' || status === 'inactive');
  const free = standingWith(awards, all, ['not_met']);
  const freed = hinders ? standingWith(awards, all, ['not_met', 'blocked', 'inactive']) : free;
  return (id) => (free.has(id) ? 'within' : freed.has(id) ? 'hindered' : 'beyond');
}
