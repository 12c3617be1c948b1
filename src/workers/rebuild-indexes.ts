import { RecordUnreadable, type EarnerRecord } from '../earners/record.js';
import type { EarnerKey } from '../ids.js';
import type { Pipeline } from './pipeline.js';

/** What is read, and what is filled. */
type Parts = Pick<Pipeline, 'earners' | 'journal' | 'flags' | 'log'>;

/** Fills the journal's index and the review list anew from the records. Unreadable records are left out, and named. */
export const rebuildIndexes = (parts: Parts, signal: AbortSignal): Promise<void> =>
  parts.journal.rebuild(listedRecords(parts, signal));

/** Every record, in chunks; their flags are listed on the way. */
async function* listedRecords(
  { earners, flags, log }: Parts,
  signal: AbortSignal,
): AsyncGenerator<readonly (readonly [EarnerKey, EarnerRecord])[]> {
  for await (const keys of earners.keys()) {
    signal.throwIfAborted();
    const readable: [EarnerKey, EarnerRecord][] = [];
    for (const [earner, record] of await earners.readMany(keys))
      if (record instanceof RecordUnreadable)
        log.warn({ err: record }, 'a record is left out of the indexes');
      else readable.push([earner, record]);
    for (const [earner, record] of readable) await flags.relist(earner, record.flags);
    yield readable;
  }
}
