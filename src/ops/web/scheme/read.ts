import type { AwardId, SchemeVersion } from '../../../ids.js';
import { secondsOf } from '../../../platform/clock.js';
import type { RedisConnection } from '../../../platform/redis.js';
import { schemeDiff, type SchemeDiff } from '../../../rules/scheme-diff.js';
import type { Scheme } from '../../../rules/types.js';
import { askedRecord, createApplyStore, isOver, type ApplyRecord } from '../../../scheme/apply-store.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { createPlanStore, type PlanProgress, type StoredPlan } from '../../../scheme/plan-store.js';
import {
  APPLY_JOB_ID,
  applyAsked,
  planJobId,
  schemeJob,
  type SchemeJob,
} from '../../../scheme/scheme-jobs.js';
import { createVersionList, type VersionKept, type VersionList } from '../../../scheme/scheme-versions.js';
import type { Application } from '../../../scheme/schemes.js';
import type { PageContext } from '../route.js';

/** The plan that is shown. */
export interface PlanPart {
  /** Null: of all awards. */
  readonly only: AwardId | null;
  readonly job: SchemeJob;
  readonly progress: PlanProgress | null;
  /** The last one that was made; null: none. */
  readonly made: StoredPlan | null;
  /** It was made for other rules than those of now. */
  readonly outdated: boolean;
}

/** The last application asked for on these pages. */
export interface ApplyPart {
  readonly job: SchemeJob;
  /** Null: none. */
  readonly record: ApplyRecord | null;
  readonly moves: boolean;
  /** Of what it gave, how many wait to leave. */
  readonly waiting: number;
  /** Issuing is paused: they leave when it is resumed. */
  readonly paused: boolean;
}

export interface SchemeModel {
  readonly nowS: number;
  /** The files, which new facts are evaluated by. */
  readonly scheme: Scheme;
  /** In force for everybody; null: it can no longer be read. */
  readonly inForce: Scheme | null;
  readonly inForceVersion: SchemeVersion | null;
  /** Null: the files are in force. */
  readonly change: {
    readonly sinceS: number;
    readonly released: ReadonlySet<AwardId>;
    /** Null: there is nothing to compare with. */
    readonly diff: SchemeDiff | null;
  } | null;
  /** This web process was started with other files than the workers. */
  readonly differsHere: boolean;
  readonly unfinished: Application | null;
  readonly versions: readonly VersionKept[];
  readonly plan: PlanPart;
  readonly apply: ApplyPart;
  /** The page is loaded again by itself. */
  readonly moves: boolean;
}

/** A dozen commands of Redis: a worker made what needs all people. */
export async function readScheme({
  pipeline,
  query,
}: Pick<PageContext, 'pipeline' | 'query'>): Promise<SchemeModel> {
  const { schemes, clock } = pipeline;
  const [{ scheme, rollout }, inForceVersion, unfinished, kept, apply] = await Promise.all([
    schemes.now(),
    schemes.inForce(),
    schemes.unfinished(),
    versionsOf(pipeline).all(),
    readApply(pipeline),
  ]);
  const plan = await readPlan(pipeline, scheme, query.get('badge'));
  const inForce = rollout === null ? scheme : rollout.inForce;
  const busy = plan.job.state === 'waits' || plan.job.state === 'runs' || apply.moves;
  return {
    nowS: secondsOf(clock),
    scheme,
    inForce,
    inForceVersion,
    change:
      rollout === null
        ? null
        : {
            sinceS: rollout.sinceS,
            released: rollout.released,
            diff: inForce === null ? null : schemeDiff(inForce, scheme),
          },
    differsHere: pipeline.scheme.version !== scheme.version,
    unfinished,
    versions: kept,
    plan,
    apply,
    moves: busy && !query.has('fige'),
  };
}

/** A process reads each version once. */
const lists = new WeakMap<RedisConnection, VersionList>();

function versionsOf({ people }: Pipeline): VersionList {
  const list = lists.get(people.redis) ?? createVersionList(people);
  lists.set(people.redis, list);
  return list;
}

async function readPlan(pipeline: Pipeline, scheme: Scheme, asked: string | null): Promise<PlanPart> {
  const only = awardIn(scheme, asked);
  const store = createPlanStore(pipeline.people);
  const [job, progress, made] = await Promise.all([
    schemeJob(pipeline, planJobId(only)),
    store.progress(only),
    store.read(only),
  ]);
  return { only, job, progress, made, outdated: made !== null && made.version !== scheme.version };
}

/** An award of the scheme that was named; null: none, or all. */
export const awardIn = ({ awards }: Scheme, id: string | null): AwardId | null =>
  awards.find((award) => award.id === id)?.id ?? null;

async function readApply(pipeline: Pipeline): Promise<ApplyPart> {
  const [job, asked, kept, paused] = await Promise.all([
    schemeJob(pipeline, APPLY_JOB_ID),
    applyAsked(pipeline),
    createApplyStore(pipeline.people).read(),
    pipeline.queues.awards.isPaused(),
  ]);
  // No worker has taken it yet.
  const record = asked !== null && asked.ask !== kept?.ask ? askedRecord(asked) : kept;
  const waits = (record?.given ?? []).map(({ badgeId }) => pipeline.outbox.waiting(badgeId));
  return {
    job,
    record,
    moves: record !== null && !isOver(record) && (job.state === 'waits' || job.state === 'runs'),
    waiting: (await Promise.all(waits)).reduce((sum, count) => sum + count, 0),
    paused,
  };
}
