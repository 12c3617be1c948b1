import { retryJob } from '../../../queue/failures.js';
import { askForReplay, awaitReplay, sentIn } from '../../../queue/replay.js';
import { TO } from '../links.js';
import { action, done, goTo, notDone, page, type Answer, type PageContext, type Route } from '../route.js';
import { readConfirm, readGroup, readJob, readList, readReplay } from './read.js';
import { ConfirmView, ReplayView } from './replay-view.js';
import { GroupView, JobView, ListView } from './view.js';
import { replayHref, wantedIn } from './wanted.js';
import { EVERY_S, FAILURES, JOB, outcomeWords, PROGRESS, REPLAY } from './words.js';

/** What is done by then is told at once; the rest has a page of its own. */
const WAIT_MS = 1000;

/** `POST /ops/echecs/renvoyer`. */
async function sendBack(context: PageContext): Promise<Answer> {
  const { pipeline, form, user, log } = context;
  const { queues } = pipeline;
  const wanted = wantedIn(form, context);
  if ('fault' in wanted) return notDone(TO.failures, wanted.fault);
  if (wanted.kind === 'job') {
    const { queue, id } = wanted.ref;
    const sent = await retryJob(queues[queue], id);
    log.info({ user: user.name, queue, job: id, sent }, 'failed job sent back to work');
    return sent ? done(TO.failures, REPLAY.oneSent) : notDone(TO.failures, REPLAY.oneGone);
  }
  const [group, sinceMs] = wanted.kind === 'group' ? [wanted.group, null] : [null, wanted.sinceMs];
  const filter = { queue: null, group, error: null, sinceMs };
  const id = await askForReplay(queues, { ...filter, by: user.name });
  log.info({ user: user.name, replay: id, group, sinceMs }, 'failed jobs asked to be sent back');
  const limitMs = performance.now() + WAIT_MS;
  const now = await awaitReplay(queues, id, () => performance.now() >= limitMs);
  if (now.endedMs === null || now.isBroken) return goTo(replayHref(id));
  if (sentIn(now) === 0 && now.left === 0) return notDone(TO.failures, REPLAY.noneSent);
  return (now.left === 0 ? done : notDone)(TO.failures, outcomeWords(now));
}

const CONFIRM_PATH = '/echecs/renvoyer';
const refreshS = ({ moves }: { readonly moves: boolean }): number | null => (moves ? EVERY_S : null);

export const FAILURE_ROUTES: readonly Route[] = [
  page({
    name: 'failures',
    path: '/echecs',
    title: FAILURES.title,
    nav: FAILURES.title,
    read: readList,
    view: ListView,
    refreshS,
  }),
  page({
    name: 'failures-group',
    path: '/echecs/cause/:group',
    title: ({ group }) => group.reason.happened,
    read: readGroup,
    view: GroupView,
  }),
  page({
    name: 'failures-replay',
    path: '/echecs/renvois/:replay',
    title: PROGRESS.title,
    read: readReplay,
    view: ReplayView,
    refreshS,
  }),
  page({
    name: 'failures-job',
    path: '/echecs/travail/:queue/:id',
    title: JOB.title,
    read: readJob,
    view: JobView,
  }),
  page({
    name: 'failures-confirm',
    path: CONFIRM_PATH,
    role: 'operateur',
    title: REPLAY.title,
    read: readConfirm,
    view: ConfirmView,
  }),
  action({ name: 'failures-send', path: CONFIRM_PATH, act: sendBack }),
];
