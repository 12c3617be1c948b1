import type { Response } from 'express';
import type { Pipeline } from '../../../workers/pipeline.js';
import { failuresOf } from '../../failures/failures.js';
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
  const failures = failuresOf(pipeline);
  if (job !== null) {
    const sent = await failures.sendOne({ queue, id: job });
    pipeline.log.info({ user: user.name, queue, job, sent }, 'failed job sent back to work');
    if (sent) res.status(204).end();
    else res.status(400).json(NOT_FAILED);
    return;
  }
  const replay = await failures.start({ queue, group: null, sinceMs: null }, user.name);
  pipeline.log.info({ user: user.name, queue, replay: replay.id }, 'failed jobs asked to be sent back');
  const { sent, left } = await failures.awaited(replay, PATIENCE_MS);
  res.json({ retried: sent, skipped: left });
}
