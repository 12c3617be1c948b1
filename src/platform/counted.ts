/**
 * What every process counts, and by which labels. The names are those of the scrape; the values of a
 * label are few, and never a person: a new value is a new time series for good.
 */
export const COUNTERS = {
  /** Requests at the two addresses that notices come to. */
  palier_notices_total: ['door', 'outcome', 'reason', 'status'],
  palier_obf_calls_total: ['role', 'route', 'status'],
  palier_token_requests_total: ['client', 'outcome'],
  palier_jobs_total: ['queue', 'kind', 'outcome'],
  palier_batches_total: ['outcome'],
  palier_evaluations_total: ['outcome'],
  palier_awards_issued_total: ['award'],
} as const;

/** How long things took. */
export const TIMES = {
  palier_obf_call_duration_seconds: ['role', 'route'],
  palier_job_duration_seconds: ['queue', 'kind'],
  palier_evaluation_duration_seconds: [],
} as const;

/** When something happened last, Unix seconds. */
export const MARKS = {
  palier_poll_last_success_timestamp_seconds: ['client'],
} as const;

/**
 * Seconds. One set for all: what several processes counted is added up bucket by bucket. OBF is given up
 * after 20 s, and a call may stand a minute in its line.
 */
export const BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60] as const;

export type CounterName = keyof typeof COUNTERS;
export type TimeName = keyof typeof TIMES;
export type MarkName = keyof typeof MARKS;

/** A value for each label, by its name. */
export type LabelsOf<Names extends readonly string[]> = Readonly<Record<Names[number], string>>;
export type CounterLabels<N extends CounterName> = LabelsOf<(typeof COUNTERS)[N]>;
export type TimeLabels<N extends TimeName> = LabelsOf<(typeof TIMES)[N]>;
export type MarkLabels<N extends MarkName> = LabelsOf<(typeof MARKS)[N]>;

/** In which hash the counts of all processes stand, and in which the marks. */
export const countersKey = (prefix: string): string => `${prefix}:{metrics}:counters`;
export const marksKey = (prefix: string): string => `${prefix}:{metrics}:marks`;

/** Of a time: which bucket, or the sum of all, in whole microseconds (Redis adds whole numbers). */
export const SUM = 'us';
export const bucketOf = (seconds: number): string =>
  String(BUCKETS_S.find((limit) => seconds <= limit) ?? '+Inf');

/** A field of the hashes: the name, the labels' values in their order, and of a time which part of it. */
export const fieldOf = (name: string, values: readonly string[], part?: string): string =>
  JSON.stringify(part === undefined ? [name, ...values] : [name, ...values, part]);
