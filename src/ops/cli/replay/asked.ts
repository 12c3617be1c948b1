import { QUEUES, type QueueName } from '../../../queue/names.js';
import type { ReplayFilter } from '../../../queue/replay.js';
import { nearest } from '../../../rules/parse/near.js';
import type { Call } from '../context.js';
import { wrongUsage } from '../problem.js';
import { readSince } from './since.js';

/**
 * The queues that are meant; all when none is named.
 * @throws Problem for a name that is none of theirs
 */
export function queuesOf({ flags }: Pick<Call, 'flags'>): readonly QueueName[] {
  const typed = flags['queue'];
  if (typeof typed !== 'string') return QUEUES;
  const queue = QUEUES.find((name) => name === typed);
  if (queue !== undefined) return [queue];
  const known = QUEUES.join(', ');
  const meant = nearest(typed, QUEUES);
  throw wrongUsage({
    fr: `File inconnue${meant === null ? '.' : ` : vouliez-vous dire « ${meant} » ?`} Les files : ${known}.`,
    en: `Unknown queue${meant === null ? '.' : `: did you mean "${meant}"?`} The queues: ${known}.`,
  });
}

/** Which of their failed jobs. @throws Problem for an instant that cannot be read */
export function filterOf({ flags }: Pick<Call, 'flags'>, timeZone: string, nowMs: number): ReplayFilter {
  const { error, since } = flags;
  return {
    ...(typeof error === 'string' ? { error } : {}),
    ...(typeof since === 'string' ? { sinceMs: readSince(since, timeZone, nowMs) } : {}),
  };
}
