/** Tells how far work is, one write at a time; of what comes meanwhile, the last alone. */
export interface Reporting {
  (done: number, total: number): void;
  /** Resolves when nothing more is being written. */
  settled(): Promise<void>;
}

/**
 * @param write may fail: progress is nice to have
 * @param everyMs not more often than that, milliseconds
 */
export function keepReporting(
  write: (done: number, total: number) => Promise<void>,
  everyMs: number,
): Reporting {
  let busy: Promise<void> | null = null;
  let lastMs = -Infinity;
  const report = (done: number, total: number): void => {
    if (busy !== null || performance.now() - lastMs < everyMs) return;
    lastMs = performance.now();
    busy = write(done, total)
      .catch(() => undefined)
      .finally(() => {
        busy = null;
      });
  };
  return Object.assign(report, {
    settled: async () => {
      await busy;
    },
  });
}
