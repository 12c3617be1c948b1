import type { BatchId } from '../ids.js';
import { orAbort } from '../obf/abort.js';
import type { Clock } from '../platform/clock.js';
import { createRounds } from './rounds.js';

/** Readings of the whole account for those whom lost batches had claimed: one for all of a batch. */
export interface LostBatches {
  /**
   * Resolves when the account was read in full, by a reading that began after these batches were missed. They
   * are in Redis no more, so nobody can have sent one of them since.
   * @throws what the reading throws; Aborted
   */
  readAfter(missed: readonly BatchId[], signal: AbortSignal): Promise<void>;
}

/** Those of one batch are evaluated within seconds of each other; what comes later reads anew. */
const HOLDS_MS = 60_000;

interface Reading {
  readonly begunMs: number;
  readonly done: Promise<void>;
  /** Of whoever began it: should they have to stop, it goes no further. */
  readonly signal: AbortSignal;
}

/** @param readAll reads the whole of the Région's account */
export function createLostBatches(
  readAll: (signal: AbortSignal) => Promise<void>,
  clock: Clock,
): LostBatches {
  const readings = new Map<BatchId, Reading>();
  const rounds = createRounds<AbortSignal, void>(async (signals) => {
    const going = signals.find((signal) => !signal.aborted) ?? AbortSignal.abort();
    const reading = readAll(going);
    return signals.map(() => reading);
  });
  const begin = (batch: BatchId, signal: AbortSignal): Reading => {
    const begunMs = clock();
    for (const [id, one] of readings) if (begunMs - one.begunMs > HOLDS_MS) readings.delete(id);
    const reading = { begunMs, done: rounds.ask(signal), signal };
    readings.set(batch, reading);
    // One that failed holds for nobody who comes later; those who wait for it are told.
    reading.done.catch(() => readings.get(batch) === reading && readings.delete(batch));
    return reading;
  };
  const readAfterOne = async (batch: BatchId, signal: AbortSignal): Promise<void> => {
    for (;;) {
      const known = readings.get(batch);
      const isFresh = known !== undefined && clock() - known.begunMs <= HOLDS_MS;
      const reading = isFresh ? known : begin(batch, signal);
      try {
        return await orAbort(reading.done, signal);
      } catch (error) {
        if (signal.aborted || !reading.signal.aborted) throw error;
      }
    }
  };
  return {
    async readAfter(missed, signal) {
      await Promise.all([...new Set(missed)].map((batch) => readAfterOne(batch, signal)));
    },
  };
}
