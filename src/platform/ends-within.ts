import { setTimeout as pause } from 'node:timers/promises';

/**
 * Whether the work is over in so many milliseconds; it goes on all the same where it is not.
 * @throws what the work rejects with until then; what comes later is nobody's
 */
export async function endsWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  const over = new AbortController();
  const late = pause(ms, false, { signal: over.signal }).catch(() => false);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    over.abort();
  }
}
