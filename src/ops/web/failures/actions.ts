import { failuresOf } from '../../failures/failures.js';
import type { JobRef } from '../../failures/tally.js';
import { done, goTo, notDone, type Answer } from '../answer.js';
import type { PageContext } from '../context.js';
import { readWanted, type Wanted, type WantedFault } from './asked.js';
import { LIST, replayHref } from './links.js';
import { outcomeWords, REPLAY } from './replay-words.js';

/** What is done by then is told at once; what takes longer has a page of its own. */
const PATIENCE_MS = 1000;

export const FAULTS = { nothing: REPLAY.nothingAsked, 'bad-instant': REPLAY.badInstant } as const;

/** `POST /ops/echecs/renvoyer`. */
export async function sendBack(context: PageContext): Promise<Answer> {
  const wanted = wantedIn(context.form, context);
  if (typeof wanted === 'string') return notDone(LIST, FAULTS[wanted]);
  return wanted.kind === 'job' ? sendOneBack(context, wanted.ref) : sendManyBack(context, wanted);
}

export const wantedIn = (
  fields: URLSearchParams,
  { pipeline, clock }: Pick<PageContext, 'pipeline' | 'clock'>,
): Wanted | WantedFault => readWanted(fields, pipeline.scheme.timeZone, clock());

async function sendOneBack({ pipeline, user, log }: PageContext, ref: JobRef): Promise<Answer> {
  const sent = await failuresOf(pipeline).sendOne(ref);
  log.info({ user: user.name, queue: ref.queue, job: ref.id, sent }, 'failed job sent back to work');
  return sent ? done(LIST, REPLAY.oneSent) : notDone(LIST, REPLAY.oneGone);
}

async function sendManyBack(
  { pipeline, user, log }: PageContext,
  wanted: Exclude<Wanted, { readonly kind: 'job' }>,
): Promise<Answer> {
  const failures = failuresOf(pipeline);
  const [group, sinceMs] = wanted.kind === 'group' ? [wanted.group, null] : [null, wanted.sinceMs];
  const replay = await failures.start({ queue: null, group, sinceMs }, user.name);
  log.info({ user: user.name, replay: replay.id, group, sinceMs }, 'failed jobs asked to be sent back');
  const now = await failures.awaited(replay, PATIENCE_MS);
  if (now.endedMs === null) return goTo(replayHref(now.id));
  if (now.sent === 0 && now.left === 0) return notDone(LIST, REPLAY.noneSent);
  return now.left === 0 ? done(LIST, outcomeWords(now)) : notDone(LIST, outcomeWords(now));
}
