import { UnrecoverableError } from 'bullmq';
import type { EarnerKey } from '../../ids.js';
import { issueBatch } from '../../issuing/issue-batch.js';
import { purge } from '../../privacy/purge.js';
import { rewriteAofIfWanted } from '../../privacy/rewrite-aof.js';
import { enqueueEarners, enqueueAll } from '../../queue/enqueue.js';
import type { JobResult } from '../../platform/logger.js';
import {
  arrivalsJob,
  awardJob,
  earnerJob,
  mailJob,
  maintenanceJob,
  noticeQueueJob,
  type QueueName,
} from '../../queue/jobs.js';
import { sendFailed, sentIn } from '../../queue/replay.js';
import { applyForOps, planForOps } from '../apply-scheme.js';
import { storePopulation } from '../../scheme/population.js';
import { cleanQueues } from '../clean-queues.js';
import { evaluateEarner } from '../evaluate-earner.js';
import { gatherAwards, sweepAwards } from '../issue/gather-awards.js';
import { ingestCredential } from '../ingest/ingest-credential.js';
import { ingestEvent } from '../ingest/ingest-event.js';
import type { Pipeline } from '../pipeline.js';
import { pollForClock, reportOddRow } from '../ingest/poll-events.js';
import { revokeAward } from '../issue/revoke-award.js';
import { noticesIn } from '../../queue/arrivals.js';
import { verifyForClock } from '../ingest/verify-accounts.js';

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
) => Promise<JobResult>;

/** The map from queue to work. */
export const HANDLERS: Readonly<Record<QueueName, Handler>> = {
  /** The web process stores the notices of one tick as one job, for the sake of its rate: here each becomes its own. */
  async arrivals({ queues }, data) {
    const notices = noticesIn(arrivalsJob.parse(data).arrivals);
    await enqueueAll(queues.notices, notices);
    return { did: 'notices sorted', facts: { notices: notices.length } };
  },
  async notices(pipeline, data, signal) {
    const job = noticeQueueJob.parse(data);
    switch (job.kind) {
      case 'event':
        return ingestEvent(pipeline, job, signal);
      case 'credential':
        return ingestCredential(pipeline, job, signal);
      case 'poll':
        return pollForClock(pipeline, job.clientId, signal);
      case 'odd-row':
        return reportOddRow(pipeline, job);
    }
  },
  async earners(pipeline, data, signal) {
    return evaluateEarner(pipeline, earnerJob.parse(data), signal);
  },
  async awards(pipeline, data, signal) {
    const job = awardJob.parse(data);
    switch (job.kind) {
      case 'gather':
        return gatherAwards(pipeline, job.badgeId, signal);
      case 'batch':
        return issueBatch(pipeline, job.badgeId, job.batchId, signal);
      case 'revoke':
        return revokeAward(pipeline, job.badgeId, job.earner, signal);
    }
  },
  mails: sendMail,
  async maintenance(pipeline, data, signal, progress) {
    const job = maintenanceJob.parse(data);
    switch (job.kind) {
      case 'plan':
        return planForOps(pipeline, job.only, progress.report, signal);
      case 'apply':
        return applyForOps(pipeline, job, progress.report, signal);
      case 'purge':
        return purge(pipeline, job.months, signal);
      case 'verify':
        return verifyForClock(pipeline, signal);
      case 'census':
        return takeCensus(pipeline, signal);
      case 'replay': {
        const done = await sendFailed(pipeline.queues, job, progress, signal);
        const facts = { user: job.by, sent: sentIn(done), gone: done.gone, left: done.left };
        return { did: 'failed jobs sent back to work', facts };
      }
      case 'sweep': {
        await rewriteAofIfWanted(pipeline);
        const gathered = await sweepAwards(pipeline);
        return { did: 'outboxes swept', facts: { gathered } };
      }
      case 'clean':
        await cleanQueues(pipeline, signal);
        return { did: 'queues cleaned', facts: {} };
    }
  },
};

/** Without a mail server in this process it stands in failed until one is set up. */
async function sendMail({ sendLink }: Pipeline, data: unknown): Promise<JobResult> {
  const { earner, by } = mailJob.parse(data);
  if (sendLink === null) throw new UnrecoverableError('SMTP_URL, MAIL_FROM or PUBLIC_URL is not set here');
  return {
    did: (await sendLink(earner)) ? 'link sent' : 'no link sent: nobody is known there',
    facts: { earner, ...(by === undefined ? {} : { user: by }) },
  };
}

/** People with an award on its way are evaluated again: nothing is on its way for ever. */
async function takeCensus(pipeline: Pipeline, signal: AbortSignal): Promise<JobResult> {
  const late = new Set<EarnerKey>();
  const { people } = await storePopulation(pipeline, signal, (earner) => late.add(earner));
  await enqueueEarners(pipeline.queues.earners, late, 'census');
  return { did: 'census taken', facts: { people } };
}
