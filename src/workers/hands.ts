import { endsWithin } from '../platform/ends-within.js';
import { allOver } from './all-over.js';

/** What one process carries out straight from the arrivals. */
export interface Hands {
  /**
   * Takes hands for so many notices, in the order of asking; waits for as many while OBF is quick, so that what came in
   * together is claimed together. Each is to be let go of.
   * @returns fewer, or 0, when some are held by what is slow
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
  let line: Promise<unknown> = Promise.resolve();
  // Wakes whoever stands first in the line.
  let wake: (() => void) | null = null;
  async function inTurn(wanted: number): Promise<number> {
    if (free < wanted && slow === 0) {
      // What holds the others ends, or is slow, in a moment.
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      return inTurn(wanted);
    }
    const taken = Math.min(free, wanted);
    free -= taken;
    return taken;
  }
  return {
    take(wanted) {
      const turn = line.then(() => inTurn(Math.min(wanted, count)));
      line = turn;
      return turn;
    },
    letGo(some) {
      free += some;
      wake?.();
    },
    async hold(work, whenSlow) {
      if (await endsWithin(SLOW_MS, work)) return;
      slow += 1;
      wake?.();
      await allOver([whenSlow(), work]).finally(() => {
        slow -= 1;
      });
    },
  };
}
