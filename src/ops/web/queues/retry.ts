import type { Response } from 'express';
import type { Pipeline } from '../../../workers/pipeline.js';
import { retryJob } from '../../../queue/failures.js';
import { askForReplay, awaitReplay, sentIn } from '../../../queue/replay.js';
import type { User } from '../context.js';
import type { AskedThere } from './asked.js';

/** What is done by then is told as done; the rest goes on behind. */
const PATIENCE_MS = 1500;

const NOT_FAILED = { error: { key: 'ERRORS.JOB_NOT_RETRIABLE', options: { state: 'autre' } } };

/** Answers the dashboard's own two requests to try again, as it expects, with the full attempts. */
export async function retryThere(
  pipeline: Pipeline,
  { queue, job }: AskedThere,
  user: User,
  res: Response,
): Promise<void> {
  if (job !== null) {
    const sent = await retryJob(pipeline.queues[queue], job);
    pipeline.log.info({ user: user.name, queue, job, sent }, 'failed job sent back to work');
    if (sent) res.status(204).end();
    else res.status(400).json(NOT_FAILED);
    return;
  }
  const { queues } = pipeline;
  const filter = { queue, group: null, error: null, sinceMs: null };
  const id = await askForReplay(queues, { ...filter, by: user.name });
  pipeline.log.info({ user: user.name, queue, replay: id }, 'failed jobs asked to be sent back');
  const limitMs = performance.now() + PATIENCE_MS;
  const replay = await awaitReplay(queues, id, () => performance.now() >= limitMs);
  res.json({ retried: sentIn(replay), skipped: replay.left });
}
