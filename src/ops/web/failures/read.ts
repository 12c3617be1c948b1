import { connectionOf } from '../../../queue/enqueue.js';
import { QUEUES } from '../../../queue/jobs.js';
import { findReplay, recentReplays } from '../../../queue/replay.js';
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
import { OpsProblem } from '../http/problem.js';
import { numberedPage } from '../parts/table.js';
import { paramOf, Redirect, type PageContext } from '../route.js';
import { wantedIn, type Wanted } from './wanted.js';

/** Failed jobs of one reason, with its words. */
export interface ReasonGroup extends FailureGroup {
  readonly reason: Reason;
}

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

async function readGroups({ queues, scheme, region }: Pipeline) {
  const { groups, ...counts } = await readFailures(queues);
  const { organisation } = namesIn(scheme, region);
  const withReasons = groups.map((group): ReasonGroup => ({
    ...group,
    reason: group.key === REST.key ? REST : reasonOf(group.sample.reason, group.sample.queue, organisation),
  }));
  return { groups: withReasons, ...counts };
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
  const at = numberedPage(query, group.jobs.length, PAGE_SIZE);
  return { group, jobs: await readFailedJobs(pipeline, group.jobs.slice(at.from, at.to)), more, at };
}

export type JobModel = Awaited<ReturnType<typeof readJob>>;

/** @throws OpsProblem `not_found` for an unknown queue */
export async function readJob(context: PageContext) {
  const { pipeline } = context;
  const id = paramOf(context, 'id');
  const queue = QUEUES.find((name) => name === paramOf(context, 'queue'));
  if (queue === undefined) throw new OpsProblem('not_found');
  return { job: await readFailedJob(pipeline, { queue, id }) };
}

/** What would be sent again. */
export interface ConfirmModel {
  readonly wanted: Wanted;
  readonly count: number;
  /** Older ones were not looked at, and are sent as well if they fit. */
  readonly more: number;
  readonly job: FailedJob | null;
  readonly group: ReasonGroup | null;
}

export async function readConfirm(context: PageContext): Promise<ConfirmModel | Redirect> {
  const { pipeline, query } = context;
  const wanted = wantedIn(query, context);
  if (wanted instanceof Redirect) return wanted;
  const nothing = { wanted, more: 0, job: null, group: null };
  if (wanted.kind === 'job') {
    const job = await readFailedJob(pipeline, wanted.ref);
    return { ...nothing, job, count: job === null ? 0 : 1 };
  }
  if (wanted.kind === 'all') return { ...nothing, count: await countFailed(pipeline, wanted.sinceMs) };
  const { groups, more } = await readGroups(pipeline);
  const group = groups.find(({ key }) => key === wanted.group) ?? null;
  return { ...nothing, group, count: group?.jobs.length ?? 0, more };
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

export type ReplayModel = Awaited<ReturnType<typeof readReplay>>;

/** @throws OpsProblem `not_found` for an unknown one, or one of a week ago */
export async function readReplay(context: PageContext) {
  const { pipeline, query } = context;
  const replay = await findReplay(pipeline.queues, paramOf(context, 'replay'));
  if (replay === null) throw new OpsProblem('not_found');
  return { replay, moves: replay.endedMs === null && !query.has('fige') };
}
