import { z } from 'zod';
import { asAwardId, asSchemeVersion, type AwardId, type BadgeId, type EarnerKey } from '../ids.js';
import { secondsOf } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import type { Scheme } from '../rules/types.js';
import { entryOf } from './account.js';
import { decide } from './decide.js';
import { enqueueGather } from './gather-awards.js';
import type { Pipeline } from './pipeline.js';
import { putIntoOutbox } from './put-into-outbox.js';

/** What ops asked for, kept until all of it is done: whoever goes on after a stop does the same. */
const form = z.object({
  version: z.string().transform(asSchemeVersion),
  only: z.string().transform(asAwardId).nullable(),
  quiet: z.boolean(),
  startedS: z.number(),
});
export type Application = z.output<typeof form>;

const keyOf = (prefix: string): string => `${prefix}:{scheme}:application`;

/** An application that was begun and not ended; null: none. */
export async function unfinishedApplication(
  redis: RedisConnection,
  prefix: string,
): Promise<Application | null> {
  const text = await redis.get(keyOf(prefix));
  return text === null ? null : form.parse(JSON.parse(text));
}

/** How many people are looked at together: enough to fill the wire, few enough to stop in time. */
const CHUNK = 200;

export interface Applying {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly progress: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Puts a scheme into force and has those who gain by it given their awards. May be stopped anywhere, and
 * begun again with a new plan: who is on the way already is not in that one any more.
 * @param gaining everyone whom the plan names; each is decided anew, by the rules as they are then
 * @returns how many people were looked at
 * @throws SchemeMoved when another version was started with meanwhile
 */
export async function applyRules(
  pipeline: Pipeline,
  scheme: Scheme,
  { only, quiet }: Pick<Application, 'only' | 'quiet'>,
  gaining: readonly EarnerKey[],
  { redis, prefix, progress, signal }: Applying,
): Promise<number> {
  const application: Application = {
    version: scheme.version,
    only,
    quiet,
    startedS: secondsOf(pipeline.clock),
  };
  await pipeline.schemes.start(scheme);
  await redis.set(keyOf(prefix), JSON.stringify(application));
  await pipeline.schemes.apply(scheme, only);
  for (let at = 0; at < gaining.length; at += CHUNK) {
    signal.throwIfAborted();
    await giveTo(pipeline, gaining.slice(at, at + CHUNK), quiet);
    progress(Math.min(at + CHUNK, gaining.length), gaining.length);
  }
  await pipeline.audit.write([appliedEntry(application, gaining.length)]);
  await redis.del(keyOf(prefix));
  return gaining.length;
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

const appliedEntry = ({ version, only, quiet, startedS }: Application, earners: number) =>
  entryOf('applied', startedS, {
    version,
    award: only satisfies AwardId | null,
    cause: 'ops',
    detail: `${earners} earners${quiet ? ', no e-mail' : ''}`,
  });
