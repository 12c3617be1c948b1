import { oldestFirst } from './countable.js';
import { abilityOf, type BadgesCondition } from './badges-condition.js';
import type { Exclusion, ConditionExclusionReason } from './evaluation.js';
import type { Candidate } from './types.js';

/** A badge with all its versions, which belong to one partner. It covers one ability. */
export interface Carrier {
  readonly partner: string;
  /** The abilities of its versions; the carrier can cover any one of them. */
  readonly abilities: readonly string[];
}

/**
 * Covers as many distinct abilities as possible, with at most `seats` carriers of one partner. It is a maximum flow
 * ability → carrier → partner, one augmenting path at a time (Ford and Fulkerson). No path uncovers an ability.
 * @returns each used carrier with its ability; of equal solutions, the one with earlier carriers
 */
export function coverAbilities<C extends Carrier>(carriers: readonly C[], seats: number) {
  const covered = new Map<C, string>();
  /**
   * Finds a carrier for the ability; may move other abilities to other carriers. A path tries each ability and each
   * full partner once (`tried`, `full`), so no step undoes another. A path that fails changes nothing.
   */
  const place = (ability: string, tried: Set<string>, full: Set<string>): boolean => {
    if (tried.has(ability)) return false;
    tried.add(ability);
    const carrier = carriers.find((one) => one.abilities.includes(ability) && vacate(one, tried, full));
    if (carrier !== undefined) covered.set(carrier, ability);
    return carrier !== undefined;
  };
  /** Frees the carrier, or a seat of its partner, for another ability. False: that is impossible. */
  const vacate = (carrier: C, tried: Set<string>, full: Set<string>): boolean => {
    const current = covered.get(carrier);
    if (current !== undefined) return place(current, tried, full);
    const seated = [...covered].filter(([other]) => other.partner === carrier.partner);
    if (seated.length < seats) return true;
    if (full.has(carrier.partner)) return false;
    full.add(carrier.partner);
    const moved = seated.find(([, ability]) => place(ability, tried, full));
    return moved !== undefined && covered.delete(moved[0]);
  };
  for (const ability of new Set(carriers.flatMap(({ abilities }) => abilities)))
    place(ability, new Set(), new Set());
  return covered;
}

/** What limits the choice. With `abilities`, it matters which version of a badge counts. */
type Limits = Pick<BadgesCondition, 'perIssuer' | 'abilities'>;

/** All versions of one badge that this person has, oldest first. */
interface Family extends Carrier {
  readonly oldest: Candidate;
  readonly versions: readonly Candidate[];
}

/**
 * Chooses what one condition counts: one version of each badge, and at most `perIssuer` badges of each partner.
 *
 * Badges, partners and distinct abilities are all three at their maximum. The flow that covers the most abilities
 * uses at most K (`perIssuer`) badges of a partner. Filling every partner up to K then uncovers no ability.
 * Each partner has min(K, its badges), so no choice has more badges. K is 1 or more, so no choice has more partners.
 * @param candidates the badges that the selector picks, oldest first
 */
export function chooseCounted(candidates: readonly Candidate[], limits: Limits) {
  const badges = new Set(candidates.map(({ enrolment }) => enrolment.family));
  // The usual case, kept fast: a plan evaluates every condition for every person.
  if (limits.perIssuer === undefined && badges.size === candidates.length)
    return { counted: candidates, excluded: [] };
  const families = familiesOf(candidates);
  const chosen = chooseVersions(families, limits);
  const excluded = families.flatMap((family) => exclusionsOf(family, chosen.get(family), limits.perIssuer));
  return { counted: oldestFirst([...chosen.values()]), excluded };
}

/** Groups the versions of each badge, in the order of the candidates. */
function familiesOf(candidates: readonly Candidate[]): readonly Family[] {
  const byFamily = new Map<string, [Candidate, ...Candidate[]]>();
  for (const candidate of candidates) {
    const versions = byFamily.get(candidate.enrolment.family);
    if (versions === undefined) byFamily.set(candidate.enrolment.family, [candidate]);
    else versions.push(candidate);
  }
  return [...byFamily.values()].map((versions) => ({
    partner: versions[0].enrolment.clientId,
    oldest: versions[0],
    versions,
    abilities: versions.flatMap(({ enrolment }) => abilityOf(enrolment) ?? []),
  }));
}

/** Covers abilities first, each by the oldest version that has it; then fills each partner's seats. */
function chooseVersions(families: readonly Family[], { perIssuer: seats = Infinity, abilities }: Limits) {
  const chosen = new Map<Family, Candidate>();
  const seatsTaken = new Map<string, number>();
  const take = (family: Family, version = family.oldest): void => {
    chosen.set(family, version);
    seatsTaken.set(family.partner, (seatsTaken.get(family.partner) ?? 0) + 1);
  };
  if (abilities !== undefined)
    for (const [family, ability] of coverAbilities(families, seats))
      take(
        family,
        family.versions.find(({ enrolment }) => abilityOf(enrolment) === ability),
      );
  for (const family of families)
    if (!chosen.has(family) && (seatsTaken.get(family.partner) ?? 0) < seats) take(family);
  return chosen;
}

/** When no version is chosen, the oldest is over the limit and the others are its duplicates. */
function exclusionsOf(
  { versions, oldest }: Family,
  chosen: Candidate | undefined,
  perIssuer: number | undefined,
): readonly Exclusion<ConditionExclusionReason>[] {
  const original = chosen ?? oldest;
  const duplicates = versions
    .filter((version) => version !== original)
    .map(({ assertion }) => ({
      assertion,
      reason: { why: 'duplicate_of', of: original.assertion.id } as const,
    }));
  if (chosen !== undefined || perIssuer === undefined) return duplicates;
  return [{ assertion: oldest.assertion, reason: { why: 'over_per_issuer', perIssuer } }, ...duplicates];
}
