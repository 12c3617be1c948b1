import { asSchemeVersion, type AwardId } from '../../../ids.js';
import { secondsOf } from '../../../platform/clock.js';
import type { Scheme } from '../../../rules/types.js';
import {
  APPLY_JOB_ID,
  readApplyRequest,
  newApplyRecord,
  enqueueApply,
  enqueuePlan,
  createApplyStore,
  createPlanStore,
  isApplyFinished,
  planJobId,
  schemeJob,
} from '../../../scheme/runs.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import type { OpsRequest } from '../http/request.js';
import { type Answer, done, notDone, PATHS } from '../route.js';

export type SchemeModel = Awaited<ReturnType<typeof readSchemePage>>;

/** Reads the page in a dozen commands of Redis: a worker made what needs all people. */
export async function readSchemePage({ pipeline, query }: Pick<OpsRequest, 'pipeline' | 'query'>) {
  const { schemes, clock } = pipeline;
  const [{ scheme, rollout }, inForceVersion, unfinished, versions, apply] = await Promise.all([
    schemes.now(),
    schemes.inForce(),
    schemes.unfinished(),
    schemes.versions(),
    readApply(pipeline),
  ]);
  const plan = await readPlan(pipeline, scheme, query.get('badge'));
  const inForce = rollout === null ? scheme : rollout.inForce;
  return {
    nowS: secondsOf(clock),
    scheme,
    inForce,
    inForceVersion,
    /** Null: the files are in force. */
    rollout,
    /** Whether this process started with other files than the workers. */
    hasOtherFiles: pipeline.scheme.version !== scheme.version,
    unfinished,
    versions,
    plan,
    apply,
    inProgress: plan.job.state === 'waits' || plan.job.state === 'runs' || apply.inProgress,
  };
}

async function readPlan(pipeline: Pipeline, scheme: Scheme, requested: string | null) {
  const only = awardIn(scheme, requested);
  const [job, stored] = await Promise.all([
    schemeJob(pipeline, planJobId(only)),
    createPlanStore(pipeline).read(only),
  ]);
  const outdated = stored !== null && stored.version !== scheme.version;
  return { only, job, stored, outdated };
}

/** Returns the named award's id if it is in the scheme; null: it is not, or all awards are meant. */
const awardIn = ({ awards }: Scheme, id: string | null): AwardId | null =>
  awards.find((award) => award.id === id)?.id ?? null;

async function readApply(pipeline: Pipeline) {
  const [job, request, stored, paused] = await Promise.all([
    schemeJob(pipeline, APPLY_JOB_ID),
    readApplyRequest(pipeline),
    createApplyStore(pipeline).read(),
    pipeline.queues.awards.isPaused(),
  ]);
  // No worker has taken the request yet.
  const record = request !== null && request.ask !== stored?.ask ? newApplyRecord(request) : stored;
  const waits = (record?.given ?? []).map(({ badgeId }) => pipeline.outbox.waiting(badgeId));
  return {
    job,
    record,
    inProgress:
      record !== null && !isApplyFinished(record) && (job.state === 'waits' || job.state === 'runs'),
    waiting: (await Promise.all(waits)).reduce((sum, count) => sum + count, 0),
    paused,
  };
}

export const FILES_CHANGED =
  'Rien n’a été fait : d’autres fichiers sont devenus le barème entre-temps. Calculez le plan à nouveau.';

/** Returns the page's URL, with the plan of all awards or of one. */
const schemeHref = (only: AwardId | null): string =>
  only === null ? PATHS.scheme : `${PATHS.scheme}?badge=${encodeURIComponent(only)}`;

/** Asks a worker for a plan; a second request waits for the same one. */
export async function requestPlan({ pipeline, user, log, form }: OpsRequest): Promise<Answer> {
  const { scheme } = await pipeline.schemes.now();
  const only = awardIn(scheme, form.get('badge'));
  const asked = await enqueuePlan(pipeline, only);
  log.info({ user: user.name, only, asked }, 'plan requested');
  return done(schemeHref(only), asked ? 'Le plan est demandé.' : 'Ce plan est déjà en cours de calcul.');
}

/** Asks a worker to put the rules into force, for at most the number of awards that the form named. */
export async function applyScheme({ pipeline, user, log, form }: OpsRequest): Promise<Answer> {
  const { scheme } = await pipeline.schemes.now();
  const only = awardIn(scheme, form.get('badge'));
  const pageHref = schemeHref(only);
  const [version, upto] = [form.get('version') ?? '', form.get('upto') ?? ''];
  if (!/^\d{1,9}$/.test(upto) || (form.get('badge') ?? '') !== (only ?? ''))
    return notDone(pageHref, 'Ce formulaire ne dit pas quoi appliquer : rien n’a été fait.');
  if (version !== scheme.version) return notDone(pageHref, FILES_CHANGED);
  const request = {
    by: user.name,
    version: asSchemeVersion(version),
    only,
    suppressEmail: form.get('email') === 'no',
    upto: Number(upto),
    overQuota: form.get('quota') === 'over',
  };
  const asked = await enqueueApply(pipeline, request);
  log.info(
    { user: user.name, version, only, upto: request.upto, suppressEmail: request.suppressEmail, asked },
    'apply requested',
  );
  return asked
    ? done(pageHref, 'La mise en vigueur est demandée.')
    : notDone(pageHref, 'Une mise en vigueur est déjà en cours : la vôtre n’a pas été lancée.');
}
