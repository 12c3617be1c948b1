import { setTimeout as pause } from 'node:timers/promises';

/** What one process carries out straight from the arrivals. */
export interface Hands {
  /** Whether there is one free: not while too many are held by what is slow. */
  isFree(): boolean;
  /**
   * Waits for the end of the work.
   * @param work never rejects
   * @param whenSlow called, and waited for, if the work takes longer than a moment
   */
  hold(work: Promise<unknown>, whenSlow: () => Promise<void>): Promise<void>;
}

/** What takes longer than this waits for OBF. */
const SLOW_MS = 100;

/** How many jobs of the arrivals may be held up by what is slow, in one process. */
export const HANDS = 12;

/** @param count fewer than there are jobs of the arrivals at a time, so that one is always there to sort */
export function createHands(count: number): Hands {
  let slow = 0;
  return {
    isFree: () => slow < count,
    async hold(work, whenSlow) {
      if (await endsWithin(SLOW_MS, work)) return;
      slow += 1;
      try {
        await whenSlow();
      } finally {
        await work;
        slow -= 1;
      }
    },
  };
}

async function endsWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  const over = new AbortController();
  const late = pause(ms, false, { signal: over.signal }).catch(() => false);
  const isOver = await Promise.race([work.then(() => true), late]);
  over.abort();
  return isOver;
}
