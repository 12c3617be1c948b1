import { withoutAddresses } from '../../../platform/logger.js';
import { QUEUES, type QueueName } from '../../../queue/jobs.js';
import type { ReplayFilter } from '../../../queue/replay.js';
import { nearest } from '../../../rules/parse/messages.js';
import type { Call } from '../context.js';
import { wrongUsage } from '../problem.js';
import { readSince } from './since.js';

/** Null: all. @throws Problem for a name that is none of theirs */
function queueIn({ flags }: Pick<Call, 'flags'>): QueueName | null {
  const typed = flags['queue'];
  if (typeof typed !== 'string') return null;
  const queue = QUEUES.find((name) => name === typed);
  if (queue !== undefined) return queue;
  const known = QUEUES.join(', ');
  const meant = nearest(typed, QUEUES);
  throw wrongUsage({
    fr: `File inconnue${meant === null ? '.' : ` : vouliez-vous dire « ${meant} » ?`} Les files : ${known}.`,
    en: `Unknown queue${meant === null ? '.' : `: did you mean "${meant}"?`} The queues: ${known}.`,
  });
}

/** Which failed jobs. @throws Problem for a queue that there is not, or an instant that cannot be read */
export function filterOf(call: Pick<Call, 'flags'>, timeZone: string, nowMs: number): ReplayFilter {
  const { error, since } = call.flags;
  return {
    queue: queueIn(call),
    group: null,
    // It is kept with the job, which anybody may read.
    error: typeof error === 'string' ? withoutAddresses(error).slice(0, MAX_ERROR_CHARS) : null,
    sinceMs: typeof since === 'string' ? readSince(since, timeZone, nowMs) : null,
  };
}

const MAX_ERROR_CHARS = 200;
