import { BUCKETS_S, SUM } from '../../platform/meter.js';
import { groupBy, labelsOf, type Entry } from './entry.js';
import type { Sample } from './family.js';

const LIMITS = [...BUCKETS_S.map(String), '+Inf'];

/** The series of one histogram. @param entries each with its labels' values, and which part of it it is */
export function histogramSamples(
  name: string,
  labelNames: readonly string[],
  entries: readonly Entry[],
): readonly Sample[] {
  const series = groupBy(entries, ({ rest }) => JSON.stringify(rest.slice(0, -1)));
  return [...series.values()].flatMap((parts) => {
    const [first] = parts;
    return first === undefined ? [] : seriesOf(name, labelsOf(labelNames, first), parts);
  });
}

/** Each bucket of the scrape holds all that took no longer; in Redis each run is in one bucket alone. */
function seriesOf(name: string, labels: Sample['labels'], parts: readonly Entry[]): readonly Sample[] {
  const values = new Map(parts.map(({ rest, value }) => [rest.at(-1), value]));
  let total = 0;
  const buckets = LIMITS.map((le): Sample => {
    total += values.get(le) ?? 0;
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: total };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: (values.get(SUM) ?? 0) / 1_000_000 },
    { metricName: `${name}_count`, labels, value: total },
  ];
}
