import type { Job } from 'bullmq';
import pMap from 'p-map';
import { RecordUnreadable, type EarnerRecord } from '../earners/record.js';
import type { EarnerKey } from '../ids.js';
import { moveMark } from '../platform/key-guard.js';
import { VaultError, type Vault } from '../platform/vault.js';
import { credentialNotice } from '../queue/jobs.js';
import type { Pipeline } from './pipeline.js';
import { splitAllArrivals } from '../queue/arrivals.js';

const AT_ONCE = 32;
const PAGE = 1000;

/**
 * Seals under `PALIER_KEY` everything that is sealed under `PALIER_KEY_OLD`; the mark of the key moves last.
 * Safe beside running workers. May be stopped anywhere: the next run goes on. OBF's tokens and the sessions are left
 * out, as they expire within minutes or hours.
 * @param progress receives the number of records read so far
 * @returns `jobs`: notices with a resealed recipient; `unreadable`: earners with a record under neither key, or altered
 */
export async function resealAll(pipeline: Pipeline, progress: (done: number) => void, signal: AbortSignal) {
  const { redis, prefix, earners, vault } = pipeline;
  const unreadable: EarnerKey[] = [];
  let [records, resealed] = [0, 0];
  const reseal = async (earner: EarnerKey): Promise<void> => {
    try {
      if (await earners.reseal(earner)) resealed += 1;
    } catch (error) {
      if (!(error instanceof RecordUnreadable)) throw error;
      unreadable.push(earner);
    }
  };
  for await (const chunk of earners.keys()) {
    await pMap(chunk, reseal, { concurrency: AT_ONCE, signal });
    records += chunk.length;
    progress(records);
  }
  let jobs = 0;
  // Until a pass finds none: jobs may have moved between its pages.
  for (let inPass = -1; inPass !== 0; jobs += inPass) inPass = await resealJobs(pipeline, signal);
  await pipeline.schemes.reseal();
  await moveMark(redis, prefix, vault);
  return { records, resealed, jobs, unreadable };
}

/**
 * Reseals the recipients of stored notices, as a failed one may wait for months. Reads newest first: jobs that come
 * meanwhile are under `PALIER_KEY` already. @returns how many it resealed
 */
async function resealJobs({ queues, vault }: Pipeline, signal: AbortSignal): Promise<number> {
  await splitAllArrivals({ queues });
  let resealed = 0;
  for (const state of ['delayed', 'prioritized', 'waiting', 'active', 'failed'] as const)
    for (let at = 0; ; at += PAGE) {
      signal.throwIfAborted();
      const jobs = await queues.notices.getJobs([state], at, at + PAGE - 1);
      const done = await pMap(jobs, (job) => resealJob(vault, job), { concurrency: AT_ONCE });
      resealed += done.filter(Boolean).length;
      if (jobs.length < PAGE) break;
    }
  return resealed;
}

/** @returns whether it was sealed anew */
async function resealJob(vault: Vault, job: Job): Promise<boolean> {
  const notice = credentialNotice.safeParse(job.data).data;
  if (notice === undefined) return false;
  try {
    const recipient = vault.reseal(notice.recipient, notice.earner);
    if (recipient === null) return false;
    await job.updateData({ ...notice, recipient });
    return true;
  } catch (error) {
    // No key opens the recipient, which the job's own failure reports; or the job ended meanwhile.
    if (error instanceof VaultError || (await job.getState()) === 'unknown') return false;
    throw error;
  }
}

type Parts = Pick<Pipeline, 'earners' | 'journal' | 'flags' | 'log'>;

/** Rebuilds the journal's index and the review list from the records; logs and leaves out unreadable ones. Idempotent. */
export const rebuildIndexes = (parts: Parts, signal: AbortSignal): Promise<void> =>
  parts.journal.rebuild(listedRecords(parts, signal));

/** Yields every readable record, in chunks, after adding its flags to the review list. */
async function* listedRecords(
  { earners, flags, log }: Parts,
  signal: AbortSignal,
): AsyncGenerator<readonly (readonly [EarnerKey, EarnerRecord])[]> {
  for await (const keys of earners.keys()) {
    signal.throwIfAborted();
    const readable: [EarnerKey, EarnerRecord][] = [];
    for (const [earner, record] of await earners.readMany(keys))
      if (record instanceof RecordUnreadable)
        log.warn({ err: record }, 'an unreadable record is left out of the indexes');
      else {
        await flags.relist(earner, record.flags);
        readable.push([earner, record]);
      }
    yield readable;
  }
}
