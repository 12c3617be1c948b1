import type { BadgeId, EarnerKey } from '../ids.js';
import { secondsOf } from '../platform/clock.js';
import { planFor } from '../rules/plan.js';
import type { Scheme } from '../rules/types.js';
import { journalEntry } from '../earners/journal-entry.js';
import { decide } from '../workers/decide.js';
import { enqueueGather } from '../workers/gather-awards.js';
import { lookAtEverybody } from '../workers/look-at-everybody.js';
import type { MadePlan } from './make-plan.js';
import type { Pipeline } from '../workers/pipeline.js';
import { enqueueAward } from '../issuing/outbox.js';
import type { ApplyOptions } from './schemes.js';

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
  await giveToAll(pipeline, gaining, how.quiet, progress, signal);
  const given = new Set(gaining);
  const left = await leftBehind(pipeline, how, given, signal);
  await giveToAll(pipeline, left, how.quiet, () => undefined, signal);
  const detail = `${gaining.length} earners${how.quiet ? ', no e-mail' : ''}`;
  const { version } = scheme;
  await journal.write([
    journalEntry('applied', secondsOf(clock), { version, award: how.only, cause: 'ops', detail }),
  ]);
  await schemes.applied();
}

async function giveToAll(
  pipeline: Pipeline,
  earners: Iterable<EarnerKey> & { readonly length: number },
  quiet: boolean,
  progress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<void> {
  let done = 0;
  for (const some of chunksOf(earners, CHUNK)) {
    signal.throwIfAborted();
    await giveTo(pipeline, some, quiet);
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
  const look: Parameters<typeof lookAtEverybody>[1] = (person) => {
    const { planned } = planFor(rules, person, nowS, only);
    const isLeft = person.isWaiting === true || planned.some(({ kind }) => kind === 'gains');
    if (isLeft && !given.has(person.earner)) left.push(person.earner);
  };
  await lookAtEverybody(people, look, () => undefined, signal);
  return left;
}

async function giveTo(pipeline: Pipeline, earners: readonly EarnerKey[], quiet: boolean): Promise<void> {
  const waiting = new Set<BadgeId>();
  const giveOne = async (earner: EarnerKey): Promise<void> => {
    const put = await enqueueAward(pipeline, await decide(pipeline, earner), { cause: 'apply', quiet });
    for (const badgeId of put.keys()) waiting.add(badgeId);
  };
  await Promise.all(earners.map(giveOne));
  for (const badgeId of waiting) await enqueueGather(pipeline, badgeId, 0);
}
