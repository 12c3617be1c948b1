import { setTimeout as pause } from 'node:timers/promises';
import { allOver } from './all-over.js';

/** What one process carries out straight from the arrivals. */
export interface Hands {
  /**
   * Takes hands for so many notices, or for as many as are free; waits while there is none, and OBF is quick.
   * Each is to be let go of. 0: all are held, and some by what is slow.
   */
  take(wanted: number): Promise<number>;
  letGo(count: number): void;
  /**
   * Waits for the end of the work.
   * @param whenSlow called, and waited for, if the work takes longer than a moment
   * @throws what the work rejects with, or `whenSlow`: not before both are over
   */
  hold(work: Promise<unknown>, whenSlow: () => Promise<void>): Promise<void>;
}

/** What takes longer than this waits for OBF. */
const SLOW_MS = 100;

/**
 * How many notices one process carries out at a time. Several processes stay below what the line before OBF holds
 * (obf/rate.ts: 457 calls at 8 a second).
 */
export const HANDS = 96;

/** @param count fewer than there are jobs of the arrivals at a time, so that one is always there to sort */
export function createHands(count: number): Hands {
  let free = count;
  let slow = 0;
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const go of woken) go();
  };
  async function take(wanted: number): Promise<number> {
    if (free === 0 && slow === 0) {
      // What holds them ends, or is slow, in a moment.
      await new Promise<void>((go) => void waiting.push(go));
      return take(wanted);
    }
    const taken = Math.min(free, wanted);
    free -= taken;
    return taken;
  }
  return {
    take,
    letGo(some) {
      free += some;
      wake();
    },
    async hold(work, whenSlow) {
      if (await endsWithin(SLOW_MS, work)) return;
      slow += 1;
      wake();
      await allOver([whenSlow(), work]).finally(() => {
        slow -= 1;
      });
    },
  };
}

/** Rejects when the work does. */
async function endsWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  const over = new AbortController();
  const late = pause(ms, false, { signal: over.signal }).catch(() => false);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    over.abort();
  }
}
