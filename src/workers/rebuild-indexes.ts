import { RecordUnreadable, type EarnerRecord } from '../earners/record.js';
import type { EarnerKey } from '../ids.js';
import type { Pipeline } from './pipeline.js';

/** How many records are read at a time. */
const CHUNK = 500;

/** Fills the journal's index and the review list anew from the records. Unreadable records are left out, and named. */
export async function rebuildIndexes(
  pipeline: Pick<Pipeline, 'earners' | 'journal' | 'flags' | 'log'>,
  signal: AbortSignal,
): Promise<void> {
  await pipeline.journal.rebuild(listedRecords(pipeline, signal));
}

/** Every record, in chunks; their flags are listed on the way. */
async function* listedRecords(
  { earners, flags, log }: Pick<Pipeline, 'earners' | 'flags' | 'log'>,
  signal: AbortSignal,
): AsyncGenerator<readonly (readonly [EarnerKey, EarnerRecord])[]> {
  for await (const keys of earners.keys())
    for (let at = 0; at < keys.length; at += CHUNK) {
      signal.throwIfAborted();
      const some = keys.slice(at, at + CHUNK);
      const records = await earners.readMany(some);
      const readable = some.flatMap((earner, nth) => {
        const record = records[nth];
        if (record instanceof RecordUnreadable)
          log.warn({ err: record }, 'a record is left out of the indexes');
        return record === undefined || record instanceof RecordUnreadable ? [] : [[earner, record] as const];
      });
      for (const [earner, record] of readable) await flags.relist(earner, record.flags);
      yield readable;
    }
}
