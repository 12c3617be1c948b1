import { type Clock, secondsOf } from './clock.js';
import type { Logger } from './logger.js';
import { raceAbort, type RedisConnection } from './redis.js';
import type { Disposer } from './lifecycle.js';

/**
 * The counters and their labels, by their names in the scrape. A label has few values, and never a person: a new value
 * is a new time series for good.
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
  palier_parcours_total: ['step'],
} as const;

/** The histograms of durations and their labels. */
export const HISTOGRAMS = {
  palier_obf_call_duration_seconds: ['role', 'route'],
  palier_job_duration_seconds: ['queue', 'kind'],
  palier_evaluation_duration_seconds: [],
} as const;

/** The gauges of when something happened last, Unix seconds, and their labels. */
export const GAUGES = {
  palier_poll_last_success_timestamp_seconds: ['client'],
} as const;

/**
 * Upper bounds, seconds. One set for all: the counts of several processes are added up by bucket. A call to OBF times
 * out after 20 s, and may wait a minute for its turn.
 */
export const BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60] as const;

/** A value for each label, by its name. */
type LabelsOf<Names extends readonly string[]> = Readonly<Record<Names[number], string>>;

/** The hash with the counts of all processes, and the one with their marks. */
export const countersKey = (prefix: string): string => `${prefix}:{metrics}:counters`;
export const marksKey = (prefix: string): string => `${prefix}:{metrics}:marks`;

/** Recent counts are also stored by slots of five minutes; this many reach back over an hour. */
export const SLOT_S = 300;
export const SLOTS = 13;
/** The slot of an instant, Unix seconds. */
export const recentKey = (prefix: string, atS: number): string =>
  `${prefix}:{metrics}:recent:${Math.floor(atS / SLOT_S)}`;

/** The part of a histogram that is its sum, in whole microseconds: Redis adds whole numbers. */
export const SUM = 'us';

/** A field of these hashes: a metric's name, its label values in order, and the part of a histogram. */
export const metricField = (name: string, values: readonly string[], part?: string): string =>
  JSON.stringify(part === undefined ? [name, ...values] : [name, ...values, part]);

export type Meter = ReturnType<typeof createMeter>;

/** KEYS: counters, marks, recent. ARGV: how many counters, how long the recent last, then field and number of each. */
const ADD = `
local counters = tonumber(ARGV[1]) * 2
for i = 3, counters + 2, 2 do
  redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1])
  redis.call('HINCRBY', KEYS[3], ARGV[i], ARGV[i + 1])
end
redis.call('EXPIRE', KEYS[3], ARGV[2])
for i = counters + 3, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end`;

/**
 * Creates a meter, which counts in memory at almost no cost. `flush` adds its counts to those of all processes in Redis.
 * @param prefix of the keys, without a hash tag
 */
export function createMeter(redis: RedisConnection, prefix: string, clock: Clock) {
  let counts = new Map<string, number>();
  let marks = new Map<string, number>();
  const add = (field: string, by: number): void => void counts.set(field, (counts.get(field) ?? 0) + by);
  const send = async (): Promise<void> => {
    if (counts.size === 0 && marks.size === 0) return;
    const [sent, marked] = [counts, marks];
    [counts, marks] = [new Map(), new Map()];
    try {
      const keys = [countersKey(prefix), marksKey(prefix), recentKey(prefix, secondsOf(clock))];
      await redis.eval(ADD, 3, ...keys, sent.size, SLOTS * SLOT_S, ...[...sent, ...marked].flat());
    } catch (error) {
      for (const [field, by] of sent) add(field, by);
      // A mark that was set meanwhile is the later one.
      marks = new Map([...marked, ...marks]);
      throw error;
    }
  };
  let lastFlush: Promise<void> = Promise.resolve();
  return {
    count<N extends keyof typeof COUNTERS>(name: N, labels: LabelsOf<(typeof COUNTERS)[N]>, by = 1): void {
      add(metricField(name, valuesOf(COUNTERS[name], labels)), by);
    },
    time<N extends keyof typeof HISTOGRAMS>(
      name: N,
      labels: LabelsOf<(typeof HISTOGRAMS)[N]>,
      durationMs: number,
    ): void {
      const values = valuesOf(HISTOGRAMS[name], labels);
      const bucket = BUCKETS_S.find((limit) => durationMs / 1000 <= limit) ?? '+Inf';
      add(metricField(name, values, String(bucket)), 1);
      add(metricField(name, values, SUM), Math.max(0, Math.round(durationMs * 1000)));
    },
    /** @param atS Unix seconds */
    mark<N extends keyof typeof GAUGES>(name: N, labels: LabelsOf<(typeof GAUGES)[N]>, atS: number): void {
      marks.set(metricField(name, valuesOf(GAUGES[name], labels)), atS);
    },
    /**
     * Adds the counts since the last flush to Redis. Runs one at a time: two could put an older mark over a newer one.
     * What fails is kept for the next flush. When only Redis' answer is lost, counts are added twice: nothing is decided
     * by them.
     */
    flush: (): Promise<void> => (lastFlush = lastFlush.then(send, send)),
  };
}

const valuesOf = <Names extends readonly string[]>(names: Names, labels: LabelsOf<Names>): string[] =>
  names.map((name: Names[number]) => labels[name]);

const FLUSH_EVERY_MS = 5000;
/** How long a process that stops waits for Redis to take its last counts. */
const LAST_FLUSH_MS = 1000;

/** Flushes every few seconds; the disposer flushes once more. */
export function flushPeriodically(meter: Meter, log: Logger, everyMs = FLUSH_EVERY_MS): Disposer {
  const flush = (): void =>
    void meter.flush().catch((err: unknown) => log.debug({ err }, 'metrics not stored yet'));
  const timer = setInterval(flush, everyMs);
  return async () => {
    clearInterval(timer);
    await raceAbort(meter.flush(), AbortSignal.timeout(LAST_FLUSH_MS)).catch(() => undefined);
  };
}
