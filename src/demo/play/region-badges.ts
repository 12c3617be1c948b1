import type { DemoBadge } from '../stage/environment.js';

interface OfBadge {
  readonly badgeId: string;
}

/** The Région's badges by their ids. */
export interface RegionBadges {
  readonly name: (badgeId: string) => string;
  /** For sorting: the scheme's order, in which each badge stands after those that it builds upon. */
  readonly inOrder: (a: OfBadge, b: OfBadge) => number;
}

export function regionBadges(badges: readonly DemoBadge[]): RegionBadges {
  const places = new Map(badges.map(({ id }, at) => [id, at]));
  const names = new Map(badges.map(({ id, name }) => [id, name]));
  const place = ({ badgeId }: OfBadge): number => places.get(badgeId) ?? badges.length;
  return {
    name: (badgeId) => names.get(badgeId) ?? badgeId,
    inOrder: (a, b) => place(a) - place(b),
  };
}
