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
