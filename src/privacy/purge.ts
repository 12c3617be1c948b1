import { DateTime } from 'luxon';
import type { JobResult } from '../platform/job-result.js';
import { erasedEntry, erasePeople, type ErasedNumbers } from './erase-people.js';
import type { Pipeline } from '../workers/pipeline.js';
import { candidatesOf, isPast, type Candidates } from './purge-candidates.js';

/**
 * Erases whoever was given nothing, by anybody, for so many calendar months, and is waiting for nothing; and
 * completes the erasures that were stopped before their end. May be stopped anywhere: the
 * next one goes on.
 * @param months null: nobody is kept too long
 */
export async function purge(
  pipeline: Pipeline,
  months: number | null,
  signal: AbortSignal,
): Promise<JobResult> {
  const { clock, scheme, journal } = pipeline;
  const beforeS = months === null ? null : monthsAgoS(clock(), months, scheme.timeZone);
  let [purged, ended] = [NOTHING, NOTHING];
  try {
    for await (const candidates of candidatesOf(pipeline, beforeS, signal)) {
      const done = await eraseThem(pipeline, candidates, beforeS);
      purged = sum(purged, done.purged);
      ended = sum(ended, done.ended);
    }
  } finally {
    // Stopped half-way, it tells of that half.
    const all = sum(purged, ended);
    if (all.people > 0) await journal.write([erasedEntry(pipeline, 'purged', all)]);
  }
  return { did: 'people purged', facts: { months, ...sum(purged, ended), erasuresEnded: ended.people } };
}

/** One entry of the journal tells of the whole run. */
const tell = async (): Promise<void> => {};

async function eraseThem(
  pipeline: Pipeline,
  { past, begun }: Candidates,
  beforeS: number | null,
): Promise<{ readonly purged: ErasedNumbers; readonly ended: ErasedNumbers }> {
  const isMeant = beforeS === null ? () => false : isPast(beforeS);
  const purged = past.length === 0 ? NOTHING : await erasePeople(pipeline, past, { tell, isMeant });
  const ended = begun.length === 0 ? NOTHING : await erasePeople(pipeline, begun, { tell });
  return { purged, ended };
}

const monthsAgoS = (nowMs: number, months: number, timeZone: string): number =>
  Math.floor(DateTime.fromMillis(nowMs, { zone: timeZone }).minus({ months }).toSeconds());

const NOTHING: ErasedNumbers = {
  people: 0,
  addresses: 0,
  assertions: 0,
  entries: 0,
  jobs: 0,
  flags: 0,
  awards: 0,
};

const sum = (a: ErasedNumbers, b: ErasedNumbers): ErasedNumbers => ({
  people: a.people + b.people,
  addresses: a.addresses + b.addresses,
  assertions: a.assertions + b.assertions,
  entries: a.entries + b.entries,
  jobs: a.jobs + b.jobs,
  flags: a.flags + b.flags,
  awards: a.awards + b.awards,
});
