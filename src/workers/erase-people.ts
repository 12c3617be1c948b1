import type { EarnerKey } from '../ids.js';
import { secondsOf } from '../platform/clock.js';
import { enqueueEarners } from './enqueue-earners.js';
import type { ErasedNumbers, Erasing, PersonToErase } from './erasing.js';
import { forgetPeople, type Going } from './forget-people.js';
import type { Pipeline } from './pipeline.js';
import { readAddresses } from './read-addresses.js';
import { forgetJobEvents } from './remove-jobs.js';
import { settled } from './settle-people.js';

export interface Erased {
  readonly erased: ErasedNumbers;
  /** Who was left as they were: an award of theirs is on its way, or they are not meant any more. */
  readonly kept: readonly PersonToErase[];
}

/**
 * Removes everything about several people; the queues are looked through once for all of them. While it
 * lasts nothing is given to them. Their links go last: stopped anywhere, all of their addresses are found
 * again, and it is done again.
 */
export async function erasePeople(
  pipeline: Pipeline,
  people: readonly PersonToErase[],
  erasing: Erasing,
): Promise<Erased> {
  const { portfolios, clock } = pipeline;
  for (const one of people) await portfolios.setAside(one.person, othersOf(one));
  const { going, kept, jobs } = await sorted(pipeline, people, erasing);
  const erased = await forgetPeople(pipeline, going, jobs);
  if (going.length > 0) await erasing.tell(erased);
  for (const { keys } of going) for (const key of keys) await portfolios.erase(key, secondsOf(clock));
  if (going.length > 0) await forgetJobEvents(pipeline);
  return { erased, kept };
}

interface Sorted {
  readonly going: readonly Going[];
  readonly kept: readonly PersonToErase[];
  readonly jobs: number;
}

/** Until here nothing is lost: whatever stands in the way, they are as they were. */
async function sorted(
  pipeline: Pipeline,
  people: readonly PersonToErase[],
  { isMeant = () => true, ...waiting }: Erasing,
): Promise<Sorted> {
  try {
    const { busy, jobs } = await settled(pipeline, people, waiting);
    const going: Going[] = [];
    const kept: PersonToErase[] = [];
    for (const one of people) {
      const addresses = await readAddresses(pipeline, one.keys);
      if (!busy.has(one) && isMeant(addresses)) going.push({ ...one, addresses });
      else kept.push(one);
    }
    await bringBack(pipeline, kept);
    return { going, kept, jobs };
  } catch (error) {
    await bringBack(pipeline, people);
    throw error;
  }
}

const othersOf = ({ person, keys }: PersonToErase): readonly EarnerKey[] =>
  keys.filter((key) => key !== person);

/** What waited for them was taken out: they are looked at anew. */
async function bringBack({ portfolios, queues }: Pipeline, people: readonly PersonToErase[]): Promise<void> {
  for (const one of people) await portfolios.bringBack(one.person, othersOf(one));
  await enqueueEarners(
    queues.earners,
    people.map(({ person }) => person),
    'not-erased',
  );
}
