import { done, type Answer } from '../answer.js';
import type { PageContext } from '../context.js';
import { HOME } from './words.js';

/** As `npx palier resume`: what is due leaves, each looked at anew just before. */
export async function resumeIssuing({ pipeline, user, log }: PageContext): Promise<Answer> {
  const { awards } = pipeline.queues;
  const wasPaused = await awards.isPaused();
  await awards.resume();
  if (wasPaused) log.info({ user: user.name }, 'issuing resumed');
  return done('/ops', wasPaused ? HOME.resumed : HOME.neverPaused);
}
