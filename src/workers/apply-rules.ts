import type { BadgeId, EarnerKey } from '../ids.js';
import { secondsOf } from '../platform/clock.js';
import type { Scheme } from '../rules/types.js';
import { entryOf } from './account.js';
import { decide } from './decide.js';
import { enqueueGather } from './gather-awards.js';
import type { Pipeline } from './pipeline.js';
import { putIntoOutbox } from './put-into-outbox.js';
import type { ApplyOptions } from './schemes.js';

/** How many people are looked at together: enough to fill the wire, few enough to stop in time. */
const CHUNK = 200;

/**
 * Puts a scheme into force and has those who gain by it given their awards. May be stopped anywhere, and
 * begun again with a new plan: who is on the way already is not in that one any more.
 * @param gaining everyone whom the plan names; each is decided anew, by the rules as they are then
 * @param progress told how many were looked at
 * @throws SchemeMoved when another version was started with meanwhile
 */
export async function applyRules(
  pipeline: Pipeline,
  scheme: Scheme,
  how: ApplyOptions,
  gaining: readonly EarnerKey[],
  progress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { schemes, audit, clock } = pipeline;
  await schemes.start(scheme);
  await schemes.apply(scheme, how);
  // Who was put there by a run that was stopped is not in this plan any more.
  await gatherWhatWaits(pipeline, scheme);
  for (let at = 0; at < gaining.length; at += CHUNK) {
    signal.throwIfAborted();
    await giveTo(pipeline, gaining.slice(at, at + CHUNK), how.quiet);
    progress(Math.min(at + CHUNK, gaining.length), gaining.length);
  }
  const detail = `${gaining.length} earners${how.quiet ? ', no e-mail' : ''}`;
  const { version } = scheme;
  await audit.write([
    entryOf('applied', secondsOf(clock), { version, award: how.only, cause: 'ops', detail }),
  ]);
  await schemes.applied();
}

async function gatherWhatWaits(pipeline: Pipeline, { awards }: Scheme): Promise<void> {
  for (const { badgeId } of awards)
    if ((await pipeline.outbox.waiting(badgeId)) > 0) await enqueueGather(pipeline, badgeId, 0);
}

async function giveTo(pipeline: Pipeline, earners: readonly EarnerKey[], quiet: boolean): Promise<void> {
  const waiting = new Set<BadgeId>();
  const giveOne = async (earner: EarnerKey): Promise<void> => {
    const put = await putIntoOutbox(pipeline, await decide(pipeline, earner), { cause: 'apply', quiet });
    for (const badgeId of put.keys()) waiting.add(badgeId);
  };
  await Promise.all(earners.map(giveOne));
  for (const badgeId of waiting) await enqueueGather(pipeline, badgeId, 0);
}
