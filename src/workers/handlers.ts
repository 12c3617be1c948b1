import { awardJob, earnerJob, noticeQueueJob } from '../queue/jobs.js';
import type { QueueName } from '../queue/names.js';
import { cleanQueues } from './clean-queues.js';
import { evaluateEarner } from './evaluate-earner.js';
import { gatherAwards, sweepAwards } from './gather-awards.js';
import { ingestCredential } from './ingest-credential.js';
import { ingestEvent } from './ingest-event.js';
import { issueAwards } from './issue-awards.js';
import { revokeAward } from './lose-award.js';
import type { Pipeline } from './pipeline.js';
import { pollEvents } from './poll-events.js';

/** Does one job of a queue; `data` is what Redis holds, parsed before anything is believed. */
export type Handler = (pipeline: Pipeline, data: unknown, signal: AbortSignal) => Promise<void>;

/** The map from queue to work. */
export const HANDLERS: Readonly<Record<QueueName, Handler>> = {
  async notices(pipeline, data, signal) {
    const notice = noticeQueueJob.parse(data);
    if (notice.kind === 'event') await ingestEvent(pipeline, notice, signal);
    else if (notice.kind === 'credential') await ingestCredential(pipeline, notice, signal);
    else await pollEvents(pipeline, notice.clientId, signal);
  },
  async earners(pipeline, data, signal) {
    await evaluateEarner(pipeline, earnerJob.parse(data), signal);
  },
  async awards(pipeline, data, signal) {
    const job = awardJob.parse(data);
    if (job.kind === 'sweep') await sweepAwards(pipeline);
    else if (job.kind === 'clean') await cleanQueues(pipeline, signal);
    else if (job.kind === 'gather') await gatherAwards(pipeline, job.badgeId, signal);
    else if (job.kind === 'revoke') await revokeAward(pipeline, job.badgeId, job.earner, signal);
    else await issueAwards(pipeline, job.badgeId, job.batchId, signal);
  },
};
