import { failuresOf } from '../../failures/failures.js';
import { readFailedJobs, type FailedJob } from '../../failures/failed-job.js';
import type { PageContext } from '../context.js';
import { OpsProblem } from '../http/problem.js';
import { readGroups, type Freshness, type ToldGroup } from './list-read.js';

/** Jobs on a page. */
const PAGE = 50;

export interface GroupModel {
  /** Null: it is being looked for. */
  readonly group: ToldGroup | null;
  readonly jobs: readonly FailedJob[];
  readonly freshness: Freshness;
  readonly page: number;
  /** The first and the last that stand on this page, from 1. */
  readonly from: number;
  readonly to: number;
  readonly hasNext: boolean;
}

/** @throws OpsProblem `not_found` when no job fails for that reason any more */
export async function readGroup(context: PageContext): Promise<GroupModel> {
  const { pipeline, params, query } = context;
  const failures = failuresOf(pipeline);
  failures.goOn();
  const { groups, freshness } = await readGroups(context);
  const group = groups.find(({ key }) => key === params['group']) ?? null;
  if (group === null && !freshness.counting) throw new OpsProblem('not_found');
  const page = pageOf(query);
  const from = (page - 1) * PAGE;
  const listed = group?.listed ?? 0;
  const refs = group === null ? [] : await failures.newest(group.key, { from, count: PAGE });
  return {
    group,
    jobs: await readFailedJobs(pipeline, refs),
    freshness,
    page,
    from: from + 1,
    to: Math.min(from + PAGE, listed),
    hasNext: from + PAGE < listed,
  };
}

/** Anything else is the first page. */
const pageOf = (query: URLSearchParams): number => {
  const asked = query.get('page') ?? '';
  return /^[1-9]\d{0,5}$/.test(asked) ? Number(asked) : 1;
};
