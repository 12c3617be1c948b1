import { z } from 'zod';
import type { Logger } from './logger.js';

/** Gives back what was opened; resolves when it is. */
export type Disposer = () => Promise<void> | void;

/** Platforms kill 30 s after SIGTERM; we are gone before. */
export const SHUTDOWN_LIMIT_MS = 25_000;

/**
 * Runs the releases, last opened first, when the process is asked to stop; a second signal, or the limit, ends it at
 * once. Returns a function that does the same without a signal.
 */
export function stopOnSignals(releases: readonly Disposer[], log: Logger): Disposer {
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => (stopping ??= disposeAll(releases, log));
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping !== null) process.exit(1);
    log.info({ signal }, 'stopping');
    const limit = setTimeout(() => process.exit(1), SHUTDOWN_LIMIT_MS);
    void stop().finally(() => {
      clearTimeout(limit);
      process.exit(0);
    });
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return stop;
}

/** Each release gets its turn, even when one before it fails. */
export async function disposeAll(releases: readonly Disposer[], log: Logger): Promise<void> {
  for (const release of releases.toReversed()) {
    try {
      await release();
    } catch (err) {
      log.warn({ err }, 'could not close cleanly');
    }
  }
}

/**
 * Ends the process by SIGKILL when a named point of the program is reached for the n-th time; for fault
 * tests alone. `plan` is `point` or `point:n`, from the environment of a test run; anything else, and
 * outside of a test run, nothing ever happens.
 */
export function crashAt(env: Readonly<Record<string, string | undefined>>): (point: string) => void {
  const plan = env['NODE_ENV'] === 'test' ? env['PALIER_CRASH_AT'] : undefined;
  if (plan === undefined) return () => undefined;
  const [at, times = '1'] = plan.split(':');
  let left = Number(times);
  return (point) => {
    if (point !== at) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
}

/**
 * The times that a test run shortens, from the JSON in `PALIER_PACE`; outside of a test run, none.
 * @param names what may stand in it
 * @throws SyntaxError, ZodError: a test that is written wrong
 */
export function paceOf<Name extends string>(
  env: Readonly<Record<string, string | undefined>>,
  names: readonly Name[],
): { readonly [K in Name]?: number } {
  const text = env['NODE_ENV'] === 'test' ? env['PALIER_PACE'] : undefined;
  if (text === undefined) return {};
  return z.partialRecord(z.enum(names), z.number().positive()).parse(JSON.parse(text));
}
