import { DateTime } from 'luxon';
import { retryJob } from '../../../queue/enqueue.js';
import type { JobRef } from '../../../queue/failures.js';
import { QUEUES } from '../../../queue/jobs.js';
import { askForReplay, awaitReplay, sentIn, type Replay, type ReplayFilter } from '../../../queue/replay.js';
import { done, notDone, type Answer, type PageContext, TO } from '../route.js';
import { countedNoun, pluralForm } from '../parts/text.js';

type Asking = Pick<PageContext, 'pipeline' | 'user' | 'log'>;

/** Sends one job back to work, with its full attempts. @returns false: it was not failed any more */
export async function sendJob({ pipeline, user, log }: Asking, { queue, id }: JobRef): Promise<boolean> {
  const sent = await retryJob(pipeline.queues[queue], id);
  log.info({ user: user.name, queue, job: id, sent }, 'failed job sent back to work');
  return sent;
}

/** Has a worker send many. Resolves when that is done, or as far as it is after `waitMs`. */
export async function sendJobs(
  { pipeline: { queues }, user, log }: Asking,
  { queue = null, group = null, sinceMs = null }: Partial<ReplayFilter>,
  waitMs: number,
): Promise<Replay> {
  const id = await askForReplay(queues, { queue, group, error: null, sinceMs, by: user.name });
  log.info({ user: user.name, queue, replay: id, group, sinceMs }, 'failed jobs asked to be sent back');
  const limitMs = performance.now() + waitMs;
  return awaitReplay(queues, id, () => performance.now() >= limitMs);
}

const GROUP = /^[\w.-]{1,200}$/;

/**
 * `POST /ops/echecs/renvoyer`: a job (`file`, `travail`), a group (`cause`), or all (`tout`), since what was typed
 * (`jour`, `heure`).
 */
export async function sendBack(context: PageContext): Promise<Answer> {
  const { pipeline, form } = context;
  const queue = QUEUES.find((name) => name === form.get('file'));
  const [id, group] = [form.get('travail') ?? '', form.get('cause') ?? ''];
  if (queue !== undefined && id !== '')
    return (await sendJob(context, { queue, id }))
      ? done(TO.failures, 'Le travail a été renvoyé, avec toutes ses tentatives.')
      : notDone(TO.failures, 'Ce travail n’était plus en échec : rien n’a été renvoyé.');
  if (GROUP.test(group)) return sendMany(context, { group });
  if (!form.has('tout')) return notDone(TO.failures, 'Rien n’a été choisi : rien n’a été renvoyé.');
  const sinceMs = sinceIn(form, pipeline.scheme.timeZone);
  const fault =
    'Cette date ou cette heure ne se lit pas : une heure s’écrit 14:30, et la date ne peut pas être à venir.';
  const isGood = !Number.isNaN(sinceMs) && (sinceMs ?? 0) <= pipeline.clock();
  return isGood ? sendMany(context, { sinceMs }) : notDone(TO.failures, fault);
}

/** NaN: it cannot be read. Null: none was given. */
function sinceIn(form: URLSearchParams, zone: string): number | null {
  const [day = '', hour = ''] = ['jour', 'heure'].map((name) => (form.get(name) ?? '').trim());
  if (day === '' && hour === '') return null;
  const time = hour === '' ? '0:00' : hour.replace(/h/i, ':');
  return DateTime.fromFormat(`${day} ${time}`, 'yyyy-MM-dd H:mm', { zone }).toMillis();
}

/** What is done by then is told at once; the list shows how far the rest is. */
const WAIT_MS = 1000;

async function sendMany(context: PageContext, filter: Partial<ReplayFilter>): Promise<Answer> {
  const replay = await sendJobs(context, filter, WAIT_MS);
  if (replay.endedMs === null)
    return done(
      TO.failures,
      'Le renvoi est demandé : « Derniers renvois », ci-dessous, dit où il en est. Vous pouvez quitter cette page.',
    );
  const isWhole = replay.left === 0 && !replay.isBroken;
  if (isWhole && sentIn(replay) === 0)
    return notDone(TO.failures, 'Rien de tel n’était plus en échec : rien n’a été renvoyé.');
  return (isWhole ? done : notDone)(TO.failures, outcomeWords(replay));
}

/** `12 travaux`. */
export const jobsWords = (n: number): string => countedNoun(n, 'travail', 'travaux');

/** What a replay has done. */
export function outcomeWords(replay: Replay): string {
  const { gone, left, isBroken } = replay;
  const sent = sentIn(replay);
  const asNew = pluralForm(
    sent,
    'renvoyé, avec toutes ses tentatives.',
    'renvoyés, avec toutes leurs tentatives.',
  );
  return [
    `${jobsWords(sent)} ${asNew}`,
    ...(gone === 0 ? [] : [`${jobsWords(gone)} : déjà repartis entre-temps.`]),
    ...(left === 0 ? [] : [`${jobsWords(left)} : impossible à renvoyer, restés en échec.`]),
    ...(isBroken ? ['Puis le renvoi a été interrompu : redemandez-le.'] : []),
  ].join(' ');
}
