import type { JobType, Queue } from 'bullmq';
import { asEarnerKey, type EarnerKey } from '../ids.js';
import type { Queues } from '../queue/enqueue.js';
import { QUEUES } from '../queue/jobs.js';
import { sortAllArrivals } from '../queue/arrivals.js';

const STATES: JobType[] = ['delayed', 'prioritized', 'waiting', 'active', 'completed', 'failed'];

/** What begins the ids of jobs about one person; their key comes next (see queue/jobs.ts). */
const ABOUT_A_PERSON: ReadonlySet<string> = new Set(['credential', 'earner', 'later', 'revoke', 'link']);

/** Whom a job is about, by its id; null: nobody in particular. */
export function earnerOfJob(id: string): EarnerKey | null {
  const [kind = '', key = ''] = id.split('.');
  return ABOUT_A_PERSON.has(kind) && key !== '' ? asEarnerKey(key) : null;
}

/**
 * Removes the jobs about these people from every queue, failed ones and their reasons included; one that is at work
 * stays, and meets the tombstone. @param stays ids that are to stay @returns how many were removed
 */
export async function removeJobsAbout(
  { queues }: { readonly queues: Queues },
  keys: ReadonlySet<EarnerKey>,
  stays: (id: string) => boolean,
): Promise<number> {
  let removed = 0;
  await sortAllArrivals({ queues });
  for (const name of QUEUES)
    for (const id of await jobsAbout(queues[name], keys))
      if (!stays(id) && (await queues[name].remove(id)) === 1) removed += 1;
  return removed;
}

/** The ids alone are read, of all states at one instant: of a hundred thousand jobs, a few are theirs. */
export async function jobsAbout(queue: Queue, keys: ReadonlySet<EarnerKey>): Promise<readonly string[]> {
  const ids = await queue.getRanges(STATES, 0, -1);
  return ids.filter((id) => {
    const earner = earnerOfJob(id);
    return earner !== null && keys.has(earner);
  });
}

/** BullMQ notes what happens to each job, by its id. Nobody reads that, and it names who was erased. */
export async function forgetJobEvents({ queues }: { readonly queues: Queues }): Promise<void> {
  for (const name of QUEUES) {
    const client = await queues[name].getBackend().client;
    await client.del(queues[name].toKey('events'));
  }
}
