import { isEventGone, ObfRefused } from '../../obf/errors.js';
import type { EventNotice } from '../../queue/jobs.js';
import type { JobResult, JobHandler } from '../../platform/job.js';
import type { Pipeline } from '../pipeline.js';
import { clearFailures, evaluatingFor, storeEvent } from './store-event.js';

/**
 * A notice only says where to look: the event and its recipients are read from OBF and stored, and everybody concerned
 * is evaluated. Where awards may follow, the Région's account is read meanwhile: the look before an issue call then has
 * nothing to read back.
 */
export const ingestEvent: JobHandler<Pipeline, EventNotice> = async (pipeline, notice, signal) => {
  const { regionSync, pace, region } = pipeline;
  const mayGive = notice.clientId !== region && notice.type !== 'revoked';
  const syncing = mayGive ? regionSync.syncIfStale(pace.mirrorMaxAgeMs, signal, 'issue') : null;
  try {
    return await readAndStore(pipeline, notice, signal);
  } finally {
    await syncing;
  }
};

async function readAndStore(
  pipeline: Pipeline,
  notice: EventNotice,
  signal: AbortSignal,
): Promise<JobResult> {
  const { clientId, eventId, badgeId, source } = notice;
  const about = { client: clientId, event: eventId };
  const account = pipeline.accounts(clientId);
  if (account === null) throw withoutKey(notice);
  const read = await pipeline.reading.read(account, notice, signal).catch((error: unknown) => {
    // OBF itself listed it, and it was deleted since: the daily reading finds what was stored of it.
    if (badgeId !== undefined && isEventGone(error)) return null;
    throw error;
  });
  if (read === null) {
    await clearFailures(pipeline, { clientId, eventId });
    return { did: 'event deleted since it was listed', facts: about };
  }
  // Joins a notice to the evaluations and the awards that it set off.
  const cause = `${source}.event.${clientId}.${eventId}`;
  const how = {
    source: source === 'poll' ? 'list' : 'notice',
    evaluate: evaluatingFor(pipeline, cause),
  } as const;
  const earners = await storeEvent(pipeline, read, how, signal);
  return { did: 'event stored', facts: { ...about, badge: read.event.badgeId, earners, cause } };
}

const withoutKey = ({ clientId }: EventNotice): ObfRefused =>
  new ObfRefused(
    'GET event',
    403,
    `we hold no API key of client ${clientId}: name it as secret_env in partners.yaml and set it, ` +
      'or let OBF push the credentials to the Passport address',
  );
