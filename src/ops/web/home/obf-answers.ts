import { asClientId } from '../../../ids.js';
import { secondsOf } from '../../../platform/clock.js';
import { recentKey, SLOT_S, SLOTS } from '../../../platform/meter.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import {
  countedFamilies,
  type Family,
  LIMITS,
  readGaugeMetrics,
  type Sample,
} from '../../metrics/counted.js';

const samplesNamed = (families: readonly Family[], name: string): readonly Sample[] =>
  families.find((family) => family.name === name)?.samples ?? [];

/** Returns when each account's events were last read completely, Unix seconds, by client. */
export async function readLastPolls(pipeline: Pipeline): Promise<ReadonlyMap<string, number>> {
  const samples = samplesNamed(
    await readGaugeMetrics(pipeline),
    'palier_poll_last_success_timestamp_seconds',
  );
  return new Map(samples.map(({ labels, value }) => [labels['client'] ?? '', value]));
}

/** Counts of OBF's answers in a period. */
export type ObfAnswers = ReturnType<typeof answersIn>;

/** Reads how OBF answered all processes recently. Null: nothing was counted. */
export async function readObfAnswers({ redis, prefix, clock }: Pick<Pipeline, 'redis' | 'prefix' | 'clock'>) {
  const nowS = secondsOf(clock);
  const slotTimes = Array.from({ length: SLOTS }, (_, back) => nowS - back * SLOT_S);
  const slots = await Promise.all(slotTimes.map((atS) => redis.hgetall(recentKey(prefix, atS))));
  const answersOver = (count: number): ObfAnswers | null => {
    const recent = slots.slice(0, count);
    const oldest = recent.findLastIndex((one) => Object.keys(one).length > 0);
    return oldest === -1 ? null : answersIn(recent, oldest * SLOT_S + (nowS % SLOT_S));
  };
  // Two slots are the last five to ten minutes.
  return { lastHour: answersOver(SLOTS), lastMinutes: answersOver(2) };
}

/** Pure. @param slots hashes of the meter @param overS seconds since the oldest began */
function answersIn(slots: readonly Readonly<Record<string, string>>[], overS: number) {
  const counts: Record<string, number> = {};
  for (const [field, count] of slots.flatMap((one) => Object.entries(one)))
    counts[field] = (counts[field] ?? 0) + Number(count);
  const families = countedFamilies(counts);
  const sum = (name: string, labels: Sample['labels'] = {}): number =>
    samplesNamed(families, name)
      .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
      .reduce((total, { value }) => total + value, 0);
  const calls = (labels: Sample['labels'] = {}): number => sum('palier_obf_calls_total', labels);
  const buckets = new Map(LIMITS.map((le) => [le, sum('palier_obf_call_duration_seconds', { le })]));
  const tokens = (outcome: string): readonly string[] =>
    samplesNamed(families, 'palier_token_requests_total').flatMap(({ labels }) =>
      labels['outcome'] === outcome ? (labels['client'] ?? []) : [],
    );
  const acceptedClients = new Set(tokens('given'));
  return {
    overS,
    calls: calls(),
    /** 4xx but 429. */
    refused: calls({ status: '4xx' }),
    throttled: calls({ status: '429' }),
    /** 5xx, or no complete answer. */
    failed: calls({ status: '5xx' }) + calls({ status: 'none' }),
    /** Percentiles, seconds; null: no answer came. */
    p50S: quantile(buckets, 0.5),
    p95S: quantile(buckets, 0.95),
    /** Clients whose API key OBF refused every time. */
    keysRefused: tokens('refused')
      .filter((client) => !acceptedClients.has(client))
      .map(asClientId),
  };
}

/**
 * Pure. Computes a quantile as Prometheus' `histogram_quantile` does: linear within a bucket, at most the last limit.
 * @param buckets cumulative counts by limit in seconds, with `+Inf` @returns null when nothing was counted
 */
export function quantile(buckets: ReadonlyMap<string, number>, share: number): number | null {
  const rank = share * (buckets.get('+Inf') ?? 0);
  if (rank === 0) return null;
  let below = { limitS: 0, count: 0 };
  const limits = [...buckets].map(([le, count]) => ({
    limitS: le === '+Inf' ? Infinity : Number(le),
    count,
  }));
  for (const { limitS, count } of limits.toSorted((a, b) => a.limitS - b.limitS)) {
    if (count >= rank && limitS < Infinity)
      // Rounding must not lead out of the bucket: the share is at most 1 exactly.
      return below.limitS + (limitS - below.limitS) * ((rank - below.count) / (count - below.count));
    if (limitS < Infinity) below = { limitS, count };
  }
  return below.limitS;
}
