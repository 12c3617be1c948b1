export interface NoticesGrowth {
  readonly earners: readonly [small: number, large: number];
  readonly commandsPerNotice: readonly [number, number];
  /** Medians of alternating runs, milliseconds. */
  readonly msPerNotice: readonly [number, number];
}

export interface ReconcileGrowth {
  readonly assertions: number;
  /** OBF answering at once, seconds. */
  readonly ourSeconds: number;
  /** What its calls take at the rate that OBF allows, seconds. */
  readonly obfSeconds: number;
  readonly calls: number;
  readonly commandPeakMib: number;
  readonly commandLiveMib: number;
  /** While it works through what the command left to be done. */
  readonly workerPeakMib: number;
  readonly workerLiveMib: number;
  readonly workerSeconds: number;
}

export interface CommandGrowth {
  readonly command: 'plan' | 'simulate' | 'worker';
  readonly earners: readonly [small: number, large: number];
  readonly microsecondsPerEarner: readonly [number, number];
  readonly peakMib: readonly [number, number];
  readonly liveMib: readonly [number, number];
}

export interface GrowthResult {
  readonly name: 'growth';
  readonly figures: Readonly<Record<string, number>>;
}
