import type { AwardId } from '../ids.js';
import { abilityOf, type BadgesCondition, picks } from './badges-condition.js';
import { evaluateCondition, type Facts } from './conditions.js';
import { byIssueDate, type Candidate, distinct, supposed } from './countable.js';
import { assertionsIn, type AwardStatus, type AwardVerdict, type Evaluation } from './evaluation.js';
import type { Condition, Enrolment, Scheme } from './types.js';
import { within } from './window.js';

/** The facts that were evaluated, without what no rule looks at. */
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

/** The facts as they would be, were these badges issued now. */
export function issued(facts: Facts, badges: readonly Enrolment[]): Facts {
  const added = badges.map((enrolment): Candidate => {
    const { badgeId, clientId } = enrolment;
    return { assertion: supposed(badgeId, clientId, facts.nowS), enrolment };
  });
  const candidates = [...facts.candidates, ...added];
  return { ...facts, candidates: candidates.toSorted((a, b) => byIssueDate(a.assertion, b.assertion)) };
}

/**
 * The awards that are held or due under these facts.
 * @param awards in the scheme's order: each after those that its rule holds
 * @param statuses of which those whose rule is met become due
 */
export function standingWith(
  awards: readonly AwardVerdict[],
  facts: Facts,
  statuses: readonly AwardStatus[] = ['not_met'],
): ReadonlyMap<AwardId, 'held' | 'due'> {
  const standing = new Map(facts.standing);
  for (const { award, status } of awards)
    if (statuses.includes(status) && evaluateCondition(award.rule, { ...facts, standing }).met)
      standing.set(award.id, 'due');
  return standing;
}

/** What can be issued so that it counts: enrolled at this instant, by an active partner. */
export const availableAt = (scheme: Scheme, nowS: number): readonly Enrolment[] =>
  [...scheme.enrolments.values()].filter(
    (badge) => within(badge, nowS) && scheme.partnersById.get(badge.clientId)?.active === true,
  );

/** Badges that the same conditions pick. */
interface Kind {
  readonly pickedBy: readonly BadgesCondition[];
  readonly badges: Enrolment[];
}

const remembered = new WeakMap<Scheme, { readonly nowS: number; readonly kinds: readonly Kind[] }>();

/** The available badges, by what picks them. Remembered: everybody is asked about at one instant. */
function kindsAt(scheme: Scheme, nowS: number): readonly Kind[] {
  const known = remembered.get(scheme);
  if (known?.nowS === nowS) return known.kinds;
  const conditions = scheme.awards.flatMap(({ rule }) => conditionsIn(rule));
  const byPick = new Map<string, Kind>();
  for (const badge of availableAt(scheme, nowS)) {
    const pickedBy = conditions.filter((condition) => picks(condition.selector, badge));
    const name = pickedBy.map((condition) => conditions.indexOf(condition)).join();
    const kind = byPick.get(name);
    if (kind === undefined) byPick.set(name, { pickedBy, badges: [badge] });
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
 * The available badges that one of these conditions picks, those that do the same for this person together: picked
 * by the same conditions, for the same ability, of the same partner or of partners that the person has nothing of.
 * A scheme has thousands of badges, and few that differ to a rule.
 */
export function alikeBadges(
  { scheme, nowS, candidates }: Facts,
  conditions: readonly BadgesCondition[],
): readonly (readonly [Enrolment, ...Enrolment[]])[] {
  const families = new Set(candidates.map(({ enrolment }) => enrolment.family));
  const partners = new Set(candidates.map(({ enrolment }) => enrolment.clientId));
  const groups = kindsAt(scheme, nowS)
    .filter(({ pickedBy }) => conditions.some((condition) => pickedBy.includes(condition)))
    .map(({ badges }) => {
      const alike = new Map<string, [Enrolment, ...Enrolment[]]>();
      for (const badge of badges) {
        const partner = partners.has(badge.clientId) ? badge.clientId : '';
        // Of another version of a badge that the person has, the effect depends on that very badge.
        const own = families.has(badge.family) ? badge.badgeId : '';
        const name = `${partner} ${abilityOf(badge) ?? ''} ${own}`;
        const group = alike.get(name);
        if (group === undefined) alike.set(name, [badge]);
        else group.push(badge);
      }
      return [...alike.values()];
    });
  return groups.flat();
}
