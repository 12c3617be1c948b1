import type { Queue } from 'bullmq';
import type { EarnerKey } from '../ids.js';
import { enqueue } from './enqueue.js';
import { earnerJobId, linkMailId } from './jobs.js';

/** How many earners are enqueued at a time: a class is one burst, a whole Région is not. */
const CHUNK = 200;

/** Has each of these earners evaluated after this instant, once. `cause` joins the logs of both; `suppressEmail`: OBF sends no e-mail. */
export async function enqueueEarners(
  queue: Queue,
  earners: Iterable<EarnerKey>,
  cause: string,
  suppressEmail = false,
): Promise<void> {
  const distinct = [...new Set(earners)];
  for (let at = 0; at < distinct.length; at += CHUNK) {
    const chunk = distinct.slice(at, at + CHUNK);
    await Promise.all(
      chunk.map((earner) =>
        enqueue(queue, {
          id: earnerJobId(earner),
          name: 'evaluate',
          data: { earner, cause, ...(suppressEmail ? { suppressEmail } : {}) },
        }),
      ),
    );
  }
}

/** Has the link to their page sent, once however often it is asked for before it leaves. @param by who asked, if not they */
export const enqueueLink = (mails: Queue, earner: EarnerKey, by?: string): Promise<void> =>
  enqueue(mails, {
    id: linkMailId(earner),
    name: 'link',
    data: { kind: 'link', earner, ...(by === undefined ? {} : { by }) },
  });
