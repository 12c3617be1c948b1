import { isEventGone, ObfRefused } from '../../obf/errors.js';
import type { EventNotice } from '../../queue/jobs.js';
import { enqueueEarners } from '../../queue/enqueue.js';
import type { JobResult } from '../../platform/job-result.js';
import type { Pipeline } from '../pipeline.js';
import { storeEvent } from './store-event.js';

/**
 * A notice only says where to look: the event and its recipients are read from OBF and stored, and everybody concerned
 * is evaluated. Where awards may follow, the Région's account is read meanwhile: the look before an issue call then has
 * nothing to read back.
 */
export async function ingestEvent(
  pipeline: Pipeline,
  notice: EventNotice,
  signal: AbortSignal,
): Promise<JobResult> {
  const { regionSync, pace, region } = pipeline;
  const mayGive = notice.clientId !== region && notice.revoked !== true;
  const syncing = mayGive ? regionSync.syncIfStale(pace.mirrorMaxAgeMs, signal, 'issue') : null;
  try {
    return await readAndStore(pipeline, notice, signal);
  } finally {
    await syncing;
  }
}

async function readAndStore(
  pipeline: Pipeline,
  notice: EventNotice,
  signal: AbortSignal,
): Promise<JobResult> {
  const { clientId, eventId, source } = notice;
  const account = pipeline.accounts(clientId);
  if (account === null) throw withoutKey(notice);
  const read = await pipeline.reading.read(account, notice, signal).catch(nullIfDeleted(notice));
  if (read === null) {
    await pipeline.readProblems.clear({ clientId, list: 'recipients', eventId });
    return { did: 'event deleted since it was listed', facts: { client: clientId, event: eventId } };
  }
  // Joins a notice to the evaluations and the awards that it set off.
  const cause = `${source}.event.${clientId}.${eventId}`;
  const earners = await storeEvent(
    pipeline,
    read,
    {
      source: source === 'poll' ? 'list' : 'notice',
      evaluate: (written) =>
        enqueueEarners(
          pipeline.queues.earners,
          written.map(({ earner }) => earner),
          cause,
        ),
    },
    signal,
  );
  const facts = { client: clientId, event: eventId, badge: read.event.badgeId, earners, cause };
  return { did: 'event stored', facts };
}

/** Of an event that OBF itself listed: the daily reading finds what was stored of it. @throws the error of others */
const nullIfDeleted =
  ({ badgeId }: EventNotice) =>
  (error: unknown): null => {
    if (badgeId !== undefined && isEventGone(error)) return null;
    throw error;
  };

const withoutKey = ({ clientId }: EventNotice): ObfRefused =>
  new ObfRefused(
    'GET event',
    403,
    `we hold no API key of client ${clientId}: name it as secret_env in partners.yaml and set it, ` +
      'or let OBF push the credentials to the Passport address',
  );
