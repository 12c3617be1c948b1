import type { BadgeId, EarnerKey } from '../ids.js';
import { enqueueAward } from '../issuing/outbox.js';
import { secondsOf } from '../platform/clock.js';
import { planFor, type Plan } from '../rules/plan.js';
import type { Scheme } from '../rules/types.js';
import {
  askedRecord,
  createApplyStore,
  isOver,
  type ApplyAsked,
  type ApplyRecord,
  type ApplyStore,
} from '../scheme/apply-store.js';
import { forEachPerson } from '../scheme/for-each-person.js';
import { makePlan, type MadePlan } from '../scheme/make-plan.js';
import { createPlanStore } from '../scheme/plan-store.js';
import { SchemeMoved, type Application, type ApplyOptions } from '../scheme/state.js';
import { journalEntry } from '../earners/journal-entry.js';
import { decide } from './decide.js';
import type { JobResult } from '../platform/job-result.js';
import { enqueueGather } from './issue/gather-awards.js';
import { keepReporting } from '../scheme/report-progress.js';
import type { Pipeline } from './pipeline.js';
import { readQuota, UNTOLD_RPS } from './plan-scheme.js';

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
  { version, only, suppressEmail }: ApplyAsked,
  scheme: Scheme,
  begunThere: Application | null,
): 'moved' | 'other_begun' | null {
  if (scheme.version !== version) return 'moved';
  if (begunThere === null || begunThere.version !== version) return null;
  // Going on otherwise would leave half of the people with an e-mail.
  return begunThere.only === only && begunThere.suppressEmail === suppressEmail ? null : 'other_begun';
}

/**
 * What this very request had begun was below its number, and is in force: what came due since is due by it, as
 * in any evaluation.
 */
const isOwn = ({ state, ask }: ApplyRecord, begunThere: Application | null): boolean =>
  state === 'giving' && begunThere?.ask === ask;

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
  const { only, suppressEmail, ask } = record;
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
    applyRules(pipeline, scheme, { only, suppressEmail, ask }, made, report, signal),
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

/** How many people are looked at together: enough to fill the wire, few enough to stop in time. */
const CHUNK = 200;

/** The parts of a plan that its application goes by. */
export type PlanToApply = Pick<MadePlan, 'plan' | 'started' | 'inForce'>;

/**
 * Puts a scheme into force and has those who gain by it given their awards; each is decided anew, by the
 * rules as they are then. May be stopped anywhere, and begun again with a new plan. Then everybody is looked
 * at once more: whoever came to qualify since the plan was made, and whoever a run that was killed had
 * written down without sending them on their way.
 * @param progress told how many of those who gain were looked at
 * @throws SchemeMoved when other rules were started with, or put into force, since the plan was made
 */
export async function applyRules(
  pipeline: Pipeline,
  scheme: Scheme,
  how: ApplyOptions,
  planned: PlanToApply,
  progress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { schemes, journal, clock } = pipeline;
  await schemes.apply(scheme, how, planned);
  const gaining = planned.plan.gainers;
  await giveToAll(pipeline, gaining, how.suppressEmail, progress, signal);
  const given = new Set(gaining);
  const left = await leftBehind(pipeline, how, given, signal);
  await giveToAll(pipeline, left, how.suppressEmail, () => undefined, signal);
  const detail = `${gaining.length} earners${how.suppressEmail ? ', no e-mail' : ''}`;
  const { version } = scheme;
  await journal.write([
    journalEntry('applied', secondsOf(clock), { version, award: how.only, cause: 'ops', detail }),
  ]);
  await schemes.applied();
}

async function giveToAll(
  pipeline: Pipeline,
  earners: Iterable<EarnerKey> & { readonly length: number },
  suppressEmail: boolean,
  progress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<void> {
  let done = 0;
  for (const some of chunksOf(earners, CHUNK)) {
    signal.throwIfAborted();
    await giveTo(pipeline, some, suppressEmail);
    done += some.length;
    progress(done, earners.length);
  }
}

function* chunksOf<T>(all: Iterable<T>, size: number): Iterable<readonly T[]> {
  let chunk: T[] = [];
  for (const one of all) {
    chunk.push(one);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** Whoever is due something that is not with OBF: by the rules in force now, or written down and no more. */
async function leftBehind(
  { people, schemes, clock }: Pipeline,
  { only }: ApplyOptions,
  given: ReadonlySet<EarnerKey>,
  signal: AbortSignal,
): Promise<readonly EarnerKey[]> {
  const rules = await schemes.now();
  const nowS = secondsOf(clock);
  const left: EarnerKey[] = [];
  const look: Parameters<typeof forEachPerson>[1] = (person) => {
    const { planned } = planFor(rules, person, nowS, only);
    const isLeft = person.isWaiting === true || planned.some(({ kind }) => kind === 'gains');
    if (isLeft && !given.has(person.earner)) left.push(person.earner);
  };
  await forEachPerson(people, look, () => undefined, signal);
  return left;
}

async function giveTo(
  pipeline: Pipeline,
  earners: readonly EarnerKey[],
  suppressEmail: boolean,
): Promise<void> {
  const waiting = new Set<BadgeId>();
  const giveOne = async (earner: EarnerKey): Promise<void> => {
    const put = await enqueueAward(pipeline, await decide(pipeline, earner), {
      cause: 'apply',
      suppressEmail,
    });
    for (const badgeId of put.keys()) waiting.add(badgeId);
  };
  await Promise.all(earners.map(giveOne));
  for (const badgeId of waiting) await enqueueGather(pipeline, badgeId, 0);
}
