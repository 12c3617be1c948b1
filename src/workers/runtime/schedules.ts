import type { JobSchedulerJson, RepeatOptions } from 'bullmq';
import type { Config } from '../../config.js';
import type { ClientId } from '../../ids.js';
import type { Disposer } from '../../platform/lifecycle.js';
import { pollJobId, type MaintenanceJob } from '../../queue/jobs.js';
import type { Stores } from '../stores.js';

/** How often each client is polled, each account read again in full, and when people are erased. */
export type ScheduleTimes = Pick<Config, 'pollEveryS' | 'verifyEveryH' | 'retentionMonths'>;

/** Housekeeping never stands in failed: it runs again by its schedule, and the log says what stood in the way. */
const ONCE = { attempts: 1, removeOnComplete: true, removeOnFail: true };

const HOUSEKEEPING = ['sweep', 'clean', 'purge', 'census', 'verify'] as const;
type Housekeeping = (typeof HOUSEKEEPING)[number];

/** Null: never. At night, when nobody is at work; people are counted once those to be erased are gone. */
const whenOf = (tz: string, verifyEveryH: number): Readonly<Record<Housekeeping, RepeatOptions | null>> => ({
  sweep: { every: 60_000 },
  clean: { pattern: '23 3 * * *', tz },
  purge: { pattern: '43 3 * * *', tz },
  census: { pattern: '13 4 * * *', tz },
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

/** How far ahead of ours another process' clock may be. */
const SKEW_MS = 5000;

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
