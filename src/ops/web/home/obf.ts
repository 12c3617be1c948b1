import { z } from 'zod';
import { asClientId, type ClientId } from '../../../ids.js';
import { secondsOf } from '../../../platform/clock.js';
import type { Logger } from '../../../platform/logger.js';
import type { Disposer } from '../../../platform/lifecycle.js';
import type { Sample } from '../../metrics/family.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { readCounters, type Figures } from './figures.js';

const counts = z.record(z.string(), z.number());

/** The counters of OBF's calls since the beginning, at an instant. */
const obfCounts = z.object({
  /** Unix seconds. */
  atS: z.number(),
  /** Calls by the class of their answer: `2xx`, `429`, `none`... */
  calls: counts,
  /** Calls that took no longer than so many seconds (`+Inf`: all), as Prometheus has it. */
  within: counts,
  /** By client: tokens that OBF gave, and refused. */
  given: counts,
  refused: counts,
});
export type ObfCounts = z.output<typeof obfCounts>;

function obfCountsIn(figures: Figures, atS: number): ObfCounts {
  const sumBy = (label: string, name: string, isCounted?: (sample: Sample) => boolean) => {
    const sums: Record<string, number> = {};
    for (const sample of figures.samples(name)) {
      if (isCounted?.(sample) === false) continue;
      const of = sample.labels[label] ?? '';
      sums[of] = (sums[of] ?? 0) + sample.value;
    }
    return sums;
  };
  const tokens = (outcome: string) =>
    sumBy(
      'client',
      'palier_token_requests_total',
      ({ value, labels }) => value > 0 && labels['outcome'] === outcome,
    );
  return {
    atS,
    calls: sumBy('status', 'palier_obf_calls_total'),
    within: sumBy(
      'le',
      'palier_obf_call_duration_seconds',
      ({ metricName }) => metricName?.endsWith('_bucket') === true,
    ),
    given: tokens('given'),
    refused: tokens('refused'),
  };
}

/** One sample each five minutes; enough of them for the last hour. */
export const SLOT_S = 300;
const KEPT = 14;
const slotOf = (atS: number): number => Math.floor(atS / SLOT_S);

/** Samples of the counters over the last hour, shared by all processes: a hash of which five minutes -> the counts. */
export function createObfSamples({ redis, prefix }: Pick<Pipeline['people'], 'redis' | 'prefix'>) {
  const key = `${prefix}:obf-samples`;
  return {
    /** Whether the sample of these five minutes is missing. */
    isDue: async (atS: number): Promise<boolean> => (await redis.hexists(key, String(slotOf(atS)))) === 0,
    /** Keeps it, unless another process did. */
    async keep(sample: ObfCounts): Promise<void> {
      const slot = slotOf(sample.atS);
      if ((await redis.hsetnx(key, String(slot), JSON.stringify(sample))) === 0) return;
      const old = (await redis.hkeys(key)).filter((one) => !(Number(one) > slot - KEPT));
      if (old.length > 0) await redis.hdel(key, ...old);
    },
    /** Oldest first. */
    async all(): Promise<readonly ObfCounts[]> {
      const texts = Object.values(await redis.hgetall(key));
      const read = texts.flatMap((text) => obfCounts.safeParse(JSON.parse(text)).data ?? []);
      return read.toSorted((a, b) => a.atS - b.atS);
    },
  };
}

/**
 * Pure. The latest sample that is at least so old, else the oldest; null: there is none.
 * @param samples oldest first
 */
export const sampleBefore = (samples: readonly ObfCounts[], nowS: number, ageS: number): ObfCounts | null =>
  samples.findLast(({ atS }) => atS <= nowS - ageS) ?? samples[0] ?? null;

/** How OBF answered between two instants. */
export interface ObfAnswers {
  /** Seconds between them. */
  readonly overS: number;
  readonly calls: number;
  /** 4xx, but for what follows. */
  readonly refused: number;
  /** 429. */
  readonly throttled: number;
  /** 5xx, or no whole answer. */
  readonly failed: number;
  /** Percentiles, seconds; null: no answer came. */
  readonly p50S: number | null;
  readonly p95S: number | null;
  /** Clients whose API key OBF refused, and never took. */
  readonly keysRefused: readonly ClientId[];
}

/** Pure. Counters that were lost meanwhile begin at 0 again. */
export function answersBetween(before: ObfCounts, now: ObfCounts): ObfAnswers {
  const calls = growth(before.calls, now.calls);
  const within = growth(before.within, now.within);
  const [given, refused] = [growth(before.given, now.given), growth(before.refused, now.refused)];
  const of = (...classes: readonly string[]): number =>
    classes.reduce((sum, one) => sum + (calls.get(one) ?? 0), 0);
  return {
    overS: Math.max(0, now.atS - before.atS),
    calls: of(...calls.keys()),
    refused: of('4xx'),
    throttled: of('429'),
    failed: of('5xx', 'none'),
    p50S: quantile(within, 0.5),
    p95S: quantile(within, 0.95),
    keysRefused: [...refused]
      .filter(([client, n]) => n > 0 && (given.get(client) ?? 0) === 0)
      .map(([client]) => asClientId(client)),
  };
}

function growth(
  before: Readonly<Record<string, number>>,
  now: Readonly<Record<string, number>>,
): ReadonlyMap<string, number> {
  const since = (name: string, value: number): number => {
    const known = before[name] ?? 0;
    return value < known ? value : value - known;
  };
  return new Map(Object.entries(now).map(([name, value]) => [name, since(name, value)]));
}

/**
 * Pure, as Prometheus' `histogram_quantile`: linear within a bucket; above the last limit, that limit.
 * @param within each limit in seconds, `+Inf` the last -> how many took no longer
 */
export function quantile(within: ReadonlyMap<string, number>, share: number): number | null {
  const buckets = [...within]
    .map(([le, count]) => ({ limitS: le === '+Inf' ? Infinity : Number(le), count }))
    .toSorted((a, b) => a.limitS - b.limitS);
  const rank = share * (buckets.at(-1)?.count ?? 0);
  if (rank === 0) return null;
  const at = buckets.findIndex(({ count }) => count >= rank);
  const [below, bucket] = [buckets[at - 1] ?? { limitS: 0, count: 0 }, buckets[at]];
  if (bucket === undefined) return null;
  if (bucket.limitS === Infinity) return below.limitS;
  const part = (rank - below.count) / (bucket.count - below.count);
  return below.limitS + (bucket.limitS - below.limitS) * part;
}

/** How OBF answered lately. Null: there is no sample to compare with. */
export async function readObfAnswers(
  { people, clock }: Pick<Pipeline, 'people' | 'clock'>,
  figures: Figures,
) {
  const nowS = secondsOf(clock);
  const samples = await createObfSamples(people).all();
  const now = obfCountsIn(figures, nowS);
  const over = (ageS: number): ObfAnswers | null => {
    const before = sampleBefore(samples, nowS, ageS);
    return before === null ? null : answersBetween(before, now);
  };
  // The last minutes are five to ten.
  return { lastHour: over(3600), lastMinutes: over(SLOT_S) };
}

/** Keeps a sample of the counters, once every five minutes; idempotent. */
export async function keepObfSample(pipeline: Pipeline): Promise<void> {
  const samples = createObfSamples(pipeline.people);
  const nowS = secondsOf(pipeline.clock);
  if (await samples.isDue(nowS)) await samples.keep(obfCountsIn(await readCounters(pipeline), nowS));
}

/** Does so as long as the web process lives: the first page of the day tells of the last hour. */
export function keepObfSamples(pipeline: Pipeline, log: Logger, everyMs = 60_000): Disposer {
  const keep = (): void =>
    void keepObfSample(pipeline).catch((err: unknown) => log.debug({ err }, 'counts of OBF not kept yet'));
  keep();
  const timer = setInterval(keep, everyMs);
  return () => clearInterval(timer);
}
