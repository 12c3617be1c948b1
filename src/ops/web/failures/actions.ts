import { DateTime } from 'luxon';
import { retryJob } from '../../../queue/enqueue.js';
import type { JobRef } from '../../../queue/failures.js';
import { QUEUES } from '../../../queue/jobs.js';
import { askForReplay, awaitReplay, sentIn } from '../../../queue/replay.js';
import { TO } from '../links.js';
import { done, notDone, type Answer, type PageContext } from '../route.js';
import { outcomeWords } from './words.js';

const GROUP = /^[\w.-]{1,200}$/;

/**
 * `POST /ops/echecs/renvoyer`: a job (`file`, `travail`), a group (`cause`), or all (`tout`), since what was typed
 * (`jour`, `heure`).
 */
export async function sendBack(context: PageContext): Promise<Answer> {
  const { pipeline, form } = context;
  const queue = QUEUES.find((name) => name === form.get('file'));
  const [id, group] = [form.get('travail') ?? '', form.get('cause') ?? ''];
  if (queue !== undefined && id !== '') return sendOne(context, { queue, id });
  if (GROUP.test(group)) return sendMany(context, group, null);
  if (!form.has('tout')) return notDone(TO.failures, 'Rien n’a été choisi : rien n’a été renvoyé.');
  const sinceMs = sinceIn(form, pipeline.scheme.timeZone);
  const fault =
    'Cette date ou cette heure ne se lit pas : une heure s’écrit 14:30, et la date ne peut pas être à venir.';
  const isGood = !Number.isNaN(sinceMs) && (sinceMs ?? 0) <= pipeline.clock();
  return isGood ? sendMany(context, null, sinceMs) : notDone(TO.failures, fault);
}

const HOUR = /^([01]?\d|2[0-3])[:hH]([0-5]\d)$/;

/** NaN: it cannot be read. Null: none was given. */
function sinceIn(form: URLSearchParams, timeZone: string): number | null {
  const [day = '', hour = ''] = ['jour', 'heure'].map((name) => (form.get(name) ?? '').trim());
  if (day === '' && hour === '') return null;
  const [, hours = 'x', minutes = 'x'] = HOUR.exec(hour === '' ? '00:00' : hour) ?? [];
  const text = `${day}T${hours.padStart(2, '0')}:${minutes}`;
  return /^\d{4}-\d{2}-\d{2}T/.test(text) ? DateTime.fromISO(text, { zone: timeZone }).toMillis() : NaN;
}

async function sendOne({ pipeline, user, log }: PageContext, { queue, id }: JobRef): Promise<Answer> {
  const sent = await retryJob(pipeline.queues[queue], id);
  log.info({ user: user.name, queue, job: id, sent }, 'failed job sent back to work');
  return sent
    ? done(TO.failures, 'Le travail a été renvoyé, avec toutes ses tentatives.')
    : notDone(TO.failures, 'Ce travail n’était plus en échec : rien n’a été renvoyé.');
}

/** What is done by then is told at once; the list shows how far the rest is. */
const WAIT_MS = 1000;

async function sendMany(
  { pipeline: { queues }, user, log }: PageContext,
  group: string | null,
  sinceMs: number | null,
): Promise<Answer> {
  const id = await askForReplay(queues, { queue: null, group, error: null, sinceMs, by: user.name });
  log.info({ user: user.name, replay: id, group, sinceMs }, 'failed jobs asked to be sent back');
  const limitMs = performance.now() + WAIT_MS;
  const replay = await awaitReplay(queues, id, () => performance.now() >= limitMs);
  if (replay.endedMs === null)
    return done(
      TO.failures,
      'Le renvoi est demandé : « Derniers renvois », ci-dessous, dit où il en est. Vous pouvez quitter cette page.',
    );
  if (sentIn(replay) === 0 && replay.left === 0 && !replay.isBroken)
    return notDone(TO.failures, 'Rien de tel n’était plus en échec : rien n’a été renvoyé.');
  return (replay.left === 0 && !replay.isBroken ? done : notDone)(TO.failures, outcomeWords(replay));
}
