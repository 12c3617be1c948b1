import { UnrecoverableError } from 'bullmq';
import type { z } from 'zod';
import { issueBatch } from '../../issuing/issue-batch.js';
import type { LongWork, JobHandler } from '../../platform/job.js';
import { purge } from '../../privacy/purge.js';
import { rewriteAofIfWanted } from '../../privacy/remove-traces.js';
import { noticeJobsOf } from '../../queue/arrivals.js';
import { enqueueAll } from '../../queue/enqueue.js';
import {
  arrivalsJob,
  awardJob,
  earnerJob,
  mailJob,
  maintenanceJob,
  noticeQueueJob,
  type QueueName,
  type ReplayJob,
} from '../../queue/jobs.js';
import { cleanQueues } from '../../queue/failures.js';
import { retryFailed, sentIn } from '../../queue/replay.js';
import { applyForOps, planForOps } from '../apply-scheme.js';
import { evaluateEarner } from '../evaluate-earner.js';
import { ingestCredential } from '../ingest/ingest-credential.js';
import { ingestEvent } from '../ingest/ingest-event.js';
import { runScheduledPoll, reportOddRow } from '../ingest/poll-events.js';
import { countPeople, runScheduledVerification } from '../ingest/verify-accounts.js';
import { gatherAwards, sweepAwards } from '../issue/gather-awards.js';
import { revokeAward } from '../issue/revocation.js';
import type { Pipeline } from '../pipeline.js';

/** Does one job of a queue, after parsing its data. */
type Handler = LongWork<Pipeline, unknown>;

const parsed =
  <Job>(form: z.ZodType<Job>, work: LongWork<Pipeline, Job>): Handler =>
  (pipeline, data, ...run) =>
    work(pipeline, form.parse(data), ...run);

/** Handles a queue with several kinds of jobs. */
const byKind = <Job extends { readonly kind: string }>(
  form: z.ZodType<Job>,
  works: { readonly [Kind in Job['kind']]: LongWork<Pipeline, Extract<Job, { readonly kind: Kind }>> },
): Handler =>
  parsed(form, (pipeline, job, ...run) => {
    const kind: Job['kind'] = job.kind;
    // The table's type pairs each kind with its work, which TypeScript cannot follow here.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const work = works[kind] as LongWork<Pipeline, Job>;
    return work(pipeline, job, ...run);
  });

/** Enqueues each notice as its own job: the web process stores all of one write as one, for speed. */
const splitArrivals: JobHandler<Pipeline, z.output<typeof arrivalsJob>> = async (
  { queues },
  { arrivals },
) => {
  const notices = noticeJobsOf(arrivals);
  await enqueueAll(queues.notices, notices);
  return { did: 'notices sorted', facts: { notices: notices.length } };
};

/** Mails an earner the link to their page. Without a mail server here, the job fails until one is configured. */
const sendMail: JobHandler<Pipeline, z.output<typeof mailJob>> = async ({ sendLink }, { earner, by }) => {
  if (sendLink === null)
    throw new UnrecoverableError('Set SMTP_URL, MAIL_FROM and PUBLIC_URL for the worker, then replay it');
  return {
    did: (await sendLink(earner)) ? 'link sent' : 'no link sent: nobody is known there',
    facts: { earner, ...(by === undefined ? {} : { user: by }) },
  };
};

const replay: LongWork<Pipeline, ReplayJob> = async ({ queues }, job, signal, progress) => {
  const done = await retryFailed(queues, job, progress, signal);
  const facts = { user: job.by, sent: sentIn(done), gone: done.gone, left: done.left };
  return { did: 'failed jobs sent back to work', facts };
};

const sweep: JobHandler<Pipeline, unknown> = async (pipeline) => {
  await rewriteAofIfWanted(pipeline);
  return { did: 'outboxes swept', facts: { gathered: await sweepAwards(pipeline) } };
};

/** The handler of each queue and kind of job. */
export const HANDLERS: Readonly<Record<QueueName, Handler>> = {
  arrivals: parsed(arrivalsJob, splitArrivals),
  notices: byKind(noticeQueueJob, {
    event: ingestEvent,
    credential: ingestCredential,
    poll: runScheduledPoll,
    'odd-row': reportOddRow,
  }),
  earners: parsed(earnerJob, evaluateEarner),
  awards: byKind(awardJob, {
    gather: gatherAwards,
    batch: (pipeline, { badgeId, batchId }, signal) => issueBatch(pipeline, badgeId, batchId, signal),
    revoke: revokeAward,
  }),
  maintenance: byKind(maintenanceJob, {
    sweep,
    clean: (pipeline, _job, signal) => cleanQueues(pipeline, signal),
    purge,
    population: (pipeline, _job, signal) => countPeople(pipeline, signal),
    verify: (pipeline, _job, signal) => runScheduledVerification(pipeline, signal),
    plan: planForOps,
    apply: applyForOps,
    replay,
  }),
  mails: parsed(mailJob, sendMail),
};
