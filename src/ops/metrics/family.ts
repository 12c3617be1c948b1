import type { RedisConnection } from '../../platform/redis.js';
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

/** A gauge; without a value it has no series. */
export const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name,
  help,
  type: 'gauge',
  samples,
});

export const flag = (is: boolean): number => (is ? 1 : 0);

/** What the figures are read from. */
export interface FigureNeeds extends Pick<
  Pipeline,
  'clock' | 'meter' | 'outbox' | 'pace' | 'queues' | 'quota' | 'region' | 'scheme' | 'schemes'
> {
  /** A connection that fails fast. */
  readonly redis: RedisConnection;
  /** Of our keys. */
  readonly prefix: string;
  readonly pollEveryS: number;
  /** Palier's own. */
  readonly version: string;
}

/**
 * Reads some of the figures. However many earners there are, it asks Redis for little: nothing is walked
 * through but what is under way.
 */
export type Reader = (needs: FigureNeeds) => Promise<readonly Family[]>;
