import { DateTime } from 'luxon';
import type { Done } from './done.js';
import { erasedEntry } from './erase-earner.js';
import { erasePeople } from './erase-people.js';
import type { ErasedNumbers } from './erasing.js';
import type { Pipeline } from './pipeline.js';
import { candidatesOf, isPast, type Candidates } from './purge-candidates.js';

/** When nobody is at work, and the queues were cleaned. */
const NIGHTLY = '43 3 * * *';

/**
 * Erases whoever was given nothing, by anybody, for so many calendar months, and is waiting for nothing; and
 * ends the erasures that were broken off, or that something was written after. May be stopped anywhere: the
 * next one goes on.
 * @param months null: nobody is kept too long
 */
export async function purge(pipeline: Pipeline, months: number | null, signal: AbortSignal): Promise<Done> {
  const { clock, scheme, audit } = pipeline;
  const beforeS = months === null ? null : monthsAgoS(clock(), months, scheme.timeZone);
  let [purged, ended] = [NOTHING, NOTHING];
  try {
    for await (const candidates of candidatesOf(pipeline, beforeS, signal)) {
      const done = await eraseThem(pipeline, candidates, beforeS, signal);
      purged = sum(purged, done.purged);
      ended = sum(ended, done.ended);
    }
    // Of all of them at once, and of those whose erasure was stopped before it.
    ended = sum(ended, { ...NOTHING, entries: await audit.forgetUnnamed() });
  } finally {
    // Stopped half-way, it tells of that half.
    const all = sum(purged, ended);
    if (all.people > 0) await audit.write([erasedEntry(pipeline, 'purged', all)]);
  }
  return { did: 'people purged', facts: { months, ...sum(purged, ended), erasuresEnded: ended.people } };
}

async function eraseThem(
  pipeline: Pipeline,
  { past, begun }: Candidates,
  beforeS: number | null,
  signal: AbortSignal,
): Promise<{ readonly purged: ErasedNumbers; readonly ended: ErasedNumbers }> {
  // One entry of the account tells of the whole run.
  const gently = { withinMs: 0, signal, tell: async () => {} };
  const isMeant = beforeS === null ? () => false : isPast(beforeS);
  const purged = past.length === 0 ? null : await erasePeople(pipeline, past, { ...gently, isMeant });
  const ended = begun.length === 0 ? null : await erasePeople(pipeline, begun, gently);
  return { purged: purged?.erased ?? NOTHING, ended: ended?.erased ?? NOTHING };
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

/** Purges every night, once for all workers together, by what this process was told of how long to keep. */
export async function schedulePurge({ queues, scheme }: Pipeline, months: number | null): Promise<void> {
  const opts = { removeOnComplete: true, removeOnFail: true };
  const template = { name: 'purge', data: { kind: 'purge', months }, opts };
  await queues.maintenance.upsertJobScheduler('purge', { pattern: NIGHTLY, tz: scheme.timeZone }, template);
}
