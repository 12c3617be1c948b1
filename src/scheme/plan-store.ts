import { z } from 'zod';
import { asAwardId, asEarnerKey, asSchemeVersion, type AwardId, type EarnerKey } from '../ids.js';
import type { PeopleSources } from '../earners/people.js';

const keys = z.array(z.string().transform(asEarnerKey));
const version = z.string().transform(asSchemeVersion);
const awardId = z.string().transform(asAwardId);

const awardForm = z.object({
  award: awardId,
  name: z.string(),
  /** It is in the rules in force, and not in the new ones: whoever holds it keeps it. */
  removed: z.boolean(),
  active: z.boolean(),
  gains: z.number(),
  losesRule: z.number(),
  inFlight: z.number(),
  refused: z.number(),
  blocked: z.number(),
  inactive: z.number(),
  calls: z.number(),
  /** Some of those who gain, and of those who lose the rule. */
  gainsSample: keys,
  losesSample: keys,
});

const planForm = z.object({
  version,
  only: awardId.nullable(),
  inForce: version.nullable(),
  /** When it was asked for, and when it was made, Unix seconds. */
  startedS: z.number(),
  madeS: z.number(),
  people: z.number(),
  /** How many could not be looked at. */
  unreadable: z.number(),
  /** How many people gain something. */
  gainers: z.number(),
  issues: z.number(),
  calls: z.number(),
  quotaLeft: z.number().nullable(),
  quotaAfter: z.number().nullable(),
  quotaShort: z.number(),
  awards: z.array(awardForm),
});

/** A plan as it is kept: numbers, and a few people of each. */
export type StoredPlan = z.output<typeof planForm>;
export type StoredAwardPlan = StoredPlan['awards'][number];

const progressForm = z.object({ done: z.number(), total: z.number() });
export type PlanProgress = z.output<typeof progressForm>;

/** The last plan of all, and of each award alone. */
export interface PlanStore {
  /** Null: there is none, or a Palier that we do not know made it. */
  read(only: AwardId | null): Promise<StoredPlan | null>;
  write(plan: StoredPlan): Promise<void>;
  /** They told of what is not so any more. */
  clear(): Promise<void>;
  /** Gone are those that name one of these. */
  forget(earners: ReadonlySet<EarnerKey>): Promise<void>;
  /** Null: nobody is at work on it. */
  progress(only: AwardId | null): Promise<PlanProgress | null>;
  report(only: AwardId | null, progress: PlanProgress): Promise<void>;
  ended(only: AwardId | null): Promise<void>;
}

/** Nobody wants to know what would have been. */
const KEPT_S = 7 * 24 * 3600;
/** A process that was killed says nothing more. */
const PROGRESS_S = 60;

const ALL = '*';

export function createPlanStore({ redis, prefix }: Pick<PeopleSources, 'redis' | 'prefix'>): PlanStore {
  const plans = `${prefix}:{plan}:made`;
  const progressKey = (only: AwardId | null): string => `${prefix}:{plan}:progress:${only ?? ALL}`;
  return {
    read: async (only) => parsed(planForm, await redis.hget(plans, only ?? ALL)),
    async write(plan) {
      await redis.hset(plans, plan.only ?? ALL, JSON.stringify(plan));
      await redis.expire(plans, KEPT_S);
    },
    async clear() {
      await redis.del(plans);
    },
    async forget(earners) {
      for (const [only, text] of Object.entries(await redis.hgetall(plans)))
        if ([...earners].some((earner) => text.includes(earner))) await redis.hdel(plans, only);
    },
    progress: async (only) => parsed(progressForm, await redis.get(progressKey(only))),
    async report(only, progress) {
      await redis.set(progressKey(only), JSON.stringify(progress), 'EX', PROGRESS_S);
    },
    async ended(only) {
      await redis.del(progressKey(only));
    },
  };
}

const parsed = <T>(form: z.ZodType<T>, text: string | null): T | null =>
  text === null ? null : (form.safeParse(JSON.parse(text)).data ?? null);
