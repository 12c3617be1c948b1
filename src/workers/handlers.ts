import {
  awardJob,
  earnerJob,
  maintenanceJob,
  noticeQueueJob,
  type NoticeJob,
  type QueueName,
} from '../queue/jobs.js';
import { sendFailed, sentIn } from '../queue/replay.js';
import type { ClientId, EarnerKey } from '../ids.js';
import { secondsOf } from '../platform/clock.js';
import { applyForOps } from '../scheme/apply-job.js';
import { cleanQueues } from './clean-queues.js';
import { countBatch } from './count-batches.js';
import type { Done } from './done.js';
import { enqueueEarners } from './enqueue-earners.js';
import { evaluateEarner } from './evaluate-earner.js';
import { gatherAwards, sweepAwards } from './gather-awards.js';
import { ingestCredential } from './ingest-credential.js';
import { ingestEvent } from './ingest-event.js';
import { issueAwards } from './issue-awards.js';
import { revokeAward } from './lose-award.js';
import type { Pipeline } from './pipeline.js';
import { planForOps } from '../scheme/plan-job.js';
import { pollEvents, reportOddRow } from './poll-events.js';
import { purge } from '../privacy/purge.js';
import { sortArrivals } from './sort-arrivals.js';
import { storeCensus } from '../scheme/take-census.js';
import { verifyForClock } from './verify-accounts.js';

/** How far a long job is, kept with it; a run that follows an interrupted one finds it. */
export interface JobProgress {
  readonly before: unknown;
  readonly report: (progress: object) => Promise<void>;
}

/** Does one job of a queue; `data` is what Redis holds, parsed before anything is believed. */
export type Handler = (
  pipeline: Pipeline,
  data: unknown,
  signal: AbortSignal,
  progress: JobProgress,
) => Promise<Done>;

/** The map from queue to work. */
export const HANDLERS: Readonly<Record<QueueName, Handler>> = {
  arrivals: sortArrivals,
  async notices(pipeline, data, signal) {
    const notice = noticeQueueJob.parse(data);
    if (notice.kind === 'poll') return poll(pipeline, notice.clientId, signal);
    if (notice.kind !== 'odd-row') return ingest(pipeline, notice, signal);
    await reportOddRow(pipeline, notice);
    return { did: 'odd row mended', facts: { client: notice.clientId } };
  },
  async earners(pipeline, data, signal) {
    return evaluateEarner(pipeline, earnerJob.parse(data), signal);
  },
  async awards(pipeline, data, signal) {
    const job = awardJob.parse(data);
    if (job.kind === 'gather') return gatherAwards(pipeline, job.badgeId, signal);
    if (job.kind === 'batch')
      return countBatch(pipeline.meter, () => issueAwards(pipeline, job.badgeId, job.batchId, signal));
    await revokeAward(pipeline, job.badgeId, job.earner, signal);
    return { did: 'revocation looked into', facts: { badge: job.badgeId, earner: job.earner } };
  },
  async maintenance(pipeline, data, signal, progress) {
    const job = maintenanceJob.parse(data);
    if (job.kind === 'plan') return planForOps(pipeline, job.only, signal);
    if (job.kind === 'apply') return applyForOps(pipeline, job, signal);
    if (job.kind === 'replay') {
      const done = await sendFailed(pipeline.queues, job, progress, signal);
      const { gone, left } = done;
      return {
        did: 'failed jobs sent back to work',
        facts: { user: job.by, sent: sentIn(done), gone, left },
      };
    }
    if (job.kind === 'purge') return purge(pipeline, job.months, signal);
    if (job.kind === 'verify') return verifyForClock(pipeline, signal);
    if (job.kind === 'census') {
      // Nothing is under way for ever: whatever became of it, they are looked at again.
      const late = new Set<EarnerKey>();
      const { people } = await storeCensus(pipeline, signal, (earner) => late.add(earner));
      await enqueueEarners(pipeline.queues.earners, late, 'census');
      return { did: 'census taken', facts: { people } };
    }
    if (job.kind === 'sweep')
      return { did: 'outboxes swept', facts: { gathered: await sweepAwards(pipeline) } };
    await cleanQueues(pipeline, signal);
    return { did: 'queues cleaned', facts: {} };
  },
};

const ingest = (pipeline: Pipeline, notice: NoticeJob, signal: AbortSignal): Promise<Done> =>
  notice.kind === 'event'
    ? ingestEvent(pipeline, notice, signal)
    : ingestCredential(pipeline, notice, signal);

/** When it was done last is told to whoever watches: a client whose poll no longer comes is not heard of. */
async function poll(pipeline: Pipeline, client: ClientId, signal: AbortSignal): Promise<Done> {
  const events = await pollEvents(pipeline, client, signal);
  const atS = secondsOf(pipeline.clock);
  pipeline.meter.mark('palier_poll_last_success_timestamp_seconds', { client }, atS);
  return { did: events === 0 ? 'account polled' : 'events found by polling', facts: { client, events } };
}
