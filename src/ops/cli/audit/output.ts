import { once } from 'node:events';
import type { Writable } from 'node:stream';

/**
 * Waits until `output` takes more, so that what is written does not pile up in memory.
 * @returns false when nobody reads it any more: `npx palier audit | head`
 */
export async function takesMore(output: Writable, signal: AbortSignal): Promise<boolean> {
  try {
    if (output.writable && output.writableNeedDrain) await once(output, 'drain', { signal });
  } catch {
    // It failed, or the work was stopped: the one is told below, of the other the caller knows.
  }
  return output.writable;
}
