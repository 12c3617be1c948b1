import { failuresOf } from '../../failures/failures.js';
import { readFailedJob, type FailedJob } from '../../failures/failed-job.js';
import type { PageContext } from '../context.js';
import type { Wanted } from './asked.js';
import { readGroups, type ToldGroup } from './list-read.js';

/** What will be sent again, for whoever is asked. */
export interface ConfirmModel {
  readonly wanted: Wanted;
  readonly count: number;
  readonly job: FailedJob | null;
  readonly group: ToldGroup | null;
}

export async function readConfirm(context: PageContext, wanted: Wanted): Promise<ConfirmModel> {
  const { pipeline } = context;
  if (wanted.kind === 'job') {
    const job = await readFailedJob(pipeline, wanted.ref);
    return { wanted, job, group: null, count: job === null ? 0 : 1 };
  }
  if (wanted.kind === 'group') {
    const { groups } = await readGroups(context);
    const group = groups.find(({ key }) => key === wanted.group) ?? null;
    return { wanted, job: null, group, count: group?.count ?? 0 };
  }
  const count = await failuresOf(pipeline).count({ queue: null, sinceMs: wanted.sinceMs });
  return { wanted, job: null, group: null, count };
}
