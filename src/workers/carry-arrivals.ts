import { setMaxListeners } from 'node:events';
import type { Claims } from '../queue/claims.js';
import { enqueueAll, type NewJob } from '../queue/enqueue.js';
import { noticeId } from '../queue/job-ids.js';
import type { Arrival, NoticeJob } from '../queue/jobs.js';
import type { Done } from './done.js';
import type { Hands } from './hands.js';
import type { Pipeline } from './pipeline.js';

/** A notice, and the job that it is, or would be. */
export interface Notice extends NewJob {
  readonly data: NoticeJob;
}

/** What becomes of a notice that was carried out. */
export type Carried =
  | 'done'
  /** It is to be a job of its own, that begins no earlier than that. */
  | { readonly afterMs: number }
  /** It is to stand in failed, for this reason. */
  | { readonly refused: string };

export interface Carrying {
  readonly notices: Pipeline['queues']['notices'];
  readonly claims: Claims;
  readonly hands: Hands;
  /** Does what the notice asks for. Never rejects. */
  readonly carry: (notice: Notice) => Promise<Carried>;
}

/** How many are carried out side by side. */
const TOGETHER = 32;

/**
 * Carries out what came in together, as long as nothing waits: a job for each would cost more than all else. What
 * is slow, is told elsewhere, or is not done becomes a job of its own, which fails, is tried again, shown and
 * replayed by itself. May be repeated.
 */
export async function carryArrivals(
  carrying: Carrying,
  arrivals: readonly Arrival[],
  signal: AbortSignal,
): Promise<Done> {
  const notices = distinct(arrivals);
  // Each that is carried out listens to it.
  setMaxListeners(0, signal);
  let at = 0;
  let carried = 0;
  while (at < notices.length && carrying.hands.isFree()) {
    signal.throwIfAborted();
    const group = notices.slice(at, at + TOGETHER);
    at += group.length;
    const handOver = async (): Promise<void> => {
      const rest = notices.slice(at);
      at = notices.length;
      await enqueueAll(carrying.notices, rest);
    };
    carried += await carryGroup(carrying, group, handOver);
  }
  await enqueueAll(carrying.notices, notices.slice(at));
  return { did: 'notices taken in', facts: { notices: notices.length, carried } };
}

/** One that was told twice is one. */
function distinct(arrivals: readonly Arrival[]): readonly Notice[] {
  const byId = new Map<string, Notice>();
  for (const { type, job } of arrivals) {
    const id = noticeId(job, type);
    if (!byId.has(id)) byId.set(id, { id, name: job.kind, data: job });
  }
  return [...byId.values()];
}

/** Resolves with how many are done; each of the others is a job then. */
async function carryGroup(
  { notices, claims, hands, carry }: Carrying,
  group: readonly Notice[],
  whenSlow: () => Promise<void>,
): Promise<number> {
  const mine = await claims.take(group.map(({ id }) => id));
  const others = group.filter(({ id }) => !mine.has(id));
  await enqueueAll(notices, others);
  const later: NewJob[] = [];
  let done = 0;
  const one = async (notice: Notice): Promise<void> => {
    const carried = await carry(notice);
    if (carried === 'done') done += 1;
    else later.push(jobAfter(notice, carried));
  };
  await hands.hold(Promise.all(group.filter(({ id }) => mine.has(id)).map(one)), whenSlow);
  await enqueueAll(notices, later);
  // Last: who hears of one of them finds a claim, or its job.
  await claims.release(mine);
  return done;
}

/** A refusal is told by the job's first run, which asks nobody again: see `tellRefusal`. */
const jobAfter = (notice: Notice, carried: Exclude<Carried, 'done'>): NewJob =>
  'refused' in carried
    ? { ...notice, data: { ...notice.data, ...carried } }
    : { ...notice, delayMs: carried.afterMs };
