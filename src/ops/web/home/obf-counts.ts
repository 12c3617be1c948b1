import { z } from 'zod';
import type { Figures } from './figures.js';

const count = z.number();

/** What was counted of OBF's calls from the beginning on, at an instant. */
export const obfCounts = z.object({
  /** Unix seconds. */
  atS: z.number(),
  /** Calls by the class of their answer: `2xx`, `429`, `none`... */
  calls: z.record(z.string(), count),
  /** Calls that took no longer than so many seconds (`+Inf`: all), as Prometheus has it. */
  within: z.record(z.string(), count),
  /** By client: tokens that OBF gave, and refused. */
  given: z.record(z.string(), count),
  refused: z.record(z.string(), count),
});
export type ObfCounts = z.output<typeof obfCounts>;

/** Pure. */
export function obfCountsIn(figures: Figures, atS: number): ObfCounts {
  const tokens = (outcome: string): Record<string, number> =>
    summedBy(
      figures
        .samples('palier_token_requests_total')
        .filter(({ labels, value }) => labels['outcome'] === outcome && value > 0),
      'client',
    );
  return {
    atS,
    calls: summedBy(figures.samples('palier_obf_calls_total'), 'status'),
    within: summedBy(
      figures
        .samples('palier_obf_call_duration_seconds')
        .filter(({ metricName }) => metricName?.endsWith('_bucket') === true),
      'le',
    ),
    given: tokens('given'),
    refused: tokens('refused'),
  };
}

function summedBy(samples: ReturnType<Figures['samples']>, label: string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { labels, value } of samples) {
    const of = labels[label] ?? '';
    sums[of] = (sums[of] ?? 0) + value;
  }
  return sums;
}
