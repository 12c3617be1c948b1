import { ObfError } from '../../../obf/errors.js';
import { RegionUnreadable } from '../../../issuing/region-account-sync.js';
import { AwardInFlight, type Waiting } from '../../../workers/in-flight.js';
import type { Localized } from '../../shared/words.js';
import { notDone, type Answer } from '../answer.js';
import { DO } from './action-words.js';

/** Nobody looks at a page that loads for longer; what waits is said, and can be tried again. */
const WITHIN_MS = 5000;
const AT_MOST_MS = 25_000;

/** How long an award on its way is waited for, while a browser waits for us. */
export const patience = (): Waiting => ({
  withinMs: WITHIN_MS,
  signal: AbortSignal.timeout(AT_MOST_MS),
});

/** Does it, or says on that page what stands in its way. */
export async function inTheWay(back: string, act: () => Promise<Answer>): Promise<Answer> {
  try {
    return await act();
  } catch (error) {
    const words = wordsOf(error);
    if (words === null) throw error;
    return notDone(back, words);
  }
}

function wordsOf(error: unknown): Localized | null {
  if (error instanceof AwardInFlight) return DO.underWay;
  const late = error instanceof DOMException && error.name === 'TimeoutError';
  return late || error instanceof RegionUnreadable || error instanceof ObfError ? DO.unreadable : null;
}
