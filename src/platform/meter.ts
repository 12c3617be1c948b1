import {
  bucketOf,
  COUNTERS,
  countersKey,
  fieldOf,
  MARKS,
  marksKey,
  SUM,
  TIMES,
  type CounterLabels,
  type CounterName,
  type LabelsOf,
  type MarkLabels,
  type MarkName,
  type TimeLabels,
  type TimeName,
} from './counted.js';
import type { Logger } from './logger.js';
import { raceAbort } from './race-abort.js';
import type { RedisConnection } from './redis.js';
import type { Release } from './shutdown.js';

/** Counts in memory, which costs next to nothing; every few seconds all processes' counts are added up in Redis. */
export interface Meter {
  count<N extends CounterName>(name: N, labels: CounterLabels<N>, by?: number): void;
  time<N extends TimeName>(name: N, labels: TimeLabels<N>, durationMs: number): void;
  /** @param atS Unix seconds */
  mark<N extends MarkName>(name: N, labels: MarkLabels<N>, atS: number): void;
  /**
   * Adds to Redis what was counted since the last time. What could not be added is kept for the next; where
   * Redis took it and its answer was lost, it is added twice: these are figures, nothing is decided by them.
   */
  flush(): Promise<void>;
}

/** KEYS: counters, marks. ARGV: how many counters, then field and number of each, then of each mark. */
const ADD = `
local counters = tonumber(ARGV[1]) * 2
for i = 2, counters + 1, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
for i = counters + 2, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
return 1`;

/** @param prefix of the keys, without a hash tag */
export function createMeter(redis: RedisConnection, prefix: string): Meter {
  let counts = new Map<string, number>();
  let marks = new Map<string, number>();
  const add = (field: string, by: number): void => void counts.set(field, (counts.get(field) ?? 0) + by);
  const send = async (): Promise<void> => {
    if (counts.size === 0 && marks.size === 0) return;
    const [sent, marked] = [counts, marks];
    [counts, marks] = [new Map(), new Map()];
    try {
      const told = [...sent, ...marked].flat();
      await redis.eval(ADD, 2, countersKey(prefix), marksKey(prefix), sent.size, ...told);
    } catch (error) {
      for (const [field, by] of sent) add(field, by);
      // What was marked since is the later mark.
      marks = new Map([...marked, ...marks]);
      throw error;
    }
  };
  let last: Promise<void> = Promise.resolve();
  return {
    count: (name, labels, by = 1) => add(fieldOf(name, valuesOf(COUNTERS[name], labels)), by),
    time(name, labels, durationMs) {
      const values = valuesOf(TIMES[name], labels);
      add(fieldOf(name, values, bucketOf(durationMs / 1000)), 1);
      add(fieldOf(name, values, SUM), Math.max(0, Math.round(durationMs * 1000)));
    },
    mark: (name, labels, atS) => void marks.set(fieldOf(name, valuesOf(MARKS[name], labels)), atS),
    // One after the other: two at once could put an older mark over a newer one.
    flush: () => (last = last.then(send, send)),
  };
}

const valuesOf = <Names extends readonly string[]>(names: Names, labels: LabelsOf<Names>): string[] =>
  names.map((name: Names[number]) => labels[name]);

const FLUSH_EVERY_MS = 5000;
/** How long a process that stops waits for Redis to take its last counts. */
const LAST_FLUSH_MS = 1000;

/** Flushes every few seconds; the release does it once more. */
export function keepFlushed(meter: Meter, log: Logger, everyMs = FLUSH_EVERY_MS): Release {
  let underWay = false;
  const flush = async (): Promise<void> => {
    // Where Redis is away, one that waits is enough.
    if (underWay) return;
    underWay = true;
    await meter.flush().catch((err: unknown) => log.debug({ err }, 'figures not stored yet'));
    underWay = false;
  };
  const timer = setInterval(() => void flush(), everyMs);
  return async () => {
    clearInterval(timer);
    await raceAbort(meter.flush(), AbortSignal.timeout(LAST_FLUSH_MS)).catch(() => undefined);
  };
}
