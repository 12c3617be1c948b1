import { z } from 'zod';
import type { Logger } from './logger.js';

/** Releases a resource; resolves when that is done. */
export type Disposer = () => Promise<void> | void;

/** Platforms kill 30 s after SIGTERM; the process ends before. */
export const SHUTDOWN_LIMIT_MS = 25_000;

/**
 * Runs the releases, last opened first, at SIGTERM or SIGINT. A second signal, or the limit, ends the process at once.
 * Returns a function that runs them without a signal.
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

/** Runs all releases, last opened first, even when one fails. */
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
 * Returns a function that kills the process (SIGKILL) at a named point of the program, for fault tests alone.
 * `PALIER_CRASH_AT` is `point` or `point:n`, for the n-th time. Does nothing outside of a test run.
 */
export function crashAt(env: Readonly<Record<string, string | undefined>>): (point: string) => void {
  const plan = env['NODE_ENV'] === 'test' ? env['PALIER_CRASH_AT'] : undefined;
  if (plan === undefined) return () => undefined;
  const [at, times = '1'] = plan.split(':');
  let remaining = Number(times);
  return (point) => {
    if (point !== at) return;
    remaining -= 1;
    if (remaining === 0) process.kill(process.pid, 'SIGKILL');
  };
}

/**
 * Reads the times that a test run shortens, from the JSON in `PALIER_PACE`. None outside of a test run.
 * @param names the keys that it may have
 * @throws SyntaxError, ZodError when a test sets it wrongly
 */
export function readTestTimes<Name extends string>(
  env: Readonly<Record<string, string | undefined>>,
  names: readonly Name[],
): { readonly [K in Name]?: number } {
  const text = env['NODE_ENV'] === 'test' ? env['PALIER_PACE'] : undefined;
  if (text === undefined) return {};
  return z.partialRecord(z.enum(names), z.number().positive()).parse(JSON.parse(text));
}
