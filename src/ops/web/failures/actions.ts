import { retryJob, type JobRef } from '../../../queue/failures.js';
import { askForReplay, awaitReplay, sentIn } from '../../../queue/replay.js';
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
  const sent = await retryJob(pipeline.queues[ref.queue], ref.id);
  log.info({ user: user.name, queue: ref.queue, job: ref.id, sent }, 'failed job sent back to work');
  return sent ? done(LIST, REPLAY.oneSent) : notDone(LIST, REPLAY.oneGone);
}

async function sendManyBack(
  { pipeline: { queues }, user, log }: PageContext,
  wanted: Exclude<Wanted, { readonly kind: 'job' }>,
): Promise<Answer> {
  const [group, sinceMs] = wanted.kind === 'group' ? [wanted.group, null] : [null, wanted.sinceMs];
  const filter = { queue: null, group, error: null, sinceMs };
  const id = await askForReplay(queues, { ...filter, by: user.name });
  log.info({ user: user.name, replay: id, group, sinceMs }, 'failed jobs asked to be sent back');
  const limitMs = performance.now() + PATIENCE_MS;
  const now = await awaitReplay(queues, id, () => performance.now() >= limitMs);
  if (now.endedMs === null || now.isBroken) return goTo(replayHref(id));
  if (sentIn(now) === 0 && now.left === 0) return notDone(LIST, REPLAY.noneSent);
  return now.left === 0 ? done(LIST, outcomeWords(now)) : notDone(LIST, outcomeWords(now));
}
