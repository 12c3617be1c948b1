import type { Config } from '../../../config.js';
import type { Scheme } from '../../../rules/types.js';
import type { PlanParts } from '../../../workers/make-plan.js';
import type { Context } from '../context.js';
import { withPipeline } from '../pipeline-session.js';
import { requireRedis } from '../redis-session.js';

/** What a plan is made with, and the scheme of the files. */
export type PlanSession = PlanParts & { readonly scheme: Scheme };

/**
 * Opens what a plan is made with, does `work`, and closes it. Nothing is written.
 * @throws Problem when the environment, the scheme or Redis stand in the way, or PALIER_KEY is another
 */
export const withPlanParts = <T>(
  context: Context,
  work: (session: PlanSession, config: Config) => Promise<T>,
): Promise<T> =>
  withPipeline(context, [], (pipeline, config) =>
    requireRedis(context, config.redis, (redis) => {
      const people = { redis, prefix: context.dataPrefix, region: pipeline.region };
      return work({ ...pipeline, people }, config);
    }),
  );
