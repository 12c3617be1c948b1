import type { JobSchedulerJson, Queue, RepeatOptions } from 'bullmq';
import type { Config } from '../../config.js';
import type { ClientId } from '../../ids.js';
import { redisNow } from '../../platform/clock.js';
import type { Disposer } from '../../platform/lifecycle.js';
import { chunked } from '../../platform/redis-commands.js';
import { connectionOf } from '../../queue/enqueue.js';
import { pollJobId, QUEUES, type MaintenanceJob } from '../../queue/jobs.js';
import type { Stores } from '../stores.js';

/** How far ahead of ours another process' clock may be. */
const SKEW_MS = 5000;

/** How often each client is polled, each account read again in full, and when people are erased. */
export type ScheduleTimes = Pick<Config, 'pollEveryS' | 'verifyEveryH' | 'retentionMonths'>;

/** Housekeeping never stands in failed: it runs again by its schedule, and the log says what stood in the way. */
const ONCE = { attempts: 1, removeOnComplete: true, removeOnFail: true };

const HOUSEKEEPING = ['sweep', 'clean', 'purge', 'population', 'verify'] as const;
type Housekeeping = (typeof HOUSEKEEPING)[number];

/** Null: never. At night, when nobody is at work; people are counted once those to be erased are gone. */
const whenOf = (tz: string, verifyEveryH: number): Readonly<Record<Housekeeping, RepeatOptions | null>> => ({
  sweep: { every: 60_000 },
  clean: { pattern: '23 3 * * *', tz },
  purge: { pattern: '43 3 * * *', tz },
  population: { pattern: '13 4 * * *', tz },
  verify: verifyEveryH === 0 ? null : { every: Math.round(verifyEveryH * 3_600_000) },
});

/** Sets up what the clock sets off, once for all workers together. Idempotent. */
export async function setSchedules(stores: Stores, times: ScheduleTimes): Promise<void> {
  for (const name of HOUSEKEEPING) await scheduleHousekeeping(stores, name, times);
  await schedulePolls(stores, times.pollEveryS * 1000);
}

/** @param times default: no account is verified, nobody is purged */
export async function scheduleHousekeeping(
  { queues: { maintenance }, scheme }: Stores,
  name: Housekeeping,
  { verifyEveryH = 0, retentionMonths: months = null }: Partial<ScheduleTimes> = {},
): Promise<void> {
  const when = whenOf(scheme.timeZone, verifyEveryH)[name];
  const data: MaintenanceJob = name === 'purge' ? { kind: name, months } : { kind: name };
  if (when === null) await maintenance.removeJobScheduler(name);
  else await maintenance.upsertJobScheduler(name, when, { name, data, opts: ONCE });
}

const POLL = 'poll.';

/** Has every client polled every `everyMs`; one that no longer takes part is polled no more. */
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

/** The clients whose accounts we can read: the Région, and active partners with a key. */
export const polledClients = ({ scheme, accounts, region }: Stores): readonly ClientId[] => [
  region,
  ...scheme.partners
    .filter(({ clientId, active }) => active && accounts(clientId) !== null)
    .map(({ clientId }) => clientId),
];

/** How often the schedules are looked at. */
const LOOK_EVERY_MS = 60_000;

/** Sets the schedules and keeps them: a Redis that was emptied has none. */
export async function keepSchedules(stores: Stores, times: ScheduleTimes): Promise<Disposer> {
  await removeLateSchedules(stores);
  await setSchedules(stores, times);
  const look = async (): Promise<void> => {
    if (await removeLateSchedules(stores)) await setSchedules(stores, times);
  };
  const timer = setInterval(() => {
    look().catch((err: unknown) => stores.log.warn({ err }, 'the schedules cannot be looked at now'));
  }, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}

/**
 * Removes what a process with a clock ahead of ours has set too late.
 * @returns whether any are to be set; each queue may be on a server of its own, and one alone may have lost them
 */
async function removeLateSchedules({ queues: { notices, maintenance } }: Stores): Promise<boolean> {
  let isAmiss = false;
  for (const queue of [notices, maintenance]) {
    const schedulers = await queue.getJobSchedulers();
    const late = schedulers.filter(isTooLate);
    for (const { key } of late) await queue.removeJobScheduler(key);
    isAmiss ||= schedulers.length === 0 || late.length > 0;
  }
  return isAmiss;
}

const isTooLate = ({ every, next }: JobSchedulerJson): boolean =>
  every !== undefined && next !== undefined && next > Date.now() + every + SKEW_MS;

/** How far this process' clock may be from Redis' before BullMQ's delays are corrected. */
const TOLERATED_MS = 500;
const TICK_MS = 1000;
/** Every so many ticks, jobs that wait too long are looked for. */
const LATE_EVERY = 5;
/** What BullMQ multiplies an instant by to make a score of it. */
const SCORE_A_MS = 0x1000;
/** How many jobs of a queue are looked at in a tick. */
const LOOKED_AT = 1000;
/** A run that a schedule set: the schedule sees to it. */
const REPEATED = 'repeat:';

/**
 * BullMQ delays jobs, and ends delays, by the clock of the process that does it. Keeps every delay to its length where
 * these clocks differ: a process behind Redis' clock ends delays by that one, and what a process ahead has delayed too
 * long waits anew.
 */
export function keepDelays({ queues, log }: Pick<Stores, 'queues' | 'log'>): Disposer {
  let ticks = 0;
  const tick = async (): Promise<void> => {
    const nowMs = await redisNow(connectionOf(queues.awards));
    const behindMs = nowMs - Date.now();
    ticks += 1;
    const looksForLate = behindMs > -TOLERATED_MS && ticks % LATE_EVERY === 0;
    for (const name of QUEUES)
      if (behindMs > TOLERATED_MS) await promoteDue(queues[name], nowMs);
      else if (looksForLate) await restartLate(queues[name], nowMs);
  };
  const timer = setInterval(() => {
    tick().catch((err: unknown) => log.debug({ err }, 'the delays cannot be looked at now'));
  }, TICK_MS);
  return () => clearInterval(timer);
}

async function promoteDue(queue: Queue, nowMs: number): Promise<void> {
  const key = queue.toKey('delayed');
  const due = await connectionOf(queue).zrangebyscore(key, '-inf', nowMs * SCORE_A_MS, 'LIMIT', 0, LOOKED_AT);
  // Another process may be quicker.
  for (const id of due) await (await queue.getJob(id))?.promote().catch(() => undefined);
}

/** A job is late that was delayed at an instant which is still to come. */
async function restartLate(queue: Queue, nowMs: number): Promise<void> {
  const fromMs = nowMs + SKEW_MS;
  const range = ['+inf', fromMs * SCORE_A_MS, 'WITHSCORES', 'LIMIT', 0, LOOKED_AT] as const;
  const found = await connectionOf(queue).zrevrangebyscore(queue.toKey('delayed'), ...range);
  for (const [id = '', score = '0'] of chunked(found, 2)) {
    const job = id.startsWith(REPEATED) ? undefined : await queue.getJob(id);
    if (job === undefined || Number(score) / SCORE_A_MS - job.delay <= fromMs) continue;
    // Begun or promoted meanwhile: it waits no more.
    await job.changeDelay(job.delay).catch(() => undefined);
  }
}
