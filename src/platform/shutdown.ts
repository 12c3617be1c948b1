import type { Logger } from './logger.js';

/** Gives back what was opened; resolves when it is. */
export type Release = () => Promise<void> | void;

/** Platforms kill 30 s after SIGTERM; we are gone before. */
export const SHUTDOWN_LIMIT_MS = 25_000;

/**
 * Runs the releases, last opened first, when the process is asked to stop; a second signal, or
 * `limitMs`, ends it at once. Returns a function that does the same without a signal.
 */
export function stopOnSignals(
  releases: readonly Release[],
  log: Logger,
  limitMs = SHUTDOWN_LIMIT_MS,
): Release {
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => (stopping ??= releaseAll(releases, log));
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping !== null) process.exit(1);
    log.info({ signal }, 'stopping');
    const limit = setTimeout(() => process.exit(1), limitMs);
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
export async function releaseAll(releases: readonly Release[], log: Logger): Promise<void> {
  for (const release of releases.toReversed()) {
    try {
      await release();
    } catch (err) {
      log.warn({ err }, 'could not close cleanly');
    }
  }
}
