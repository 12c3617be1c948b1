import { QUEUES } from '../../../queue/names.js';
import { readFailedJob, type FailedJob } from '../../failures/failed-job.js';
import type { PageContext } from '../context.js';
import { OpsProblem } from '../http/problem.js';

export interface JobModel {
  /** Null: it is failed no more. */
  readonly job: FailedJob | null;
}

/** @throws OpsProblem `not_found` for a queue that there is not */
export async function readJob({ pipeline, params }: PageContext): Promise<JobModel> {
  const { queue: named, id = '' } = params;
  const queue = QUEUES.find((name) => name === named);
  if (queue === undefined) throw new OpsProblem('not_found');
  return { job: await readFailedJob(pipeline, { queue, id }) };
}
