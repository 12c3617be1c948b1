import { AggregatorRegistry } from 'prom-client';
import { batchFigures } from './batches.js';
import { countedFigures } from './counted.js';
import type { Family } from './family.js';
import { issuingFigures } from './issuing.js';
import type { FigureNeeds, Reader } from './needs.js';
import { noticeFigures } from './notices.js';
import { queueFigures } from './queues.js';
import { rulesFigures } from './rules.js';
import { scheduleFigures } from './schedules.js';

/** All that a scrape reads; a new figure is a family in one of these files, or a file beside them. */
const READERS: readonly Reader[] = [
  rulesFigures,
  queueFigures,
  noticeFigures,
  issuingFigures,
  batchFigures,
  scheduleFigures,
  countedFigures,
];

/**
 * All figures of all processes, in Prometheus' text format: what was counted is added up in Redis, what
 * stands there is read at this instant. So any one web process tells them all.
 * @throws when Redis does not answer
 */
export async function scrape(needs: FigureNeeds): Promise<string> {
  // What this process counted itself is to be in it.
  await needs.meter.flush();
  const families = await Promise.all(READERS.map((read) => read(needs)));
  return written(families.flat());
}

/** A registry of its own for each scrape, as prom-client makes one of what other processes counted. */
const written = (families: readonly Family[]): Promise<string> =>
  AggregatorRegistry.aggregate([families.map(jsonOf)]).metrics();

/** As `getMetricsAsJSON` of prom-client tells a metric. */
const jsonOf = ({ name, help, type, samples }: Family): object => ({
  name,
  help,
  type,
  values: samples,
  aggregator: 'first',
});
