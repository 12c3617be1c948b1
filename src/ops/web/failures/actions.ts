import { retryJob } from '../../../queue/enqueue.js';
import { askForReplay, awaitReplay, sentIn } from '../../../queue/replay.js';
import { TO } from '../links.js';
import { done, goTo, notDone, Redirect, type Answer, type PageContext } from '../route.js';
import { outcomeWords } from './replay-view.js';
import { replayHref, wantedIn } from './wanted.js';

/** What is done by then is told at once; the rest has a page of its own. */
const WAIT_MS = 1000;

/** `POST /ops/echecs/renvoyer`. */
export async function sendBack(context: PageContext): Promise<Answer> {
  const { pipeline, form, user, log } = context;
  const { queues } = pipeline;
  const wanted = wantedIn(form, context);
  if (wanted instanceof Redirect) return wanted;
  if (wanted.kind === 'job') {
    const { queue, id } = wanted.ref;
    const sent = await retryJob(queues[queue], id);
    log.info({ user: user.name, queue, job: id, sent }, 'failed job sent back to work');
    return sent
      ? done(TO.failures, 'Le travail a été renvoyé, avec toutes ses tentatives.')
      : notDone(TO.failures, 'Ce travail n’était plus en échec : rien n’a été renvoyé.');
  }
  const [group, sinceMs] = wanted.kind === 'group' ? [wanted.group, null] : [null, wanted.sinceMs];
  const filter = { queue: null, group, error: null, sinceMs };
  const id = await askForReplay(queues, { ...filter, by: user.name });
  log.info({ user: user.name, replay: id, group, sinceMs }, 'failed jobs asked to be sent back');
  const limitMs = performance.now() + WAIT_MS;
  const now = await awaitReplay(queues, id, () => performance.now() >= limitMs);
  if (now.endedMs === null || now.isBroken) return goTo(replayHref(id));
  if (sentIn(now) === 0 && now.left === 0)
    return notDone(TO.failures, 'Rien de tel n’était plus en échec : rien n’a été renvoyé.');
  return (now.left === 0 ? done : notDone)(TO.failures, outcomeWords(now));
}
