import type { JobRef } from '../../../queue/failures.js';
import { connectionOf } from '../../../queue/enqueue.js';
import { QUEUES } from '../../../queue/jobs.js';
import { findReplay, recentReplays, type Replay } from '../../../queue/replay.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import {
  type FailedJob,
  type FailureGroup,
  namesIn,
  readFailedJob,
  readFailedJobs,
  readFailures,
} from '../../shared/failed-jobs.js';
import { type Reason, reasonOf, REST } from '../../shared/failure-reasons.js';
import type { PageContext } from '../context.js';
import { OpsProblem } from '../http/problem.js';
import type { Wanted } from './asked.js';

/** A group with its words. */
export interface ToldGroup extends FailureGroup {
  readonly reason: Reason;
}

export interface ListModel {
  readonly groups: readonly ToldGroup[];
  readonly total: number;
  readonly more: number;
  readonly replays: readonly Replay[];
  /** The page is loaded again by itself. */
  readonly moves: boolean;
}

const RECENT = 5;

export async function readList({ pipeline, query }: PageContext): Promise<ListModel> {
  const [failures, replays] = await Promise.all([
    readGroups(pipeline),
    recentReplays(pipeline.queues, RECENT),
  ]);
  return { ...failures, replays, moves: replays.some(isUnderWay) && !query.has('fige') };
}

const isUnderWay = ({ endedMs }: Replay): boolean => endedMs === null;

async function readGroups({ queues, scheme, region }: Pipeline) {
  const { groups, ...counts } = await readFailures(queues);
  const { organisation } = namesIn(scheme, region);
  const told = groups.map((group): ToldGroup => ({
    ...group,
    reason: group.key === REST.key ? REST : reasonOf(group.sample.reason, group.sample.queue, organisation),
  }));
  return { groups: told, ...counts };
}

/** Jobs on a page. */
const PAGE = 50;

export interface GroupModel {
  readonly group: ToldGroup;
  readonly jobs: readonly FailedJob[];
  /** Older failed jobs were not looked at: some may be of this group. */
  readonly more: number;
  readonly page: number;
  /** The first and the last that stand on this page, from 1. */
  readonly from: number;
  readonly to: number;
  readonly hasNext: boolean;
}

/** @throws OpsProblem `not_found` when no job fails for that reason any more */
export async function readGroup({ pipeline, params, query }: PageContext): Promise<GroupModel> {
  const { groups, more } = await readGroups(pipeline);
  const group = groups.find(({ key }) => key === params['group']);
  if (group === undefined) throw new OpsProblem('not_found');
  const page = pageOf(query);
  const from = (page - 1) * PAGE;
  const { length } = group.jobs;
  return {
    group,
    jobs: await readFailedJobs(pipeline, group.jobs.slice(from, from + PAGE)),
    more,
    page,
    from: from + 1,
    to: Math.min(from + PAGE, length),
    hasNext: from + PAGE < length,
  };
}

/** Anything else is the first page. */
const pageOf = (query: URLSearchParams): number => {
  const asked = query.get('page') ?? '';
  return /^[1-9]\d{0,5}$/.test(asked) ? Number(asked) : 1;
};

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

/** What will be sent again, for whoever is asked. */
export interface ConfirmModel {
  readonly wanted: Wanted;
  readonly count: number;
  /** Older ones were not looked at, and are sent as well if they fit. */
  readonly more: number;
  readonly job: FailedJob | null;
  readonly group: ToldGroup | null;
}

export async function readConfirm({ pipeline }: PageContext, wanted: Wanted): Promise<ConfirmModel> {
  const nothing = { wanted, more: 0, job: null, group: null };
  if (wanted.kind === 'job') return { ...nothing, ...(await readOne(pipeline, wanted.ref)) };
  if (wanted.kind === 'all') return { ...nothing, count: await countFailed(pipeline, wanted.sinceMs) };
  const { groups, more } = await readGroups(pipeline);
  const group = groups.find(({ key }) => key === wanted.group) ?? null;
  return { ...nothing, group, count: group?.jobs.length ?? 0, more };
}

async function readOne(pipeline: Pipeline, ref: JobRef): Promise<Pick<ConfirmModel, 'job' | 'count'>> {
  const job = await readFailedJob(pipeline, ref);
  return { job, count: job === null ? 0 : 1 };
}

/** How many failed at or after an instant, exactly. */
async function countFailed({ queues }: Pipeline, sinceMs: number | null): Promise<number> {
  const sizes = await Promise.all(
    QUEUES.map((name) =>
      connectionOf(queues[name]).zcount(queues[name].toKey('failed'), sinceMs ?? '-inf', '+inf'),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

export interface ProgressModel {
  readonly replay: Replay;
  /** The page is loaded again by itself. */
  readonly moves: boolean;
}

/** @throws OpsProblem `not_found` for one that there is not, or was a week ago */
export async function readProgress({ pipeline, params, query }: PageContext): Promise<ProgressModel> {
  const replay = await findReplay(pipeline.queues, params['replay'] ?? '');
  if (replay === null) throw new OpsProblem('not_found');
  return { replay, moves: replay.endedMs === null && !query.has('fige') };
}
