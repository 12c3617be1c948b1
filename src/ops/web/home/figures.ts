import { batchFigures } from '../../metrics/batches.js';
import { countedFigures } from '../../metrics/counted.js';
import type { Family, Sample } from '../../metrics/family.js';
import { issuingFigures } from '../../metrics/issuing.js';
import type { FigureNeeds, Reader } from '../../metrics/needs.js';
import { noticeFigures } from '../../metrics/notices.js';
import { queueFigures } from '../../metrics/queues.js';
import { scheduleFigures } from '../../metrics/schedules.js';
import type { Pipeline } from '../../../workers/pipeline.js';

/**
 * The figures that `/metrics` tells, so that the page and the alerts never disagree. However many earners
 * and failed jobs there are, they take some hundred commands of Redis.
 */
export interface Figures {
  /** Every series of this name whose labels are these, added up; 0: there is none. */
  sum(name: string, labels?: Sample['labels']): number;
  samples(name: string): readonly Sample[];
}

const NOW: readonly Reader[] = [
  queueFigures,
  noticeFigures,
  issuingFigures,
  batchFigures,
  scheduleFigures,
  countedFigures,
];

export const readFigures = (pipeline: Pipeline): Promise<Figures> => read(pipeline, NOW);

/** What is counted from the beginning on, alone. */
export const readCounters = (pipeline: Pipeline): Promise<Figures> => read(pipeline, [countedFigures]);

async function read(pipeline: Pipeline, readers: readonly Reader[]): Promise<Figures> {
  const needs = needsOf(pipeline);
  return figuresIn((await Promise.all(readers.map((reader) => reader(needs)))).flat());
}

/** Only a scrape tells the period of the polls, and the version. */
const needsOf = (pipeline: Pipeline): FigureNeeds => ({
  ...pipeline,
  redis: pipeline.people.redis,
  prefix: pipeline.people.prefix,
  pollEveryS: 0,
  version: '',
});

/** Pure. */
export function figuresIn(families: readonly Family[]): Figures {
  const byName = new Map(families.map(({ name, samples }) => [name, samples]));
  const samples = (name: string): readonly Sample[] => byName.get(name) ?? [];
  return {
    samples,
    sum: (name, labels = {}) =>
      samples(name)
        .filter((sample) => has(sample, labels))
        .reduce((sum, { value }) => sum + value, 0),
  };
}

const has = (sample: Sample, labels: Sample['labels']): boolean =>
  Object.entries(labels).every(([name, value]) => sample.labels[name] === value);
