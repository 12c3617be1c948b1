import { z } from 'zod';
import { asAwardId, asBadgeId } from '../ids.js';
import { applyJob } from '../queue/jobs.js';
import type { PeopleSources } from '../earners/people.js';

const awardId = z.string().transform(asAwardId);

/** What an operator asked for, once. */
const askedForm = applyJob.omit({ kind: true });
export type ApplyAsked = z.output<typeof askedForm>;

const given = z.object({
  award: awardId,
  name: z.string(),
  badgeId: z.string().transform(asBadgeId),
  count: z.number(),
});

/**
 * - `asked`: no worker has taken it yet; `planning`: who gains is looked up again; `giving`: it is in force,
 *   and people are put on their way;
 * - `applied`; and what was refused, nothing having been changed: `above` the number that was asked for,
 *   `over_quota`, `moved`: other files became the rules, `other_begun`: another one is to be ended first.
 */
const state = z.enum([
  'asked',
  'planning',
  'giving',
  'applied',
  'above',
  'over_quota',
  'moved',
  'other_begun',
]);
export type ApplyState = z.output<typeof state>;

const recordForm = askedForm.extend({
  state,
  /** Since when it is in that state, Unix seconds. */
  atS: z.number(),
  /** People, in `planning` and `giving`. */
  done: z.number(),
  total: z.number(),
  /** By the plan that was made when it was done. */
  issues: z.number(),
  people: z.number(),
  given: z.array(given),
});
export type ApplyRecord = z.output<typeof recordForm>;

/** How the last application that was asked for here stands. */
export interface ApplyStore {
  read(): Promise<ApplyRecord | null>;
  write(record: ApplyRecord): Promise<void>;
}

const KEPT_S = 90 * 24 * 3600;

export function createApplyStore({ redis, prefix }: Pick<PeopleSources, 'redis' | 'prefix'>): ApplyStore {
  const key = `${prefix}:{plan}:apply`;
  return {
    async read() {
      const text = await redis.get(key);
      return text === null ? null : (recordForm.safeParse(JSON.parse(text)).data ?? null);
    },
    async write(record) {
      await redis.set(key, JSON.stringify(record), 'EX', KEPT_S);
    },
  };
}

/** Asked for, and nothing was done yet. */
export const askedRecord = (asked: ApplyAsked): ApplyRecord => ({
  ...askedForm.parse(asked),
  state: 'asked',
  atS: asked.askedS,
  done: 0,
  total: 0,
  issues: 0,
  people: 0,
  given: [],
});

/** Nothing more becomes of it. */
export const isOver = ({ state: now }: Pick<ApplyRecord, 'state'>): boolean =>
  now !== 'asked' && now !== 'planning' && now !== 'giving';
