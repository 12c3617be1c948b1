import type { JobSchedulerJson, Queue, RepeatOptions } from 'bullmq';
import type { Config } from '../../config.js';
import type { ClientId } from '../../ids.js';
import { redisNow } from '../../platform/clock.js';
import type { Disposer } from '../../platform/lifecycle.js';
import { chunked } from '../../platform/redis-commands.js';
import { connectionOf } from '../../queue/enqueue.js';
import { pollJobId, QUEUES, type MaintenanceJob } from '../../queue/jobs.js';
import type { Stores } from '../stores.js';

/** How far another process' clock may be ahead of ours. */
const SKEW_MS = 5000;

type ScheduleTimes = Pick<Config, 'pollEveryS' | 'verifyEveryH' | 'retentionMonths'>;

/** Scheduled jobs are never kept in failed: they run again by their schedule, and the log has the error. */
const ONCE = { attempts: 1, removeOnComplete: true, removeOnFail: true };

const HOUSEKEEPING = ['sweep', 'clean', 'purge', 'population', 'verify'] as const;
type Housekeeping = (typeof HOUSEKEEPING)[number];

/** Returns when each job repeats; null: never. Nightly jobs run outside office hours; the count follows the purge. */
const repeatsOf = (tz: string, verifyEveryH: number): Record<Housekeeping, RepeatOptions | null> => ({
  sweep: { every: 60_000 },
  clean: { pattern: '23 3 * * *', tz },
  purge: { pattern: '43 3 * * *', tz },
  population: { pattern: '13 4 * * *', tz },
  verify: verifyEveryH === 0 ? null : { every: Math.round(verifyEveryH * 3_600_000) },
});

/** Sets the schedules, which all workers share. Idempotent. */
async function setSchedules(stores: Stores, times: ScheduleTimes): Promise<void> {
  for (const name of HOUSEKEEPING) await scheduleHousekeeping(stores, name, times);
  await schedulePolls(stores, times.pollEveryS * 1000);
}

/** Sets the schedule of one housekeeping job. Idempotent. @param times by default nothing is verified or purged */
export async function scheduleHousekeeping(
  { queues: { maintenance }, scheme }: Stores,
  name: Housekeeping,
  { verifyEveryH = 0, retentionMonths: months = null }: Partial<ScheduleTimes> = {},
): Promise<void> {
  const repeat = repeatsOf(scheme.timeZone, verifyEveryH)[name];
  const data: MaintenanceJob = name === 'purge' ? { kind: name, months } : { kind: name };
  if (repeat === null) await maintenance.removeJobScheduler(name);
  else await maintenance.upsertJobScheduler(name, repeat, { name, data, opts: ONCE });
}

const POLL = 'poll.';

/** Schedules a poll of every client, and removes the polls of clients that no longer take part. Idempotent. */
export async function schedulePolls(stores: Stores, everyMs: number): Promise<void> {
  const { notices } = stores.queues;
  const wanted = new Map(polledClients(stores).map((clientId) => [pollJobId(clientId), clientId]));
  for (const { key } of await notices.getJobSchedulers()) {
    if (key.startsWith(POLL) && !wanted.has(key)) await notices.removeJobScheduler(key);
  }
  for (const [id, clientId] of wanted) {
    const template = { name: 'poll', data: { kind: 'poll', clientId }, opts: ONCE };
    await notices.upsertJobScheduler(id, { every: everyMs }, template);
  }
}

/** Returns the clients with accounts that we can read: the Région, and active partners with an API key. */
export const polledClients = ({ scheme, obf, region }: Stores): readonly ClientId[] => [
  region,
  ...scheme.partners
    .filter(({ clientId, active }) => active && obf.account(clientId) !== null)
    .map(({ clientId }) => clientId),
];

const CHECK_SCHEDULES_MS = 60_000;

/** Sets the schedules, and sets them again when Redis has lost them. @returns what stops the checks */
export async function keepSchedules(stores: Stores, times: ScheduleTimes): Promise<Disposer> {
  await removeLateSchedules(stores);
  await setSchedules(stores, times);
  const check = async (): Promise<void> => {
    if (await removeLateSchedules(stores)) await setSchedules(stores, times);
  };
  const timer = setInterval(() => {
    check().catch((err: unknown) => stores.log.warn({ err }, 'the schedules cannot be checked now'));
  }, CHECK_SCHEDULES_MS);
  return () => clearInterval(timer);
}

/**
 * Removes schedules that a process with a clock ahead of ours has set too late.
 * @returns whether any queue lacks schedules now; each queue may be on its own server, and lose them alone
 */
async function removeLateSchedules({ queues: { notices, maintenance } }: Stores): Promise<boolean> {
  let isIncomplete = false;
  for (const queue of [notices, maintenance]) {
    const schedulers = await queue.getJobSchedulers();
    const late = schedulers.filter(isTooLate);
    for (const { key } of late) await queue.removeJobScheduler(key);
    isIncomplete ||= schedulers.length === 0 || late.length > 0;
  }
  return isIncomplete;
}

const isTooLate = ({ every, next }: JobSchedulerJson): boolean =>
  every !== undefined && next !== undefined && next > Date.now() + every + SKEW_MS;

/** How far this process' clock may be from Redis' before it corrects BullMQ's delays. */
const TOLERATED_MS = 500;
const TICK_MS = 1000;
/** Jobs that are delayed too long are searched for once in so many ticks. */
const LATE_EVERY = 5;
/** BullMQ multiplies a time by this to make the score of a delayed job. */
const SCORE_PER_MS = 0x1000;
const JOBS_PER_TICK = 1000;
/** Job ids of schedules, which `keepSchedules` corrects. */
const REPEATED = 'repeat:';

/**
 * Corrects delays where clocks differ, since BullMQ measures each delay by the clocks of the processes.
 * A process behind Redis' clock ends delays by Redis' clock. Jobs that a process ahead has delayed too long start
 * their delay again. @returns what stops the corrections
 */
export function keepDelays({ queues, log }: Pick<Stores, 'queues' | 'log'>): Disposer {
  let ticks = 0;
  let isTicking = false;
  const tick = async (): Promise<void> => {
    const nowMs = await redisNow(connectionOf(queues.awards));
    const behindMs = nowMs - Date.now();
    ticks += 1;
    const isLateCheck = behindMs > -TOLERATED_MS && ticks % LATE_EVERY === 0;
    for (const name of QUEUES)
      if (behindMs > TOLERATED_MS) await promoteDue(queues[name], nowMs);
      else if (isLateCheck) await restartLate(queues[name], nowMs);
  };
  const timer = setInterval(() => {
    // While Redis is away a tick waits for it: others must not pile up behind.
    if (isTicking) return;
    isTicking = true;
    tick()
      .catch((err: unknown) => log.debug({ err }, 'the delays cannot be checked now'))
      .finally(() => (isTicking = false));
  }, TICK_MS);
  return () => clearInterval(timer);
}

async function promoteDue(queue: Queue, nowMs: number): Promise<void> {
  const range = ['-inf', nowMs * SCORE_PER_MS, 'LIMIT', 0, JOBS_PER_TICK] as const;
  const due = await connectionOf(queue).zrangebyscore(queue.toKey('delayed'), ...range);
  // Fails when another process was quicker.
  for (const id of due) await (await queue.getJob(id))?.promote().catch(() => undefined);
}

/** Restarts the delays of late jobs: those that were delayed at a time still in the future. */
async function restartLate(queue: Queue, nowMs: number): Promise<void> {
  const fromMs = nowMs + SKEW_MS;
  const range = ['+inf', fromMs * SCORE_PER_MS, 'WITHSCORES', 'LIMIT', 0, JOBS_PER_TICK] as const;
  const idsAndScores = await connectionOf(queue).zrevrangebyscore(queue.toKey('delayed'), ...range);
  for (const [id = '', score = '0'] of chunked(idsAndScores, 2)) {
    const job = id.startsWith(REPEATED) ? undefined : await queue.getJob(id);
    if (job === undefined || Number(score) / SCORE_PER_MS - job.delay <= fromMs) continue;
    // Fails when the job was started or promoted meanwhile.
    await job.changeDelay(job.delay).catch(() => undefined);
  }
}
