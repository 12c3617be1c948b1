import { OnHold } from '../issuing/hold.js';
import { NotSettledYet } from '../issuing/types.js';
import { ObfNotSent, ObfRefused, ObfThrottled } from '../obf/errors.js';
import type { Meter } from '../platform/meter.js';
import type { Done } from './done.js';

/** `nothing`: everyone in it holds the award by now, or is not due it any more. */
export type BatchOutcome = 'issued' | 'split' | 'nothing';

/** What one run about a batch came to. */
export interface BatchDone extends Done {
  readonly outcome: BatchOutcome;
}

/** Does one run about a batch, and counts how it ended. @throws what `issue` throws */
export async function countBatch(meter: Meter, issue: () => Promise<BatchDone>): Promise<Done> {
  try {
    const done = await issue();
    meter.count('palier_batches_total', { outcome: done.outcome });
    return done;
  } catch (error) {
    const outcome = outcomeOf(error);
    if (outcome !== null) meter.count('palier_batches_total', { outcome });
    throw error;
  }
}

/** Null: nothing ended, the batch only waits until OBF can be believed. */
function outcomeOf(error: unknown): string | null {
  if (error instanceof NotSettledYet) return error.cause === undefined ? null : 'unknown';
  if (error instanceof ObfRefused) return 'refused';
  if (error instanceof OnHold && !error.looked) return null;
  if (error instanceof OnHold) return error.hold.code === 'quota' ? 'quota_low' : 'on_hold';
  if (error instanceof ObfThrottled || error instanceof ObfNotSent) return 'not_sent';
  return 'error';
}
