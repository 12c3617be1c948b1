import type { Sandbox } from '../../sandbox/types.js';
import type { Insight } from '../insight.js';
import { nameOf, STRANGER } from '../story/cast.js';
import type { Outcome } from '../story/outcome.js';
import type { Table } from '../table.js';
import { counted } from '../text.js';
import { committedIssues } from './announcer.js';
import type { RegionBadges } from './region-badges.js';

/** Above it, people who have the same reasons stand in one row. */
const MOST_NAMED = 4;

/** Who received what, badge by badge, and what earned it. */
export async function awardedTable(sandbox: Sandbox, insight: Insight, badges: RegionBadges): Promise<Table> {
  const rows: string[][] = [];
  for (const { badgeId, recipients } of committedIssues(sandbox).toSorted(badges.inOrder)) {
    const byReason = new Map<string, string[]>();
    for (const email of recipients) {
      const why = (await insight.standing(email, badgeId)).earnedBy.join(' · ');
      byReason.set(why, [...(byReason.get(why) ?? []), nameOf(email)]);
    }
    for (const [why, names] of byReason) rows.push([together(names), badges.name(badgeId), why]);
  }
  return { headings: ['Qui', 'a reçu', 'pour'], rows };
}

function together(names: readonly string[]): string {
  const sorted = names.toSorted((a, b) => a.localeCompare(b, 'fr'));
  return sorted.length > MOST_NAMED
    ? `${sorted[0] ?? ''} et ${counted(sorted.length - 1, 'autre')}`
    : sorted.join(', ');
}

/** Who did not receive what they came close to, and why not. */
export async function missedTable(
  sandbox: Sandbox,
  insight: Insight,
  badges: RegionBadges,
  missed: readonly Outcome[],
): Promise<Table> {
  const rows = missed.map(async ({ person, badgeId }) => {
    const { lacking, leftOut } = await insight.standing(person.email, badgeId);
    const why = [...leftOut, ...fromStranger(sandbox, person.email)].map((one) => `${one}.`);
    return [person.name, badges.name(badgeId), [`Il manque ${lacking}.`, ...why].join(' ')];
  });
  return { headings: ['Qui', "n'a pas reçu", 'parce que'], rows: await Promise.all(rows) };
}

/** Of these Palier knows nothing: it never asked. */
function fromStranger(sandbox: Sandbox, email: string): readonly string[] {
  const found = sandbox
    .eventsOf(STRANGER.id)
    .filter(({ assertions }) => assertions.some((one) => one.email === email));
  return found.map(() => `« ${STRANGER.badge.name} » : le ${STRANGER.name} ne participe pas`);
}
