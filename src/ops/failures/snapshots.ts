import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../../platform/logger.js';
import { countFailures, generationOf, standingOf, type Counting } from './count-failures.js';
import { readSnapshot, type Snapshot } from './snapshot-store.js';

/** What is known of the failed jobs now. */
export interface Seen {
  /** Null: they were never counted, or a while ago. */
  readonly snapshot: Snapshot | null;
  /** They are being counted anew, here or elsewhere; the snapshot is of before. */
  readonly counting: boolean;
}

/** Whoever asks for a page waits so long for what is nearly there, milliseconds. */
const PATIENCE_MS = 150;
const ASK_AGAIN_MS = 15;
/** So many are counted within that patience, and therefore whenever something has changed. */
const FEW = 2000;
/** Counting more than these may take a tenth of the time. */
const REST_FACTOR = 10;

/**
 * Counts the failed jobs while somebody looks, and tells what is known at once: a hundred thousand are
 * counted in seconds, by one process for all.
 * @param isSending whether jobs are being sent again: then counting would have to begin again and again
 */
export function createSnapshots(
  counting: Counting,
  isSending: () => Promise<boolean>,
  log: Logger,
): () => Promise<Seen> {
  const { redis, keys, clock } = counting;
  let own: Promise<void> | null = null;
  const count = (): void => {
    own ??= countFailures(counting)
      .catch((err: unknown) => log.warn({ err }, 'failed jobs could not be counted'))
      .finally(() => {
        own = null;
      });
  };
  const look = async (): Promise<Seen & { readonly fresh: boolean; readonly few: boolean }> => {
    const [snapshot, { signature, size }, generation, held] = await Promise.all([
      readSnapshot(redis, keys),
      standingOf(counting),
      generationOf(counting),
      redis.exists(keys.reading),
    ]);
    const fresh = snapshot?.signature === signature;
    const touched = snapshot !== null && snapshot.generation !== generation;
    const few = size <= FEW;
    const due = few || touched || isRested(snapshot, clock());
    if (!fresh && held === 0 && due && !(await isSending())) count();
    return { snapshot, fresh, few, counting: !fresh && (own !== null || held === 1) };
  };
  return async () => {
    const limitMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const seen = await look();
      if (seen.fresh || !seen.counting || !seen.few || performance.now() >= limitMs) return seen;
      await pause(ASK_AGAIN_MS);
    }
  };
}

const isRested = (snapshot: Snapshot | null, nowMs: number): boolean =>
  snapshot === null || nowMs - snapshot.takenMs >= snapshot.tookMs * REST_FACTOR;
