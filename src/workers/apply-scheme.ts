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
  type MadePlan,
  type PlanAsked,
  forEachPerson,
  type OnProgress,
} from '../scheme/population.js';
import {
  askedRecord,
  createApplyStore,
  createPlanStore,
  isOver,
  type ApplyAsked,
  type ApplyRecord,
  type StoredPlan,
} from '../scheme/runs.js';
import { SchemeMoved, type Application, type ApplyOptions, type SeenVersions } from '../scheme/schemes.js';
import { decide } from './decide.js';
import { enqueueGather } from './issue/gather-awards.js';
import type { Pipeline } from './pipeline.js';

/** Names some people of each award; the command line names everybody. How long it takes is not told, only the calls. */
const OPS_PLAN = { keysPerAward: 50, maxRps: 1 };

/**
 * Makes the plan of the rules that hold for what is new, and keeps its result. Changes nothing else.
 * @param only that award alone; null: all. One that the rules do not have gains nobody anything.
 */
export const planForOps: LongWork<Pipeline, { readonly only: AwardId | null }> = async (
  pipeline,
  { only },
  signal,
  progress,
) => {
  const { clock, schemes } = pipeline;
  const { scheme } = await schemes.now();
  const asked = { ...OPS_PLAN, scheme, only };
  const made = await planWithQuota(pipeline, asked, reportTo(progress.report), signal);
  const plan = storedPlan(made, secondsOf(clock));
  await createPlanStore(pipeline).write(plan);
  const { version, people: looked, gainers, issues } = plan;
  return { did: 'plan made', facts: { version, only, people: looked, gainers, issues } };
};

const REPORT_EVERY_MS = 500;
type Progress = Record<'done' | 'total', number>;

/**
 * One write at a time, and not more often than every half second.
 * @param keep may fail: progress is nice to have
 */
export function reportTo(keep: (progress: Progress) => Promise<void>): OnProgress {
  let nextMs = 0;
  return (done, total) => {
    if (performance.now() < nextMs) return;
    nextMs = Infinity;
    void keep({ done, total })
      .catch(() => undefined)
      .finally(() => (nextMs = performance.now() + REPORT_EVERY_MS));
  };
}

/** What it would burn is weighed against what OBF says; where it cannot be asked, issuing does so itself. */
export async function planWithQuota(
  pipeline: Pipeline,
  asked: PlanAsked,
  report: OnProgress,
  signal: AbortSignal,
): Promise<MadePlan> {
  const { quota } = pipeline;
  if ((await quota.known()) === null) await quota.read(signal).catch(() => undefined);
  return makePlan(pipeline, asked, report, signal);
}

function storedPlan(made: MadePlan, madeS: number): StoredPlan {
  const { at_least_s: _unknown, ...plan } = planJson(made);
  return { ...plan, unreadable: made.unreadable.length, gainers: made.plan.gainers, made_s: madeS };
}

/**
 * Puts the rules into force as an operator asked for, and has those who gain given their awards. May be
 * stopped anywhere: run again, it goes on as it began. Nothing is done, and that is kept, when more would be
 * given than the operator agreed to.
 */
export const applyForOps: LongWork<Pipeline, ApplyAsked> = async (pipeline, asked, signal, progress) => {
  const { schemes, clock } = pipeline;
  const report = reportTo(progress.report);
  const store = createApplyStore(pipeline);
  const known = await store.read();
  let record = known?.ask === asked.ask ? known : askedRecord(asked);
  const become = async (state: ApplyRecord['state'], numbers = {}): Promise<JobResult> => {
    record = { ...record, ...numbers, state, atS: secondsOf(clock) };
    await store.write(record);
    return told(record);
  };
  // Done, and the job was sent again.
  if (isOver(record)) return told(record);
  const [{ scheme }, begun] = await Promise.all([schemes.now(), schemes.unfinished()]);
  const refused = refusalOf(asked, scheme, begun);
  if (refused !== null) return become(refused);
  const { only, suppressEmail, ask, upto, overQuota } = record;
  let seen: SeenVersions = { started: scheme.version, inForce: await schemes.inForce() };
  try {
    // What this very request had begun was below its number: what came due since is due by the rules in force.
    if (record.state !== 'giving' || begun?.ask !== ask) {
      await become('planning');
      const plan = { ...OPS_PLAN, scheme, only };
      const made = await planWithQuota(pipeline, plan, report, signal);
      const { issues, quotaShort } = made.cost;
      if (issues > upto) return await become('above', numbersOf(made));
      if (quotaShort > 0 && !overQuota) return await become('over_quota', numbersOf(made));
      // Killed at its very end, it had given what this plan no longer tells of.
      await become('giving', issues === 0 ? {} : numbersOf(made));
      seen = made;
    }
    await applyRules(pipeline, scheme, { only, suppressEmail, ask }, seen, report, signal);
  } catch (error) {
    if (error instanceof SchemeMoved) return become('moved');
    throw error;
  }
  await createPlanStore(pipeline).clear();
  return become('applied');
};

/** @returns null: nothing stands in the way, as far as that is known without a plan */
function refusalOf(
  { version, only, suppressEmail }: ApplyAsked,
  scheme: Scheme,
  begun: Application | null,
): 'moved' | 'other_begun' | null {
  if (scheme.version !== version) return 'moved';
  if (begun === null || begun.version !== version) return null;
  // Going on otherwise would leave half of the people with an e-mail.
  return begun.only === only && begun.suppressEmail === suppressEmail ? null : 'other_begun';
}

const numbersOf = ({ plan, cost }: MadePlan): Pick<ApplyRecord, 'issues' | 'people' | 'given'> => ({
  issues: cost.issues,
  people: plan.gainers,
  given: plan.awards
    .filter(({ gains }) => gains.count > 0)
    .map(({ award: { id, name, badgeId }, gains }) => ({ award: id, name, badgeId, count: gains.count })),
});

const told = ({ state, version, only, issues, people, upto }: ApplyRecord): JobResult => ({
  did: state === 'applied' ? 'rules put into force' : 'rules not put into force',
  facts: { outcome: state, version, only, issues, people, upto },
});

/** How many people are looked at together: enough to fill the wire, few enough to stop in time. */
const CHUNK = 200;

/**
 * Puts a scheme into force, looks at everybody, and has those who gain by it given their awards; each is decided anew.
 * May be stopped anywhere, and begun again with a new plan: who was written down, and not sent on their way, is met too.
 * @param seen the versions that the plan was made under
 * @param progress receives how many of those who gain were looked at
 * @throws SchemeMoved when other rules were started with, or put into force, since the plan was made
 */
export async function applyRules(
  pipeline: Pipeline,
  scheme: Scheme,
  how: ApplyOptions,
  seen: SeenVersions,
  progress: OnProgress,
  signal: AbortSignal,
): Promise<void> {
  const { schemes, journal, clock } = pipeline;
  const { only, suppressEmail } = how;
  await schemes.apply(scheme, how, seen);
  const gaining = await findGaining(pipeline, only, signal);
  const giveTo = async (earner: EarnerKey) =>
    enqueueAward(pipeline, await decide(pipeline, earner), { cause: 'apply', suppressEmail });
  let done = 0;
  for (const earners of chunked(gaining, CHUNK)) {
    signal.throwIfAborted();
    const waiting = await Promise.all(earners.map(giveTo));
    for (const badgeId of new Set(waiting.flat())) await enqueueGather(pipeline, badgeId, 0);
    done += earners.length;
    progress(done, gaining.length);
  }
  const detail = `${gaining.length} earners${suppressEmail ? ', no e-mail' : ''}`;
  const { version } = scheme;
  await journal.write([
    journalEntry('applied', secondsOf(clock), { version, award: only, cause: 'ops', detail }),
  ]);
  await schemes.applied();
}

/** People who are due something that OBF has not: by the rules in force now, or by their record alone. */
async function findGaining(pipeline: Pipeline, only: ApplyOptions['only'], signal: AbortSignal) {
  const rules = await pipeline.schemes.now();
  const nowS = secondsOf(pipeline.clock);
  const gaining: EarnerKey[] = [];
  const look = (person: PersonFacts): void => {
    const changes = planFor(rules, person, nowS, only).planned;
    if (person.isWaiting === true || changes.some(({ kind }) => kind === 'gains'))
      gaining.push(person.earner);
  };
  await forEachPerson(pipeline, look, () => undefined, signal);
  return gaining;
}
