import { type Clock, secondsOf } from './clock.js';
import type { Logger } from './logger.js';
import { raceAbort, type RedisConnection } from './redis.js';
import type { Disposer } from './lifecycle.js';

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
  palier_parcours_total: ['step'],
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

/** A value for each label, by its name. */
type LabelsOf<Names extends readonly string[]> = Readonly<Record<Names[number], string>>;

/** In which hash the counts of all processes stand, and in which the marks. */
export const countersKey = (prefix: string): string => `${prefix}:{metrics}:counters`;
export const marksKey = (prefix: string): string => `${prefix}:{metrics}:marks`;

/** What was counted lately stands by slots of five minutes as well; so many reach back an hour and more. */
export const SLOT_S = 300;
export const SLOTS = 13;
/** The slot of an instant, Unix seconds. */
export const recentKey = (prefix: string, atS: number): string =>
  `${prefix}:{metrics}:recent:${Math.floor(atS / SLOT_S)}`;

/** Of a time: the sum of all, in whole microseconds (Redis adds whole numbers). */
export const SUM = 'us';

/** A field of the hashes: the name, the labels' values in their order, and of a time which part of it. */
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
 * Counts in memory, which costs next to nothing; every few seconds all processes' counts are added up in Redis.
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
      // What was marked since is the later mark.
      marks = new Map([...marked, ...marks]);
      throw error;
    }
  };
  let last: Promise<void> = Promise.resolve();
  return {
    count<N extends keyof typeof COUNTERS>(name: N, labels: LabelsOf<(typeof COUNTERS)[N]>, by = 1): void {
      add(metricField(name, valuesOf(COUNTERS[name], labels)), by);
    },
    time<N extends keyof typeof TIMES>(
      name: N,
      labels: LabelsOf<(typeof TIMES)[N]>,
      durationMs: number,
    ): void {
      const values = valuesOf(TIMES[name], labels);
      const bucket = BUCKETS_S.find((limit) => durationMs / 1000 <= limit) ?? '+Inf';
      add(metricField(name, values, String(bucket)), 1);
      add(metricField(name, values, SUM), Math.max(0, Math.round(durationMs * 1000)));
    },
    /** @param atS Unix seconds */
    mark<N extends keyof typeof MARKS>(name: N, labels: LabelsOf<(typeof MARKS)[N]>, atS: number): void {
      marks.set(metricField(name, valuesOf(MARKS[name], labels)), atS);
    },
    /**
     * Adds to Redis what was counted since the last time, one flush after the other: two at once could put an older mark
     * over a newer one. What could not be added is kept for the next; where Redis took it and its answer was lost, it
     * is added twice: these are figures, nothing is decided by them.
     */
    flush: (): Promise<void> => (last = last.then(send, send)),
  };
}

const valuesOf = <Names extends readonly string[]>(names: Names, labels: LabelsOf<Names>): string[] =>
  names.map((name: Names[number]) => labels[name]);

const FLUSH_EVERY_MS = 5000;
/** How long a process that stops waits for Redis to take its last counts. */
const LAST_FLUSH_MS = 1000;

/** Flushes every few seconds; the release does it once more. */
export function keepFlushed(meter: Meter, log: Logger, everyMs = FLUSH_EVERY_MS): Disposer {
  const flush = (): void =>
    void meter.flush().catch((err: unknown) => log.debug({ err }, 'figures not stored yet'));
  const timer = setInterval(flush, everyMs);
  return async () => {
    clearInterval(timer);
    await raceAbort(meter.flush(), AbortSignal.timeout(LAST_FLUSH_MS)).catch(() => undefined);
  };
}
