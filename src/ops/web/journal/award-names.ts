import type { JournalEntry } from '../../../earners/journal-entry.js';
import type { Scheme } from '../../../rules/types.js';

/** The name of the award that an entry is about, as the scheme has it; else its id, or its badge's. */
export function awardNames({ awards }: Scheme): (entry: JournalEntry) => string | null {
  const byId = new Map(awards.map(({ id, name }) => [id, name]));
  const byBadge = new Map(awards.map(({ badgeId, name }) => [badgeId, name]));
  return ({ award, badgeId }) =>
    (award === null ? undefined : byId.get(award)) ??
    (badgeId === null ? undefined : byBadge.get(badgeId)) ??
    award ??
    badgeId;
}
