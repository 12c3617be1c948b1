import { randomBytes } from 'node:crypto';
import type { Queue } from 'bullmq';
import { z } from 'zod';
import { asAwardId, asBadgeId, type AwardId, type EarnerKey } from '../ids.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import { parseStored } from '../platform/redis-commands.js';
import { enqueueIfAbsent, type NewJob } from '../queue/enqueue.js';
import { applyJob } from '../queue/jobs.js';
import { planSchema } from './plan-json.js';

/** The plans and applications that operators request: their jobs, and the stored results of the last ones. */

interface RunStorage {
  readonly redis: RedisConnection;
  readonly prefix: string;
}
interface Queues {
  readonly queues: { readonly maintenance: Queue };
}

const awardId = z.string().transform(asAwardId);
const badgeId = z.string().transform(asBadgeId);

const planForm = planSchema.omit({ at_least_s: true }).extend({
  /** How many people have records that cannot be read. */
  unreadable: z.number(),
  /** How many people gain something. */
  gainers: z.number(),
  /** When it was made, Unix seconds. */
  made_s: z.number(),
});

/** A plan as it is stored, naming only some people of each award. */
export type StoredPlan = z.output<typeof planForm>;

const PLAN_KEPT_S = 7 * 24 * 3600;
const ALL = '*';

/** Stores the last plan of all awards, and the last one of each award alone. */
export function createPlanStore({ redis, prefix }: RunStorage) {
  const plans = `${prefix}:{plan}:made`;
  return {
    /** Null: there is none, or another version of Palier stored it. */
    read: async (only: AwardId | null): Promise<StoredPlan | null> =>
      parseStored(planForm.nullable().catch(null), plans, await redis.hget(plans, only ?? ALL)),
    async write(plan: StoredPlan): Promise<void> {
      await redis.hset(plans, plan.only ?? ALL, JSON.stringify(plan));
      await redis.expire(plans, PLAN_KEPT_S);
    },
    /** Removes every plan, since other rules are in force now. */
    async clear(): Promise<void> {
      await redis.del(plans);
    },
    /** Removes the plans that name one of these earners. */
    async forget(earners: ReadonlySet<EarnerKey>): Promise<void> {
      for (const [only, text] of Object.entries(await redis.hgetall(plans)))
        if ([...earners].some((earner) => text.includes(earner))) await redis.hdel(plans, only);
    },
  };
}

const askedForm = applyJob.omit({ kind: true });
export type ApplyRequest = z.output<typeof askedForm>;

/**
 * - `asked`: no worker has taken the job yet.
 * - `planning`: a worker computes again who gains.
 * - `giving`: the rules are in force, and the awards enter the outbox.
 * - `applied`: done.
 * - Refused, with nothing changed: `above` the agreed number of badges, or `over_quota`.
 * - Refused likewise: `moved`, since other files became the rules; `other_begun`, since another application must end.
 */
const UNFINISHED = ['asked', 'planning', 'giving'] as const;
const state = z.enum([...UNFINISHED, 'applied', 'above', 'over_quota', 'moved', 'other_begun']);
export type ApplyState = z.output<typeof state>;

const recordForm = askedForm.extend({
  state,
  /** When it reached that state, Unix seconds. */
  atS: z.number(),
  /** This and what follows: from the plan that the worker made. */
  issues: z.number(),
  people: z.number(),
  given: z.array(z.object({ award: awardId, name: z.string(), badgeId, count: z.number() })),
});
export type ApplyRecord = z.output<typeof recordForm>;

const APPLY_KEPT_S = 90 * 24 * 3600;

/** Stores the last application that an operator requested on the pages. */
export function createApplyStore({ redis, prefix }: RunStorage) {
  const key = `${prefix}:{plan}:apply`;
  return {
    read: async (): Promise<ApplyRecord | null> =>
      parseStored(recordForm.nullable().catch(null), key, await redis.get(key)),
    async write(record: ApplyRecord): Promise<void> {
      await redis.set(key, JSON.stringify(record), 'EX', APPLY_KEPT_S);
    },
  };
}

/** Returns the record of a request on which no work was done yet. */
export const newApplyRecord = (asked: ApplyRequest): ApplyRecord => ({
  ...askedForm.parse(asked),
  state: 'asked',
  atS: asked.askedS,
  issues: 0,
  people: 0,
  given: [],
});

/** Whether it was applied or refused. */
export const isApplyFinished = ({ state: current }: Pick<ApplyRecord, 'state'>): boolean =>
  !UNFINISHED.some((one) => one === current);

/** One job at a time for each of these ids. */
export const planJobId = (only: AwardId | null): string => (only === null ? 'plan' : `plan.${only}`);
export const APPLY_JOB_ID = 'apply';

const progressForm = z.object({ done: z.number(), total: z.number() });

/**
 * Reads the state of a plan or apply job, by its id alone: the queue is not searched.
 * @returns `progress`: how many addresses were read, or gainers decided (null: none yet); `reason`: why the job failed
 */
export async function schemeJob({ queues }: Queues, id: string) {
  const job = await queues.maintenance.getJob(id);
  const unfinished = job?.processedOn === undefined ? 'waits' : 'runs';
  return {
    state: job === undefined ? 'none' : job.finishedOn === undefined ? unfinished : 'failed',
    attempts: job?.attemptsMade ?? 0,
    progress: progressForm.safeParse(job?.progress).data ?? null,
    reason: job?.failedReason ?? '',
  } as const;
}

/** Enqueues the making of a plan. @returns false: its job already waits or runs */
export const enqueuePlan = (pipeline: Queues, only: AwardId | null): Promise<boolean> =>
  enqueueUnlessUnfinished(pipeline, { id: planJobId(only), name: 'plan', data: { kind: 'plan', only } });

/**
 * Enqueues an application of the rules.
 * @returns false: another application waits or runs, and this one was not enqueued
 */
export async function enqueueApply(
  pipeline: Queues & RunStorage & { readonly clock: Clock },
  options: Omit<ApplyRequest, 'ask' | 'askedS'>,
): Promise<boolean> {
  const ask = randomBytes(12).toString('base64url');
  const data = { kind: 'apply', ...options, ask, askedS: secondsOf(pipeline.clock) };
  if (!(await enqueueUnlessUnfinished(pipeline, { id: APPLY_JOB_ID, name: 'apply', data }))) return false;
  // Of two concurrent requests, the job belongs to the first.
  const [enqueued, record] = [await readApplyRequest(pipeline), await createApplyStore(pipeline).read()];
  return enqueued?.ask === ask || record?.ask === ask;
}

/** Reads the request of the apply job that waits, runs or has failed; null: there is no such job. */
export async function readApplyRequest({ queues }: Queues): Promise<ApplyRequest | null> {
  const job = await queues.maintenance.getJob(APPLY_JOB_ID);
  return job === undefined ? null : (applyJob.safeParse(job.data).data ?? null);
}

/** Enqueues a job unless it waits or runs; a failed one is replaced. @returns whether the job was enqueued */
async function enqueueUnlessUnfinished(pipeline: Queues, job: NewJob): Promise<boolean> {
  const { state: current } = await schemeJob(pipeline, job.id);
  if (current === 'waits' || current === 'runs') return false;
  if (current === 'failed') await pipeline.queues.maintenance.remove(job.id);
  await enqueueIfAbsent(pipeline.queues.maintenance, job);
  return true;
}
