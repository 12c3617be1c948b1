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

/** Plans and applications that operators ask for: the jobs that make them, and what is kept of the last ones. */

interface Kept {
  readonly redis: RedisConnection;
  /** Of the keys. */
  readonly prefix: string;
}
interface Queues {
  readonly queues: { readonly maintenance: Queue };
}

const awardId = z.string().transform(asAwardId);
const badgeId = z.string().transform(asBadgeId);

const planForm = planSchema.omit({ at_least_s: true }).extend({
  /** How many could not be looked at. */
  unreadable: z.number(),
  /** How many people gain something. */
  gainers: z.number(),
  /** When it was made, Unix seconds. */
  made_s: z.number(),
});

/** A plan as it is kept: with a few people of each award. */
export type StoredPlan = z.output<typeof planForm>;

const PLAN_KEPT_S = 7 * 24 * 3600;
const ALL = '*';

/** The last plan of all, and of each award alone. */
export function createPlanStore({ redis, prefix }: Kept) {
  const plans = `${prefix}:{plan}:made`;
  return {
    /** Null: there is none, or a Palier that we do not know made it. */
    read: async (only: AwardId | null): Promise<StoredPlan | null> =>
      parseStored(planForm.nullable().catch(null), plans, await redis.hget(plans, only ?? ALL)),
    async write(plan: StoredPlan): Promise<void> {
      await redis.hset(plans, plan.only ?? ALL, JSON.stringify(plan));
      await redis.expire(plans, PLAN_KEPT_S);
    },
    /** Other rules are in force: no plan is true any more. */
    async clear(): Promise<void> {
      await redis.del(plans);
    },
    /** Removes the plans that name one of these. */
    async forget(earners: ReadonlySet<EarnerKey>): Promise<void> {
      for (const [only, text] of Object.entries(await redis.hgetall(plans)))
        if ([...earners].some((earner) => text.includes(earner))) await redis.hdel(plans, only);
    },
  };
}

/** What an operator asked for, once. */
const askedForm = applyJob.omit({ kind: true });
export type ApplyAsked = z.output<typeof askedForm>;

/**
 * - `asked`: no worker has taken it yet; `planning`: who gains is looked up again; `giving`: it is in force,
 *   and people are put on their way;
 * - `applied`; and what was refused, nothing having been changed: `above` the number that was asked for,
 *   `over_quota`, `moved`: other files became the rules, `other_begun`: another one is to be ended first.
 */
const UNFINISHED = ['asked', 'planning', 'giving'] as const;
const state = z.enum([...UNFINISHED, 'applied', 'above', 'over_quota', 'moved', 'other_begun']);
export type ApplyState = z.output<typeof state>;

const recordForm = askedForm.extend({
  state,
  /** Since when it is in that state, Unix seconds. */
  atS: z.number(),
  /** By the plan that was made when it was done. */
  issues: z.number(),
  people: z.number(),
  given: z.array(z.object({ award: awardId, name: z.string(), badgeId, count: z.number() })),
});
export type ApplyRecord = z.output<typeof recordForm>;

const APPLY_KEPT_S = 90 * 24 * 3600;

/** The last application that was asked for here. */
export function createApplyStore({ redis, prefix }: Kept) {
  const key = `${prefix}:{plan}:apply`;
  return {
    read: async (): Promise<ApplyRecord | null> =>
      parseStored(recordForm.nullable().catch(null), key, await redis.get(key)),
    async write(record: ApplyRecord): Promise<void> {
      await redis.set(key, JSON.stringify(record), 'EX', APPLY_KEPT_S);
    },
  };
}

/** Asked for, and nothing was done yet. */
export const askedRecord = (asked: ApplyAsked): ApplyRecord => ({
  ...askedForm.parse(asked),
  state: 'asked',
  atS: asked.askedS,
  issues: 0,
  people: 0,
  given: [],
});

/** Nothing more becomes of it. */
export const isOver = ({ state: now }: Pick<ApplyRecord, 'state'>): boolean =>
  !UNFINISHED.some((one) => one === now);

/** One at a time. */
export const planJobId = (only: AwardId | null): string => (only === null ? 'plan' : `plan.${only}`);
export const APPLY_JOB_ID = 'apply';

const progressForm = z.object({ done: z.number(), total: z.number() });

/**
 * One look at one job: however many there are, nothing is walked through.
 * @returns `progress`: how many people were looked at, null: none yet; `reason`: why it failed, as the queue keeps it
 */
export async function schemeJob({ queues }: Queues, id: string) {
  const job = await queues.maintenance.getJob(id);
  const begun = job?.processedOn === undefined ? 'waits' : 'runs';
  return {
    state: job === undefined ? 'none' : job.finishedOn === undefined ? begun : 'failed',
    attempts: job?.attemptsMade ?? 0,
    progress: progressForm.safeParse(job?.progress).data ?? null,
    reason: job?.failedReason ?? '',
  } as const;
}

/** @returns false: somebody asked for it already, and it is not made yet */
export const askForPlan = (pipeline: Queues, only: AwardId | null): Promise<boolean> =>
  askOnce(pipeline, { id: planJobId(only), name: 'plan', data: { kind: 'plan', only } });

/**
 * Has a worker put the rules into force.
 * @returns false: another application is being made, and this one is not
 */
export async function askForApply(
  pipeline: Queues & Kept & { readonly clock: Clock },
  wanted: Omit<ApplyAsked, 'ask' | 'askedS'>,
): Promise<boolean> {
  const ask = randomBytes(12).toString('base64url');
  const data = { kind: 'apply', ...wanted, ask, askedS: secondsOf(pipeline.clock) };
  if (!(await askOnce(pipeline, { id: APPLY_JOB_ID, name: 'apply', data }))) return false;
  // Of two who ask at once, the job is the first one's.
  const [waiting, record] = [await applyAsked(pipeline), await createApplyStore(pipeline).read()];
  return waiting?.ask === ask || record?.ask === ask;
}

/** What the job is about that waits, runs or has failed; null: there is none. */
export async function applyAsked({ queues }: Queues): Promise<ApplyAsked | null> {
  const job = await queues.maintenance.getJob(APPLY_JOB_ID);
  return job === undefined ? null : (applyJob.safeParse(job.data).data ?? null);
}

/** One that failed is begun anew, by what was asked for now. */
async function askOnce(pipeline: Queues, job: NewJob): Promise<boolean> {
  const { state: now } = await schemeJob(pipeline, job.id);
  if (now === 'waits' || now === 'runs') return false;
  if (now === 'failed') await pipeline.queues.maintenance.remove(job.id);
  await enqueueIfAbsent(pipeline.queues.maintenance, job);
  return true;
}
