import type { JobType, Queue } from 'bullmq';
import { asEarnerKey, type EarnerKey } from '../ids.js';
import type { Logger } from '../platform/logger.js';
import { mastersOf, type RedisConnection } from '../platform/redis.js';
import { splitAllArrivals } from '../queue/arrivals.js';
import type { Queues } from '../queue/enqueue.js';
import { QUEUES } from '../queue/jobs.js';

// Where a person is named besides records and indexes: jobs, BullMQ's events, Redis' append-only file.

const STATES: JobType[] = ['delayed', 'prioritized', 'waiting', 'active', 'completed', 'failed'];

/** The first words of the ids of jobs about one person; the earner key comes next (see queue/jobs.ts). */
const ABOUT_A_PERSON: ReadonlySet<string> = new Set(['credential', 'earner', 'later', 'revoke', 'link']);

/** Returns the earner key in a job's id; null: the job is not about one person. */
export function earnerOfJob(id: string): EarnerKey | null {
  const [kind = '', key = ''] = id.split('.');
  return ABOUT_A_PERSON.has(kind) && key !== '' ? asEarnerKey(key) : null;
}

/**
 * Removes the jobs about these people from every queue, failed ones included. An active job stays, and meets the
 * tombstone. @param stays whether the job of an id is to stay @returns how many were removed
 */
export async function removeJobsAbout(
  { queues }: { readonly queues: Queues },
  keys: ReadonlySet<EarnerKey>,
  stays: (id: string) => boolean,
): Promise<number> {
  let removed = 0;
  await splitAllArrivals({ queues });
  for (const name of QUEUES)
    for (const id of await jobsAbout(queues[name], keys))
      if (!stays(id) && (await queues[name].remove(id)) === 1) removed += 1;
  return removed;
}

/** Returns the ids of jobs about these people, of all states at one instant. Only ids are read: jobs may be many. */
export async function jobsAbout(queue: Queue, keys: ReadonlySet<EarnerKey>): Promise<readonly string[]> {
  const ids = await queue.getRanges(STATES, 0, -1);
  return ids.filter((id) => {
    const earner = earnerOfJob(id);
    return earner !== null && keys.has(earner);
  });
}

/** Deletes BullMQ's event streams: nobody reads them, and their job ids name erased people. */
export async function forgetJobEvents({ queues }: { readonly queues: Queues }): Promise<void> {
  for (const name of QUEUES) {
    const client = await queues[name].getBackend().client;
    await client.del(queues[name].toKey('events'));
  }
}

export interface RewriteParts {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly log: Logger;
}

/** The least time between two rewrites: each costs a server a fork and its whole memory on disk. */
const REWRITE_EVERY_S = 3600;

/**
 * Asks Redis to rewrite its append-only file, which still has what was erased. At most once an hour over all processes:
 * the sweep makes up for requests in between. Logs what Redis refuses, and never throws it.
 */
export async function requestAofRewrite(parts: RewriteParts): Promise<void> {
  await parts.redis.set(wantedKey(parts.prefix), '1');
  await rewriteAofIfWanted(parts);
}

/** Asks for the rewrite if one is wanted and none was asked for within the hour. Idempotent. */
export async function rewriteAofIfWanted({ redis, prefix, log }: RewriteParts): Promise<void> {
  if ((await redis.exists(wantedKey(prefix))) === 0) return;
  if ((await redis.set(askedKey(prefix), '1', 'EX', REWRITE_EVERY_S, 'NX')) === null) return;
  // Deleted first: this rewrite does not cover an erasure that follows.
  await redis.del(wantedKey(prefix));
  try {
    const states = await Promise.all(
      (await mastersOf(redis)).map(async (node) => {
        if (/^aof_enabled:0/m.test(await node.info('persistence'))) return 'off';
        await node.bgrewriteaof();
        return 'asked';
      }),
    );
    const isAsked = states.includes('asked');
    log.info({ servers: states.length }, isAsked ? ASKED : 'Redis keeps no append-only file to rewrite');
  } catch (err) {
    if (isForbidden(err)) {
      log.warn({ err }, FORBIDDEN);
      return;
    }
    await redis.set(wantedKey(prefix), '1');
    // A rewrite that began before the erasure does not cover it: the next sweep asks again.
    if (isInProgress(err)) await redis.del(askedKey(prefix));
    else
      log.warn({ err }, 'Redis was not asked to rewrite its append-only file; asked again within the hour');
  }
}

const ASKED = 'Redis was asked to rewrite its append-only file, which held what was erased';
const FORBIDDEN =
  'Redis forbids BGREWRITEAOF: its append-only file has what was erased until Redis rewrites it by itself';

const wantedKey = (prefix: string): string => `${prefix}:aof:wanted`;
const askedKey = (prefix: string): string => `${prefix}:aof:asked`;

const isForbidden = (error: unknown): boolean =>
  error instanceof Error && /^(NOPERM|ERR unknown command)/.test(error.message);
const isInProgress = (error: unknown): boolean =>
  error instanceof Error && error.message.includes('already in progress');
