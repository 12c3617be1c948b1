import type { ClientId } from '../ids.js';
import type { ObfEvent } from '../obf/types.js';
import { enqueueIfAbsent } from '../queue/enqueue.js';
import { eventNoticeId, listedEventId, pollJobId } from '../queue/job-ids.js';
import type { EventNotice } from '../queue/jobs.js';
import type { Pipeline } from './pipeline.js';
import { unseenPages } from './unseen-events.js';

const POLL = 'poll.';

/**
 * A notice can be lost, or never be sent: what a client has issued, and we have not stored, enters the
 * queue as if a notice had come. An event counts as seen only once its assertions are stored, so that
 * nothing is lost between here and there. One whose job failed for good stays in failed, for ops.
 * @returns how many such events there are
 */
export async function pollEvents(
  pipeline: Pipeline,
  clientId: ClientId,
  signal: AbortSignal,
): Promise<number> {
  const account = pipeline.accounts(clientId);
  if (account === null) return 0;
  if (clientId === pipeline.region) await readQuota(pipeline, signal);
  let found = 0;
  const looking = { account, seen: pipeline.seen, look: 'an end' } as const;
  for await (const page of unseenPages(looking, signal))
    for (const event of page) {
      signal.throwIfAborted();
      await enqueueAsNotice(pipeline, event);
      found += 1;
    }
  return found;
}

async function enqueueAsNotice({ queues, claims }: Pipeline, event: ObfEvent): Promise<void> {
  const { clientId, badgeId, recipientCount, createdS } = event;
  const data: EventNotice = {
    kind: 'event',
    clientId,
    eventId: event.id,
    badgeId,
    recipientCount,
    createdS,
    source: 'poll',
  };
  const id = eventNoticeId(data, 'issued');
  // A notice of it is being carried out; should that come to nothing, the next poll finds the event again.
  if (await claims.isTaken(id)) return;
  // A notice that came before OBF had the event, or while a key was wrong, has failed for good: OBF lists
  // the event now, which is another reason to read it. Should that fail as well, it stays so.
  const failed = (await queues.notices.getJob(id))?.finishedOn !== undefined;
  await enqueueIfAbsent(queues.notices, { id: failed ? listedEventId(data) : id, name: 'event', data });
}

/** Once a day; that it cannot be read is no reason not to poll. */
async function readQuota({ quota, log }: Pipeline, signal: AbortSignal): Promise<void> {
  await quota.keepFresh(signal).catch((err: unknown) => log.warn({ err }, "OBF's quota cannot be read now"));
}

/** The clients whose accounts we can read: active partners with a key, and the Région. */
export const polledClients = ({ scheme, accounts, region }: Pipeline): readonly ClientId[] => [
  region,
  ...scheme.partners
    .filter(({ clientId, active }) => active && accounts(clientId) !== null)
    .map(({ clientId }) => clientId),
];

/**
 * Has every client polled every `everyMs`, once however many workers run; one that no longer takes part
 * is polled no more. A poll that fails is told in the log, and comes again with the next.
 */
export async function schedulePolls(pipeline: Pipeline, everyMs: number): Promise<void> {
  const { notices } = pipeline.queues;
  const wanted = new Map(polledClients(pipeline).map((clientId) => [pollJobId(clientId), clientId]));
  for (const { key } of await notices.getJobSchedulers()) {
    if (key.startsWith(POLL) && !wanted.has(key)) await notices.removeJobScheduler(key);
  }
  for (const [id, clientId] of wanted) {
    const opts = { attempts: 1, removeOnComplete: true, removeOnFail: true };
    await notices.upsertJobScheduler(
      id,
      { every: everyMs },
      { name: 'poll', data: { kind: 'poll', clientId }, opts },
    );
  }
}
