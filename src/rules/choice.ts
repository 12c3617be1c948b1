import { oldestFirst } from './countable.js';
import { abilityOf, type BadgesCondition } from './badges-condition.js';
import type { Exclusion, ConditionExclusionReason } from './evaluation.js';
import type { Candidate } from './types.js';

/** What may stand for one ability: all versions of one badge, whose partner has a limited number of seats. */
export interface Carrier {
  readonly partner: string;
  /** The abilities of its versions; it can stand for one of them. */
  readonly abilities: readonly string[];
}

/**
 * The most distinct abilities that can be covered when a carrier stands for one ability, and at most
 * `seats` carriers of one partner are used: a maximum flow ability → carrier → partner, one augmenting
 * path at a time (Ford and Fulkerson). Once covered, an ability stays covered.
 * @returns each used carrier with its ability; earlier carriers are preferred, all else being equal.
 */
export function coverAbilities<C extends Carrier>(
  carriers: readonly C[],
  seats: number,
): ReadonlyMap<C, string> {
  const standsFor = new Map<C, string>();
  /**
   * Finds a carrier for the ability, moving other abilities to other carriers where that makes room. Every
   * ability and every full partner is tried once a path (`tried`, `full`): so no step of a path undoes
   * another one, and nothing is changed unless the whole path succeeds.
   */
  const place = (ability: string, tried: Set<string>, full: Set<string>): boolean => {
    if (tried.has(ability)) return false;
    tried.add(ability);
    const carrier = carriers.find((one) => one.abilities.includes(ability) && vacate(one, tried, full));
    if (carrier !== undefined) standsFor.set(carrier, ability);
    return carrier !== undefined;
  };
  /** Makes the carrier free to stand for another ability, if that can be done. */
  const vacate = (carrier: C, tried: Set<string>, full: Set<string>): boolean => {
    const current = standsFor.get(carrier);
    if (current !== undefined) return place(current, tried, full);
    const seated = [...standsFor].filter(([other]) => other.partner === carrier.partner);
    if (seated.length < seats) return true;
    if (full.has(carrier.partner)) return false;
    full.add(carrier.partner);
    const moved = seated.find(([, covered]) => place(covered, tried, full));
    return moved !== undefined && standsFor.delete(moved[0]);
  };
  for (const ability of new Set(carriers.flatMap(({ abilities }) => abilities)))
    place(ability, new Set(), new Set());
  return standsFor;
}

/** What of a condition limits its choice: abilities asked for, since it then matters which version of a badge counts. */
type Limits = Pick<BadgesCondition, 'perIssuer' | 'abilities'>;

/** All versions of one badge that this person has, oldest first; enrolled by one partner. */
interface Family extends Carrier {
  readonly oldest: Candidate;
  readonly versions: readonly Candidate[];
}

/**
 * Chooses what one condition counts: one version of a badge, and no more from a partner than allowed.
 *
 * The number counted, the number of partners and the number of distinct abilities are each the greatest
 * possible, all three at once: a flow that covers the most abilities uses at most K badges of a partner, and
 * filling every partner up to its K with further badges takes no ability away. It then has min(K, badges) of
 * every partner, so the count is the greatest; K is at least 1, so every partner that can be there is.
 * @param candidates those that the selector picks, oldest first
 */
export function choose(candidates: readonly Candidate[], limits: Limits) {
  const badges = new Set(candidates.map(({ enrolment }) => enrolment.family));
  // As a rule no badge is there twice, and nothing limits a partner; everybody is asked for each condition.
  if (limits.perIssuer === undefined && badges.size === candidates.length)
    return { counted: candidates, excluded: [] };
  const families = familiesOf(candidates);
  const chosen = chosenOf(families, limits);
  const excluded = families.flatMap((family) => exclusionsOf(family, chosen.get(family), limits.perIssuer));
  return { counted: oldestFirst([...chosen.values()]), excluded };
}

/** Oldest family first, since the candidates are. */
function familiesOf(candidates: readonly Candidate[]): readonly Family[] {
  const byFamily = new Map<string, [Candidate, ...Candidate[]]>();
  for (const candidate of candidates) {
    const known = byFamily.get(candidate.enrolment.family);
    if (known === undefined) byFamily.set(candidate.enrolment.family, [candidate]);
    else known.push(candidate);
  }
  return [...byFamily.values()].map((versions) => ({
    partner: versions[0].enrolment.clientId,
    oldest: versions[0],
    versions,
    abilities: versions.flatMap(({ enrolment }) => abilityOf(enrolment) ?? []),
  }));
}

/** The cover, each family by its oldest version that has the ability; then each partner up to its seats. */
function chosenOf(
  families: readonly Family[],
  { perIssuer: seats = Infinity, abilities }: Limits,
): ReadonlyMap<Family, Candidate> {
  const chosen = new Map<Family, Candidate>();
  const taken = new Map<string, number>();
  const take = (family: Family, version = family.oldest): void => {
    chosen.set(family, version);
    taken.set(family.partner, (taken.get(family.partner) ?? 0) + 1);
  };
  if (abilities !== undefined)
    for (const [family, ability] of coverAbilities(families, seats))
      take(
        family,
        family.versions.find(({ enrolment }) => abilityOf(enrolment) === ability),
      );
  for (const family of families)
    if (!chosen.has(family) && (taken.get(family.partner) ?? 0) < seats) take(family);
  return chosen;
}

/** Of a family that is not counted at all, the oldest version is over the limit and the others double it. */
function exclusionsOf(
  { versions, oldest }: Family,
  chosen: Candidate | undefined,
  perIssuer: number | undefined,
): readonly Exclusion<ConditionExclusionReason>[] {
  const standing = chosen ?? oldest;
  const doubles = versions
    .filter((version) => version !== standing)
    .map(({ assertion }) => ({
      assertion,
      reason: { why: 'duplicate_of', of: standing.assertion.id } as const,
    }));
  if (chosen !== undefined || perIssuer === undefined) return doubles;
  return [{ assertion: oldest.assertion, reason: { why: 'over_per_issuer', perIssuer } }, ...doubles];
}
