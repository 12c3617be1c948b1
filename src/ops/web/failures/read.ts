import { QUEUES } from '../../../queue/jobs.js';
import { recentReplays } from '../../../queue/replay.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { namesIn } from '../../shared/failed-jobs.js';
import { OpsProblem } from '../http/problem.js';
import { TO } from '../links.js';
import { numberedPage } from '../parts/table.js';
import { paramOf, type PageContext } from '../route.js';
import { readFailedJob, readFailures } from './jobs.js';

const readGroups = ({ queues, scheme, region }: Pipeline) =>
  readFailures(queues, namesIn(scheme, region).organisation);

export type ListModel = Awaited<ReturnType<typeof readList>>;

const RECENT = 5;

export async function readList({ pipeline, query }: PageContext) {
  const [failures, replays] = await Promise.all([
    readGroups(pipeline),
    recentReplays(pipeline.queues, RECENT),
  ]);
  const runs = replays.some(({ endedMs }) => endedMs === null);
  return { ...failures, replays, moves: runs && !query.has('fige') };
}

/** Jobs on a page. */
const PAGE_SIZE = 50;

export type GroupModel = Awaited<ReturnType<typeof readGroup>>;

/** @throws OpsProblem `not_found` when no job fails for that reason any more */
export async function readGroup(context: PageContext) {
  const { pipeline, query } = context;
  const { groups, more } = await readGroups(pipeline);
  const group = groups.find(({ key }) => key === paramOf(context, 'group'));
  if (group === undefined) throw new OpsProblem('not_found');
  const { from, to, pager } = numberedPage(
    query,
    group.jobs.length,
    PAGE_SIZE,
    (page) => `${TO.failureGroup(group.key)}?page=${page}`,
  );
  const jobs = await Promise.all(group.jobs.slice(from, to).map((ref) => readFailedJob(pipeline, ref)));
  return { group, jobs: jobs.filter((job) => job !== null), more, pager };
}

export type JobModel = Awaited<ReturnType<typeof readJob>>;

/** @throws OpsProblem `not_found` for an unknown queue */
export async function readJob(context: PageContext) {
  const queue = QUEUES.find((name) => name === paramOf(context, 'queue'));
  if (queue === undefined) throw new OpsProblem('not_found');
  return { job: await readFailedJob(context.pipeline, { queue, id: paramOf(context, 'id') }) };
}
