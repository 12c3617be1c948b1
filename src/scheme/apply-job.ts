import { secondsOf } from '../platform/clock.js';
import type { Plan } from '../rules/plan.js';
import type { Scheme } from '../rules/types.js';
import { applyRules } from './apply-rules.js';
import {
  askedRecord,
  createApplyStore,
  isOver,
  type ApplyAsked,
  type ApplyRecord,
  type ApplyStore,
} from './apply-store.js';
import type { JobResult } from '../platform/job-result.js';
import { keepReporting } from './report-progress.js';
import { makePlan, type MadePlan } from './make-plan.js';
import type { Pipeline } from '../workers/pipeline.js';
import { readQuota, UNTOLD_RPS } from './plan-job.js';
import { createPlanStore } from './plan-store.js';
import { SchemeMoved, type Application } from './schemes.js';

/** Whom to give to; of each award their number alone is told. */
const KEEPS = { perAward: 0, gainers: Infinity };
const REPORT_EVERY_MS = 500;

/**
 * Puts the rules into force as an operator asked for, and has those who gain given their awards. May be
 * stopped anywhere: run again, it goes on as it began. Nothing is done, and that is kept, when more would be
 * given than whoever asked was told of.
 */
export async function applyForOps(
  pipeline: Pipeline,
  asked: ApplyAsked,
  signal: AbortSignal,
): Promise<JobResult> {
  const { schemes, people } = pipeline;
  const store = createApplyStore(people);
  const known = await store.read();
  const record = known?.ask === asked.ask ? known : askedRecord(asked);
  // Done, and the job was sent again.
  if (isOver(record)) return told(record);
  const [{ scheme }, begunThere] = await Promise.all([schemes.now(), schemes.unfinished()]);
  const refused = refusalOf(asked, scheme, begunThere);
  if (refused !== null) return end(pipeline, store, record, refused);
  try {
    return await planAndGive(pipeline, { store, record, scheme, isBegun: isOwn(record, begunThere), signal });
  } catch (error) {
    if (!(error instanceof SchemeMoved)) throw error;
    return end(pipeline, store, record, 'moved');
  }
}

/** @returns null: nothing stands in the way, as far as that is known without a plan */
function refusalOf(
  { version, only, quiet }: ApplyAsked,
  scheme: Scheme,
  begunThere: Application | null,
): 'moved' | 'other_begun' | null {
  if (scheme.version !== version) return 'moved';
  if (begunThere === null || begunThere.version !== version) return null;
  // Going on otherwise would leave half of the people with an e-mail.
  return begunThere.only === only && begunThere.quiet === quiet ? null : 'other_begun';
}

/**
 * What this very request had begun was below its number, and is in force: what came due since is due by it, as
 * in any evaluation.
 */
const isOwn = (record: ApplyRecord, begunThere: Application | null): boolean =>
  record.state === 'giving' && begunThere !== null && begunThere.startedS >= record.atS;

interface Run {
  readonly store: ApplyStore;
  readonly record: ApplyRecord;
  readonly scheme: Scheme;
  readonly isBegun: boolean;
  readonly signal: AbortSignal;
}

async function planAndGive(pipeline: Pipeline, run: Run): Promise<JobResult> {
  const { store, record, scheme, isBegun, signal } = run;
  const { only, upto, overQuota } = record;
  const { clock } = pipeline;
  const planning: ApplyRecord = isBegun
    ? record
    : { ...record, state: 'planning', atS: secondsOf(clock), done: 0, total: 0 };
  await store.write(planning);
  await readQuota(pipeline, signal);
  const made = await reporting(store, planning, (report) =>
    makePlan(pipeline, { scheme, only, maxRps: UNTOLD_RPS, keeps: KEEPS }, report, signal),
  );
  const { issues, quotaShort } = made.cost;
  if (!isBegun && issues > upto) return end(pipeline, store, { ...planning, ...numbersOf(made) }, 'above');
  if (!isBegun && quotaShort > 0 && !overQuota)
    return end(pipeline, store, { ...planning, ...numbersOf(made) }, 'over_quota');
  return give(pipeline, { ...run, record: planning }, made);
}

async function give(pipeline: Pipeline, { store, record, scheme, isBegun, signal }: Run, made: MadePlan) {
  const { only, quiet } = record;
  const giving: ApplyRecord = isBegun
    ? { ...record, done: 0, total: 0 }
    : {
        ...record,
        // Killed at its very end, it had given what this plan no longer tells of.
        ...(made.cost.issues === 0 ? {} : numbersOf(made)),
        state: 'giving',
        atS: secondsOf(pipeline.clock),
        done: 0,
        total: 0,
      };
  await store.write(giving);
  await reporting(store, giving, (report) =>
    applyRules(pipeline, scheme, { only, quiet }, made, report, signal),
  );
  await createPlanStore(pipeline.people).clear();
  return end(pipeline, store, giving, 'applied');
}

async function reporting<T>(
  store: ApplyStore,
  record: ApplyRecord,
  work: (report: (done: number, total: number) => void) => Promise<T>,
): Promise<T> {
  const report = keepReporting((done, total) => store.write({ ...record, done, total }), REPORT_EVERY_MS);
  try {
    return await work(report);
  } finally {
    await report.settled();
  }
}

const numbersOf = ({ plan, cost }: MadePlan): Pick<ApplyRecord, 'issues' | 'people' | 'given'> => ({
  issues: cost.issues,
  people: plan.gainers.length,
  given: givenBy(plan),
});

const givenBy = ({ awards }: Plan): ApplyRecord['given'] =>
  awards
    .filter(({ gains }) => gains.length > 0)
    .map(({ award: { id, name, badgeId }, gains }) => ({ award: id, name, badgeId, count: gains.length }));

async function end(
  { clock }: Pick<Pipeline, 'clock'>,
  store: ApplyStore,
  record: ApplyRecord,
  state: ApplyRecord['state'],
): Promise<JobResult> {
  const ended = { ...record, state, atS: secondsOf(clock) };
  await store.write(ended);
  return told(ended);
}

const told = ({ state, version, only, issues, people, upto }: ApplyRecord): JobResult => ({
  did: state === 'applied' ? 'rules put into force' : 'rules not put into force',
  facts: { outcome: state, version, only, issues, people, upto },
});
