import type { Sandbox } from '../../sandbox/types.js';
import { nameOf } from '../story/cast.js';
import type { Outcome } from '../story/outcome.js';
import { counted } from '../text.js';
import { committedIssues } from './announcer.js';
import type { RegionBadges } from './region-badges.js';

const keyOf = (email: string, badgeId: string): string => `${badgeId} ${email}`;

/**
 * Holds what Open Badge Factory received against what the story promised: each award once, and no other.
 * @param failed what Palier gave up
 * @returns each difference, in French; none when all is well
 */
export function differences(
  sandbox: Pick<Sandbox, 'issues'>,
  promised: readonly Outcome[],
  badges: RegionBadges,
  failed: readonly string[],
): readonly string[] {
  const counts = issueCounts(sandbox);
  const wanted = new Set(promised.map(({ person, badgeId }) => keyOf(person.email, badgeId)));
  const wrong = promised.flatMap(({ person, badgeId }) => {
    const count = counts.get(keyOf(person.email, badgeId))?.count ?? 0;
    if (count === 1) return [];
    return [`${person.name} devait recevoir « ${badges.name(badgeId)} » une fois : émis ${count} fois.`];
  });
  const unwanted = [...counts].flatMap(([key, { email, badgeId, count }]) =>
    wanted.has(key)
      ? []
      : [
          `${nameOf(email)} a reçu « ${badges.name(badgeId)} » (${counted(count, 'fois', 'fois')}) sans y avoir droit.`,
        ],
  );
  return [...wrong, ...unwanted, ...failed.map((why) => `Palier a renoncé à un travail : ${why}`)];
}

interface Count {
  readonly email: string;
  readonly badgeId: string;
  readonly count: number;
}

function issueCounts(sandbox: Pick<Sandbox, 'issues'>): ReadonlyMap<string, Count> {
  const counts = new Map<string, Count>();
  for (const { badgeId, recipients } of committedIssues(sandbox))
    for (const email of recipients) {
      const key = keyOf(email, badgeId);
      counts.set(key, { email, badgeId, count: (counts.get(key)?.count ?? 0) + 1 });
    }
  return counts;
}
