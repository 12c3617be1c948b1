import type { JournalEntry } from '../earners/journal-entry.js';
import type { EarnerKey } from '../ids.js';
import type { Batch } from './batch.js';
import type { DueAwards } from './types.js';

/** The journal entry of each earner: what it was decided on; null where that is not known any more. */
export const telling =
  (
    kind: 'issued' | 'refused',
    { badgeId }: Batch,
    due: DueAwards | null,
    { atS, event = null, detail = null }: Pick<JournalEntry, 'atS'> & Partial<JournalEntry>,
  ) =>
  (earner: EarnerKey): JournalEntry | null => {
    const one = due?.get(earner);
    if (one === undefined) return null;
    const { award, version, earnedBy: assertions, cause } = one;
    return { kind, atS, earner, award, badgeId, assertions, cause, version, event, detail };
  };
