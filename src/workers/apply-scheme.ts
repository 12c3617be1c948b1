import { journalEntry } from '../earners/journal-entry.js';
import type { BadgeId, EarnerKey } from '../ids.js';
import { enqueueAward } from '../issuing/outbox.js';
import { secondsOf } from '../platform/clock.js';
import type { JobResult } from '../platform/job-result.js';
import { planFor, type PersonFacts } from '../rules/plan.js';
import type { Scheme } from '../rules/types.js';
import { makePlan, type MadePlan } from '../scheme/make-plan.js';
import { forEachPerson, type Report } from '../scheme/population.js';
import {
  askedRecord,
  createApplyStore,
  createPlanStore,
  isOver,
  type ApplyAsked,
  type ApplyRecord,
} from '../scheme/runs.js';
import { SchemeMoved, type Application, type ApplyOptions } from '../scheme/state.js';
import { decide } from './decide.js';
import { enqueueGather } from './issue/gather-awards.js';
import type { Pipeline } from './pipeline.js';
import { nowAndThen, readQuota, UNTOLD_RPS, type KeepProgress } from './plan-scheme.js';

/**
 * Puts the rules into force as an operator asked for, and has those who gain given their awards. May be
 * stopped anywhere: run again, it goes on as it began. Nothing is done, and that is kept, when more would be
 * given than the operator agreed to.
 */
export async function applyForOps(
  pipeline: Pipeline,
  asked: ApplyAsked,
  keep: KeepProgress,
  signal: AbortSignal,
): Promise<JobResult> {
  const { schemes, people, clock } = pipeline;
  const store = createApplyStore(people);
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
  // What this very request had begun was below its number: what came due since is due by the rules in force.
  const isBegun = record.state === 'giving' && begun?.ask === ask;
  try {
    if (!isBegun) await become('planning');
    await readQuota(pipeline, signal);
    const planned = { scheme, only, maxRps: UNTOLD_RPS };
    const made = await makePlan(pipeline, planned, nowAndThen(keep), signal);
    const { issues, quotaShort } = made.cost;
    if (!isBegun && issues > upto) return await become('above', numbersOf(made));
    if (!isBegun && quotaShort > 0 && !overQuota) return await become('over_quota', numbersOf(made));
    // Killed at its very end, it had given what this plan no longer tells of.
    if (!isBegun) await become('giving', issues === 0 ? {} : numbersOf(made));
    await applyRules(pipeline, scheme, { only, suppressEmail, ask }, made, nowAndThen(keep), signal);
  } catch (error) {
    if (error instanceof SchemeMoved) return become('moved');
    throw error;
  }
  await createPlanStore(people).clear();
  return become('applied');
}

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
  people: plan.gainers.length,
  given: plan.awards
    .filter(({ gains }) => gains.length > 0)
    .map(({ award: { id, name, badgeId }, gains }) => ({ award: id, name, badgeId, count: gains.length })),
});

const told = ({ state, version, only, issues, people, upto }: ApplyRecord): JobResult => ({
  did: state === 'applied' ? 'rules put into force' : 'rules not put into force',
  facts: { outcome: state, version, only, issues, people, upto },
});

/** The parts of a plan that its application goes by. */
export type PlanToApply = Pick<MadePlan, 'plan' | 'started' | 'inForce'>;

/**
 * Puts a scheme into force and has those who gain by it given their awards; each is decided anew, by the
 * rules as they are then. May be stopped anywhere, and begun again with a new plan. Then everybody is looked
 * at once more: people who qualify since the plan was made, and those whom a run that was killed had
 * written down without sending them on their way.
 * @param progress receives how many of those who gain were looked at
 * @throws SchemeMoved when other rules were started with, or put into force, since the plan was made
 */
export async function applyRules(
  pipeline: Pipeline,
  scheme: Scheme,
  how: ApplyOptions,
  planned: PlanToApply,
  progress: Report,
  signal: AbortSignal,
): Promise<void> {
  const { schemes, journal, clock } = pipeline;
  const { only, suppressEmail } = how;
  await schemes.apply(scheme, how, planned);
  const gaining = planned.plan.gainers;
  await giveToAll(pipeline, gaining, suppressEmail, progress, signal);
  const left = await leftBehind(pipeline, how, new Set(gaining), signal);
  await giveToAll(pipeline, left, suppressEmail, () => undefined, signal);
  const detail = `${gaining.length} earners${suppressEmail ? ', no e-mail' : ''}`;
  const { version } = scheme;
  await journal.write([
    journalEntry('applied', secondsOf(clock), { version, award: only, cause: 'ops', detail }),
  ]);
  await schemes.applied();
}

/** How many people are looked at together: enough to fill the wire, few enough to stop in time. */
const CHUNK = 200;

async function giveToAll(
  pipeline: Pipeline,
  earners: readonly EarnerKey[],
  suppressEmail: boolean,
  progress: Report,
  signal: AbortSignal,
): Promise<void> {
  for (let at = 0; at < earners.length; at += CHUNK) {
    signal.throwIfAborted();
    const waiting = new Set<BadgeId>();
    const giveOne = async (earner: EarnerKey): Promise<void> => {
      const how = { cause: 'apply', suppressEmail };
      const put = await enqueueAward(pipeline, await decide(pipeline, earner), how);
      for (const badgeId of put.keys()) waiting.add(badgeId);
    };
    await Promise.all(earners.slice(at, at + CHUNK).map(giveOne));
    for (const badgeId of waiting) await enqueueGather(pipeline, badgeId, 0);
    progress(Math.min(at + CHUNK, earners.length), earners.length);
  }
}

/** People who are due something that OBF has not: by the rules in force now, or by their record alone. */
async function leftBehind(
  { people, schemes, clock }: Pipeline,
  { only }: ApplyOptions,
  given: ReadonlySet<EarnerKey>,
  signal: AbortSignal,
): Promise<readonly EarnerKey[]> {
  const rules = await schemes.now();
  const nowS = secondsOf(clock);
  const left: EarnerKey[] = [];
  const look = (person: PersonFacts): void => {
    const { planned } = planFor(rules, person, nowS, only);
    const isLeft = person.isWaiting === true || planned.some(({ kind }) => kind === 'gains');
    if (isLeft && !given.has(person.earner)) left.push(person.earner);
  };
  await forEachPerson(people, look, () => undefined, signal);
  return left;
}
