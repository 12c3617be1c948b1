import { setTimeout as sleep } from 'node:timers/promises';

const EVERY_MS = 25;

/** Something that was to come did not. The message is for whoever watches. */
export class NothingCame extends Error {
  readonly code = 'nothing_came';
}

/**
 * Asks every 25 ms until the answer is yes.
 * @param what said in the error: "rien de tel en 60 s : <what>"
 * @throws NothingCame after `limitMs`; the signal's reason when the story is stopped
 */
export async function waitFor(
  condition: () => boolean | Promise<boolean>,
  what: string,
  stop: AbortSignal,
  limitMs = 60_000,
): Promise<void> {
  const limit = performance.now() + limitMs;
  while (!(await condition())) {
    stop.throwIfAborted();
    if (performance.now() > limit)
      throw new NothingCame(`Attendu, et pas venu en ${Math.round(limitMs / 1000)} s : ${what}.`);
    await sleep(EVERY_MS);
  }
}
