import { asClientId } from '../../../ids.js';
import { secondsOf } from '../../../platform/clock.js';
import { recentKey, SLOT_S, SLOTS } from '../../../platform/meter.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { countedFamilies, type Family, LIMITS, markFigures, type Sample } from '../../metrics/counted.js';

const samplesNamed = (families: readonly Family[], name: string): readonly Sample[] =>
  families.find((family) => family.name === name)?.samples ?? [];

/** When the events of each account were last read to their end, Unix seconds, by client. */
export async function readLastPolls(pipeline: Pipeline): Promise<ReadonlyMap<string, number>> {
  const samples = samplesNamed(await markFigures(pipeline), 'palier_poll_last_success_timestamp_seconds');
  return new Map(samples.map(({ labels, value }) => [labels['client'] ?? '', value]));
}

/** How OBF answered in some minutes. */
export type ObfAnswers = ReturnType<typeof answersIn>;

/** How OBF answered lately, by all processes' counts. Null: nothing was counted. */
export async function readObfAnswers({ redis, prefix, clock }: Pick<Pipeline, 'redis' | 'prefix' | 'clock'>) {
  const nowS = secondsOf(clock);
  const instants = Array.from({ length: SLOTS }, (_, back) => nowS - back * SLOT_S);
  const counted = await Promise.all(instants.map((atS) => redis.hgetall(recentKey(prefix, atS))));
  const over = (slots: number): ObfAnswers | null => {
    const counts = counted.slice(0, slots);
    const oldest = counts.findLastIndex((one) => Object.keys(one).length > 0);
    return oldest === -1 ? null : answersIn(counts, oldest * SLOT_S + (nowS % SLOT_S));
  };
  // The last minutes are five to ten.
  return { lastHour: over(SLOTS), lastMinutes: over(2) };
}

/** Pure. @param counted some of the meter's hashes, which began `overS` ago */
function answersIn(counted: readonly Readonly<Record<string, string>>[], overS: number) {
  const counts: Record<string, number> = {};
  for (const [field, count] of counted.flatMap((one) => Object.entries(one)))
    counts[field] = (counts[field] ?? 0) + Number(count);
  const families = countedFamilies(counts);
  const sum = (name: string, labels: Sample['labels'] = {}): number =>
    samplesNamed(families, name)
      .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
      .reduce((total, { value }) => total + value, 0);
  const calls = (labels: Sample['labels'] = {}): number => sum('palier_obf_calls_total', labels);
  const within = new Map(LIMITS.map((le) => [le, sum('palier_obf_call_duration_seconds', { le })]));
  const tokens = (outcome: string): readonly string[] =>
    samplesNamed(families, 'palier_token_requests_total').flatMap(({ labels }) =>
      labels['outcome'] === outcome ? (labels['client'] ?? []) : [],
    );
  const given = new Set(tokens('given'));
  return {
    overS,
    calls: calls(),
    /** But for 429. */
    refused: calls({ status: '4xx' }),
    throttled: calls({ status: '429' }),
    /** 5xx, or no whole answer. */
    failed: calls({ status: '5xx' }) + calls({ status: 'none' }),
    /** Percentiles, seconds; null: no answer came. */
    p50S: quantile(within, 0.5),
    p95S: quantile(within, 0.95),
    /** Clients whose API key OBF refused, and never took. */
    keysRefused: tokens('refused')
      .filter((client) => !given.has(client))
      .map(asClientId),
  };
}

/**
 * Pure, as Prometheus' `histogram_quantile`: linear within a bucket; above the last limit, that limit.
 * @param within each limit in seconds, `+Inf` too, and how many took no longer. @returns null: there were none
 */
export function quantile(within: ReadonlyMap<string, number>, share: number): number | null {
  const rank = share * (within.get('+Inf') ?? 0);
  if (rank === 0) return null;
  let below = { limitS: 0, count: 0 };
  const limits = [...within].map(([le, count]) => ({ limitS: le === '+Inf' ? Infinity : Number(le), count }));
  for (const { limitS, count } of limits.toSorted((a, b) => a.limitS - b.limitS)) {
    if (count >= rank && limitS < Infinity)
      return below.limitS + ((limitS - below.limitS) * (rank - below.count)) / (count - below.count);
    if (limitS < Infinity) below = { limitS, count };
  }
  return below.limitS;
}
