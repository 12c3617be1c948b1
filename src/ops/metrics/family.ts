import type { Pipeline } from '../../workers/pipeline.js';

/** One time series at this instant. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Of a histogram: which of its series, e.g. `..._bucket`. */
  readonly metricName?: string;
}

/** All of one metric: what Prometheus calls a family. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly Sample[];
}

export const sample = (value: number, labels: Sample['labels'] = {}): Sample => ({ labels, value });

/** A gauge of one value, or of a series each; null: it has none. */
export const gauge = (name: string, help: string, values: number | null | readonly Sample[]): Family => ({
  name,
  help,
  type: 'gauge',
  samples: values === null ? [] : typeof values === 'number' ? [sample(values)] : values,
});

export const flag = (is: boolean): number => (is ? 1 : 0);

/** What the figures are read from, over a connection that fails fast. */
export interface FigureNeeds extends Pipeline {
  readonly pollEveryS: number;
  /** Palier's own. */
  readonly version: string;
}

/**
 * Reads some of the figures. However many earners there are, it asks Redis for little: nothing is walked
 * through but what is under way.
 */
export type Reader = (needs: FigureNeeds) => Promise<readonly Family[]>;
