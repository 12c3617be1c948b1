import { journalEntry } from '../earners/journal-entry.js';
import type { AwardId, EarnerKey } from '../ids.js';
import { enqueueAward } from '../issuing/ledger.js';
import { secondsOf } from '../platform/clock.js';
import type { JobResult, LongWork } from '../platform/job.js';
import { chunked } from '../platform/redis-commands.js';
import { planFor, type PersonFacts } from '../rules/plan.js';
import type { Scheme } from '../rules/types.js';
import { planJson } from '../scheme/plan-json.js';
import {
  makePlan,
  type PlanResult,
  type PlanOptions,
  forEachPerson,
  type OnProgress,
} from '../scheme/population.js';
import {
  newApplyRecord,
  createApplyStore,
  createPlanStore,
  isApplyFinished,
  type ApplyRequest,
  type ApplyRecord,
  type StoredPlan,
} from '../scheme/runs.js';
import { SchemeMoved, type Application, type ApplyOptions, type SeenVersions } from '../scheme/schemes.js';
import { decide } from './decide.js';
import { enqueueGather } from './issue/gather-awards.js';
import type { Pipeline } from './pipeline.js';

/** Names some people of each award, where the command line names all. The pages show the calls, not the duration. */
const OPS_PLAN = { keysPerAward: 50, maxRps: 1 };

/**
 * Makes the plan of the rules for new facts, and stores it. Changes nothing else.
 * The job's `only` names one award; null: all. An award that the rules do not have gives nobody anything.
 */
export const planForOps: LongWork<Pipeline, { readonly only: AwardId | null }> = async (
  pipeline,
  { only },
  signal,
  progress,
) => {
  const { clock, schemes } = pipeline;
  const { scheme } = await schemes.now();
  const options = { ...OPS_PLAN, scheme, only };
  const made = await planWithQuota(pipeline, options, progressWriter(progress.report), signal);
  const plan = storedPlan(made, secondsOf(clock));
  await createPlanStore(pipeline).write(plan);
  const { version, people, gainers, issues } = plan;
  return { did: 'plan made', facts: { version, only, people, gainers, issues } };
};

/** Returns a callback that stores progress with the job. @param write may fail, as progress is only shown */
const progressWriter =
  (write: (progress: object) => Promise<void>): OnProgress =>
  (done, total) =>
    void write({ done, total }).catch(() => undefined);

/** Makes a plan, and first reads the quota from OBF if it is unknown. A failure is ignored: issuing checks it again. */
export async function planWithQuota(
  pipeline: Pipeline,
  options: PlanOptions,
  progress: OnProgress,
  signal: AbortSignal,
) {
  const { quota } = pipeline;
  if ((await quota.known()) === null) await quota.read(signal).catch(() => undefined);
  return makePlan(pipeline, options, progress, signal);
}

function storedPlan(made: PlanResult, madeS: number): StoredPlan {
  const { at_least_s: _unknown, ...plan } = planJson(made);
  return { ...plan, unreadable: made.unreadable.length, gainers: made.plan.gainers, made_s: madeS };
}

/**
 * Puts the rules into force as an operator requested, and enqueues the awards that people gain. May be stopped
 * anywhere: the next run goes on as this one began. Changes nothing when people would gain more badges than the
 * operator agreed to; the stored record says so.
 */
export const applyForOps: LongWork<Pipeline, ApplyRequest> = async (pipeline, request, signal, progress) => {
  const { schemes, clock } = pipeline;
  const report = progressWriter(progress.report);
  const store = createApplyStore(pipeline);
  const stored = await store.read();
  let record = stored?.ask === request.ask ? stored : newApplyRecord(request);
  const moveTo = async (state: ApplyRecord['state'], counts = {}): Promise<JobResult> => {
    record = { ...record, ...counts, state, atS: secondsOf(clock) };
    await store.write(record);
    return jobResultOf(record);
  };
  // An earlier run finished it, and the job was sent again.
  if (isApplyFinished(record)) return jobResultOf(record);
  const [{ scheme }, unfinished] = await Promise.all([schemes.now(), schemes.unfinished()]);
  const refusal = refusalOf(request, scheme, unfinished);
  if (refusal !== null) return moveTo(refusal);
  const { only, suppressEmail, ask, upto, overQuota } = record;
  let seen: SeenVersions = { started: scheme.version, inForce: await schemes.inForce() };
  try {
    // An application that this request began passed these checks: awards due since are due by the rules in force.
    if (record.state !== 'giving' || unfinished?.ask !== ask) {
      await moveTo('planning');
      const plan = { ...OPS_PLAN, scheme, only };
      const made = await planWithQuota(pipeline, plan, report, signal);
      const { issues, quotaShort } = made.cost;
      if (issues > upto) return await moveTo('above', countsOf(made));
      if (quotaShort > 0 && !overQuota) return await moveTo('over_quota', countsOf(made));
      // A run killed at its very end gave these awards: keep its counts, as this plan has none.
      await moveTo('giving', issues === 0 ? {} : countsOf(made));
      seen = made;
    }
    await applyRules(pipeline, scheme, { only, suppressEmail, ask }, seen, report, signal);
  } catch (error) {
    if (error instanceof SchemeMoved) return moveTo('moved');
    throw error;
  }
  await createPlanStore(pipeline).clear();
  return moveTo('applied');
};

/** Returns why a request is refused before any plan; null: it is not. */
function refusalOf(
  { version, only, suppressEmail }: ApplyRequest,
  scheme: Scheme,
  unfinished: Application | null,
): 'moved' | 'other_begun' | null {
  if (scheme.version !== version) return 'moved';
  if (unfinished === null || unfinished.version !== version) return null;
  // Other options for the remaining people would send e-mail to only some of them.
  return unfinished.only === only && unfinished.suppressEmail === suppressEmail ? null : 'other_begun';
}

const countsOf = ({ plan, cost }: PlanResult): Pick<ApplyRecord, 'issues' | 'people' | 'given'> => ({
  issues: cost.issues,
  people: plan.gainers,
  given: plan.awards
    .filter(({ gains }) => gains.count > 0)
    .map(({ award: { id, name, badgeId }, gains }) => ({ award: id, name, badgeId, count: gains.count })),
});

const jobResultOf = ({ state, version, only, issues, people, upto }: ApplyRecord): JobResult => ({
  did: state === 'applied' ? 'rules put into force' : 'rules not put into force',
  facts: { outcome: state, version, only, issues, people, upto },
});

/** How many people are decided at once: enough to keep Redis busy, few enough to stop in time. */
const CHUNK = 200;

/**
 * Puts a scheme into force, decides anew for everybody who gains by it, and enqueues their awards.
 * May be stopped anywhere and begun again with a new plan, which finds awards that are due and not enqueued.
 * @param seen the versions that the plan was made under
 * @param progress receives how many of the people who gain were decided
 * @throws SchemeMoved when these versions changed since
 */
export async function applyRules(
  pipeline: Pipeline,
  scheme: Scheme,
  options: ApplyOptions,
  seen: SeenVersions,
  progress: OnProgress,
  signal: AbortSignal,
): Promise<void> {
  const { schemes, journal, clock } = pipeline;
  const { only, suppressEmail } = options;
  await schemes.apply(scheme, options, seen);
  const gaining = await findGaining(pipeline, only, signal);
  const decideFor = async (earner: EarnerKey) =>
    enqueueAward(pipeline, await decide(pipeline, earner), { cause: 'apply', suppressEmail });
  let done = 0;
  for (const earners of chunked(gaining, CHUNK)) {
    signal.throwIfAborted();
    const enqueued = await Promise.all(earners.map(decideFor));
    for (const badgeId of new Set(enqueued.flat())) await enqueueGather(pipeline, badgeId, 0);
    done += earners.length;
    progress(done, gaining.length);
  }
  const detail = `${gaining.length} earners${suppressEmail ? ', no e-mail' : ''}`;
  const facts = { version: scheme.version, award: only, cause: 'ops', detail };
  await journal.write([journalEntry('applied', secondsOf(clock), facts)]);
  await schemes.applied();
}

/** Finds the people with a due award that OBF lacks: by the rules in force, or by their record alone. */
async function findGaining(pipeline: Pipeline, only: ApplyOptions['only'], signal: AbortSignal) {
  const rules = await pipeline.schemes.now();
  const nowS = secondsOf(pipeline.clock);
  const gaining: EarnerKey[] = [];
  const look = (person: PersonFacts): void => {
    const { planned } = planFor(rules, person, nowS, only);
    const gains = planned.some(({ kind }) => kind === 'gains');
    if (gains || person.isWaiting === true) gaining.push(person.earner);
  };
  await forEachPerson(pipeline, look, signal);
  return gaining;
}
