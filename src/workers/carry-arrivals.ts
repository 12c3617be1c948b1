import { setMaxListeners } from 'node:events';
import type { Claims } from '../queue/claims.js';
import { enqueue, enqueueAll, enqueueIfAbsent } from '../queue/enqueue.js';
import type { Arrival } from '../queue/jobs.js';
import { allOver } from './all-over.js';
import type { Done } from './done.js';
import type { Hands } from './hands.js';
import type { Pipeline } from './pipeline.js';
import { noticesIn, type Notice } from './sort-arrivals.js';

/**
 * What becomes of a notice that was carried out: if not done, it is to be a job that begins no earlier than that, or
 * that only says why it would fail for good.
 */
export type Carried = 'done' | { readonly afterMs: number } | { readonly refused: string };

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
  const notices = noticesIn(arrivals);
  // Each that is carried out listens to it.
  setMaxListeners(0, signal);
  let at = 0;
  let carried = 0;
  const sortTheRest = async (): Promise<void> => {
    const rest = notices.slice(at);
    at = notices.length;
    await enqueueAll(carrying.notices, rest);
  };
  while (at < notices.length) {
    signal.throwIfAborted();
    const held = await carrying.hands.take(Math.min(TOGETHER, notices.length - at));
    const group = notices.slice(at, at + held);
    at += held;
    if (held === 0) await sortTheRest();
    else carried += await carryGroup(carrying, group, sortTheRest);
  }
  return { did: 'notices taken in', facts: { notices: notices.length, carried } };
}

/** Resolves with how many are done; each of the others is a job by then. Lets go of a hand as each is over. */
async function carryGroup(
  carrying: Carrying,
  group: readonly Notice[],
  whenSlow: () => Promise<void>,
): Promise<number> {
  const { notices, claims, hands } = carrying;
  const claiming = claims.take(group.map(({ id }) => id));
  let done = 0;
  const one = async (notice: Notice): Promise<void> => {
    try {
      const { ids } = await claiming;
      if (ids.has(notice.id) && (await carryOne(carrying, notice))) done += 1;
    } finally {
      hands.letGo(1);
    }
  };
  const others = async (): Promise<void> => {
    const { ids } = await claiming;
    await enqueueAll(
      notices,
      group.filter(({ id }) => !ids.has(id)),
    );
  };
  try {
    await hands.hold(allOver([others(), ...group.map(one)]), whenSlow);
  } finally {
    // Last: who hears of one of them finds a claim, or its job.
    await (await claiming).release();
  }
  return done;
}

/** Whether it is done. If not, it is a job at once: whoever tells of it from now on tells that job. */
async function carryOne({ notices, carry }: Carrying, notice: Notice): Promise<boolean> {
  const carried = await carry(notice);
  if (carried === 'done') return true;
  if ('afterMs' in carried) await enqueue(notices, { ...notice, delayMs: carried.afterMs });
  // Was it told of again meanwhile, then there is a job that will ask again.
  else await enqueueIfAbsent(notices, { ...notice, data: { ...notice.data, refused: carried.refused } });
  return false;
}
