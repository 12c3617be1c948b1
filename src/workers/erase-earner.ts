import type { EarnerKey } from '../ids.js';
import { secondsOf } from '../platform/clock.js';
import { QUEUES } from '../queue/names.js';
import { entryOf } from './account.js';
import { erasePeople } from './erase-people.js';
import type { ErasedNumbers, PersonToErase } from './erasing.js';
import { isMoreHeldThanLasts } from './held-of.js';
import type { Pipeline } from './pipeline.js';
import { addressesFrom, personKeyOf } from './read-addresses.js';
import { jobsAbout } from './remove-jobs.js';
import { sortAllArrivals } from './sort-arrivals.js';
import { StillUnderWay } from './under-way.js';
import type { Waiting } from './unlink-addresses.js';

/**
 * Removes everything about a person, under all of their addresses, but for what keeps it from coming back
 * and them from being given twice. May be repeated, and stopped anywhere. The account is told in numbers.
 * @returns null when nothing is held of them, or nothing any more
 * @throws StillUnderWay when an award of theirs is not done in time: they are as they were then
 */
export async function eraseEarner(
  pipeline: Pipeline,
  earner: EarnerKey,
  why: 'erased' | 'purged',
  waiting: Waiting,
): Promise<ErasedNumbers | null> {
  const person = await personToErase(pipeline, earner);
  if (!(await isAnythingHeld(pipeline, person))) return null;
  const tell = (numbers: ErasedNumbers): Promise<void> =>
    pipeline.audit.write([erasedEntry(pipeline, why, numbers)]);
  const { erased, kept } = await erasePeople(pipeline, [person], { ...waiting, tell });
  if (kept.length > 0) throw new StillUnderWay();
  // Stopped before this, the nightly purge does it.
  return { ...erased, entries: erased.entries + (await pipeline.audit.forgetUnnamed()) };
}

/** The person of an address, as far as links lead; the address itself is to be erased last. */
export async function personToErase(
  { portfolios }: Pick<Pipeline, 'portfolios'>,
  asked: EarnerKey,
): Promise<PersonToErase> {
  const files = await addressesFrom(portfolios, [asked]);
  const person = personKeyOf(files, asked);
  const last = [person, asked];
  const others = [...files.keys()].filter((key) => !last.includes(key));
  return { person, keys: [...new Set([...others, ...last])] };
}

async function isAnythingHeld(pipeline: Pipeline, { keys }: PersonToErase): Promise<boolean> {
  // In the order in which a notice goes: what is on its way is not missed in either place.
  await sortAllArrivals(pipeline);
  const jobs = await Promise.all(QUEUES.map((name) => jobsAbout(pipeline.queues[name], new Set(keys))));
  if (jobs.flat().length > 0) return true;
  for (const key of keys) if (await isMoreHeldThanLasts(pipeline, key)) return true;
  return false;
}

/** Of nobody: it says that somebody was erased, and how much was held of them. */
export const erasedEntry = (
  { clock }: Pick<Pipeline, 'clock'>,
  why: 'erased' | 'purged',
  { people, addresses, assertions, awards, entries, jobs }: ErasedNumbers,
) =>
  entryOf(why, secondsOf(clock), {
    cause: why === 'erased' ? 'ops' : 'retention',
    detail: `people ${people}, addresses ${addresses}, assertions ${assertions}, awards ${awards}, entries ${entries}, jobs ${jobs}`,
  });
