/** What may stand for one ability: all versions of one badge, whose partner has a limited number of seats. */
export interface Carrier<P> {
  readonly partner: P;
  /** The abilities of its versions; it can stand for one of them. */
  readonly abilities: readonly string[];
}

/**
 * The most distinct abilities that can be covered when a carrier stands for one ability, and at most
 * `seats` carriers of one partner are used: a maximum flow ability → carrier → partner, one augmenting
 * path at a time (Ford and Fulkerson). Once covered, an ability stays covered.
 * @returns each used carrier with its ability; earlier carriers are preferred, all else being equal.
 */
export function coverAbilities<P, C extends Carrier<P>>(
  carriers: readonly C[],
  seats: number,
): ReadonlyMap<C, string> {
  const cover = new Cover<P, C>(seats);
  for (const carrier of carriers) for (const ability of carrier.abilities) cover.offer(ability, carrier);
  return cover.fill();
}

class Cover<P, C extends Carrier<P>> {
  private readonly offers = new Map<string, Set<C>>();
  private readonly standsFor = new Map<C, string>();

  constructor(private readonly seats: number) {}

  offer(ability: string, carrier: C): void {
    const known = this.offers.get(ability);
    if (known === undefined) this.offers.set(ability, new Set([carrier]));
    else known.add(carrier);
  }

  fill(): ReadonlyMap<C, string> {
    for (const ability of this.offers.keys()) this.place(ability, new Set(), new Set());
    return this.standsFor;
  }

  /**
   * Finds a carrier for the ability, moving other abilities to other carriers where that makes room. Every
   * ability and every full partner is tried once a path (`tried`, `full`): so no step of a path undoes
   * another one, and nothing is changed unless the whole path succeeds.
   */
  private place(ability: string, tried: Set<string>, full: Set<P>): boolean {
    if (tried.has(ability)) return false;
    tried.add(ability);
    for (const carrier of this.offers.get(ability) ?? []) {
      if (!this.vacate(carrier, tried, full)) continue;
      this.standsFor.set(carrier, ability);
      return true;
    }
    return false;
  }

  /** Makes the carrier free to stand for another ability, if that can be done. */
  private vacate(carrier: C, tried: Set<string>, full: Set<P>): boolean {
    const current = this.standsFor.get(carrier);
    if (current !== undefined) return this.place(current, tried, full);
    const seated = [...this.standsFor].filter(([other]) => other.partner === carrier.partner);
    if (seated.length < this.seats) return true;
    if (full.has(carrier.partner)) return false;
    full.add(carrier.partner);
    for (const [other, covered] of seated)
      if (this.place(covered, tried, full)) return this.standsFor.delete(other);
    return false;
  }
}
