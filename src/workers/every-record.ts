import type { Job } from 'bullmq';
import pMap from 'p-map';
import { RecordUnreadable, type EarnerRecord } from '../earners/record.js';
import type { EarnerKey } from '../ids.js';
import { moveMark } from '../platform/key-guard.js';
import { VaultError, type Vault } from '../platform/vault.js';
import { credentialNotice } from '../queue/jobs.js';
import type { Pipeline } from './pipeline.js';
import { sortAllArrivals } from '../queue/arrivals.js';

const AT_ONCE = 32;
const PAGE = 1000;

/**
 * Seals everything anew that is sealed under `PALIER_KEY_OLD`, beside running workers; the mark of the key moves last.
 * May be stopped anywhere: the next one goes on. What lasts minutes (OBF's tokens) or hours (sessions) is left to expire.
 * @param report told of each chunk of records
 * @returns `jobs`: notices that wait or failed, whose recipient was sealed anew; `unreadable`: whose record is sealed under
 *   neither key, or altered
 */
export async function resealAll(pipeline: Pipeline, report: (done: number) => void, signal: AbortSignal) {
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
    report(records);
  }
  let jobs = 0;
  // A job that moved on meanwhile is met the next time.
  for (let more = -1; more !== 0; jobs += more) more = await resealJobs(pipeline, signal);
  await pipeline.schemes.reseal();
  await moveMark(redis, prefix, vault);
  return { records, resealed, jobs, unreadable };
}

/** A notice that failed may wait for months to be sent again. Page by page, newest first: what comes is under our key. */
async function resealJobs({ queues, vault }: Pipeline, signal: AbortSignal): Promise<number> {
  await sortAllArrivals({ queues });
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
    const anew = vault.reseal(notice.recipient, notice.earner);
    if (anew === null) return false;
    await job.updateData({ ...notice, recipient: anew });
    return true;
  } catch (error) {
    // No key of ours opens it, which the job's own failure tells; or it was done meanwhile.
    if (error instanceof VaultError || (await job.getState()) === 'unknown') return false;
    throw error;
  }
}

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
