import { z } from 'zod';
import { QUEUES, type QueueName } from '../../queue/names.js';

/** Which failed jobs are to be sent again; all that is given must match. */
export interface Asked {
  /** Null: all three. */
  readonly queue: QueueName | null;
  /** Null: whatever the reason. */
  readonly group: string | null;
  /** Failed at or after this instant, Unix milliseconds; null: whenever. */
  readonly sinceMs: number | null;
}

/** Many jobs being sent again, some at a time, by whichever web process. */
export interface Replay extends Asked {
  readonly id: string;
  /** Who asked for it. */
  readonly by: string;
  readonly startedMs: number;
  /** Null: it is under way. */
  readonly endedMs: number | null;
  /** How many jobs will have been looked at in the end, about. */
  readonly toLookAt: number;
  readonly looked: number;
  /** Sent back to work. */
  readonly sent: number;
  /** Sent by somebody else meanwhile, or removed. */
  readonly gone: number;
  /** That could not be sent: they are still failed. */
  readonly left: number;
  /** Where to go on: which of the queues, and where in it. */
  readonly at: { readonly queue: number; readonly cursor: string };
}

export const replayForm = z.object({
  id: z.string(),
  by: z.string(),
  queue: z.enum(QUEUES).nullable(),
  group: z.string().nullable(),
  sinceMs: z.number().nullable(),
  startedMs: z.number(),
  endedMs: z.number().nullable(),
  toLookAt: z.number(),
  looked: z.number(),
  sent: z.number(),
  gone: z.number(),
  left: z.number(),
  at: z.object({ queue: z.number(), cursor: z.string() }),
});

/** The queues that it goes through, in order. */
export const queuesOf = ({ queue }: Asked): readonly QueueName[] => (queue === null ? QUEUES : [queue]);
