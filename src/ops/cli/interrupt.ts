import type { Context } from './context.js';
import { Problem } from './problem.js';

/**
 * Does `work`; Ctrl-C aborts its signal, so that it ends by itself and closes what it opened. A second
 * one ends the process at once.
 * @throws Problem when it was interrupted
 */
export async function interruptible<T>(
  { onInterrupt }: Pick<Context, 'onInterrupt'>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const release = onInterrupt(() => stop.abort());
  try {
    return await work(stop.signal);
  } catch (cause) {
    if (!stop.signal.aborted) throw cause;
    throw new Problem('interrupted', [INTERRUPTED], undefined, { cause });
  } finally {
    release();
  }
}

const INTERRUPTED = {
  fr: "Interrompu avant la fin. Retapez la commande pour aller jusqu'au bout : rien n'est fait deux fois.",
  en: 'Interrupted before its end. Type the command again to finish: nothing is done twice.',
};
