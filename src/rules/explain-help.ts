import type { ClientId } from '../ids.js';
import { badgeName, partnerName } from './explain-facts.js';
import type { Teller } from './explain-teller.js';
import type { Told } from './explain-told.js';
import type { HelpGroup } from './explain-words.js';
import type { Help } from './helpful.js';
import type { Enrolment } from './types.js';
import type { AwardVerdict } from './verdict.js';

/** More names than that, and nobody reads them. */
const MOST_NAMED = 5;

/**
 * What would bring an award closer that is not met. Awards are named where badges are, too: alone, they
 * stand already in what is missing.
 */
export function helpLines(teller: Teller, told: Told, { award }: AwardVerdict): readonly string[] {
  const help = told.help.get(award.id);
  if (help === undefined) return [];
  const words = teller.words.help;
  const outOfReach = help.reach === 'beyond' ? [words.outOfReach] : [];
  if (help.badges.length > 0) return [wouldHelp(teller, told, help), ...outOfReach];
  const severalAtOnce = help.reach === 'within' && help.awards.length === 0;
  return severalAtOnce ? [words.together] : outOfReach;
}

function wouldHelp(teller: Teller, told: Told, { badges, awards }: Help): string {
  const known = new Set([...told.assertions.values()].map(({ clientId }) => clientId));
  const shown = fewOf(badges, known);
  const names = awards.map((id) => teller.award(id));
  return teller.words.help.wouldHelp(names, groupsOf(teller, told, shown), badges.length - shown.length);
}

/** One badge of each partner before a second of any; of partners that the person knows already, first. */
function fewOf(badges: readonly Enrolment[], known: ReadonlySet<ClientId>): readonly Enrolment[] {
  const taken = new Map<ClientId, number>();
  const ranked = badges.map((badge) => {
    const round = taken.get(badge.clientId) ?? 0;
    taken.set(badge.clientId, round + 1);
    return { badge, round, stranger: known.has(badge.clientId) ? 0 : 1 };
  });
  return ranked
    .toSorted((a, b) => a.round - b.round || a.stranger - b.stranger)
    .slice(0, MOST_NAMED)
    .map(({ badge }) => badge);
}

function groupsOf({ scheme }: Teller, told: Told, badges: readonly Enrolment[]): readonly HelpGroup[] {
  return [...new Set(badges.map(({ clientId }) => clientId))].map((partner) => ({
    partner: partnerName(scheme, partner),
    badges: badges
      .filter(({ clientId }) => clientId === partner)
      .map((badge) => ({ name: badgeName(scheme, badge.badgeId), again: told.given.has(badge.badgeId) })),
  }));
}
