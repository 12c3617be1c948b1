import type { Pipeline } from '../../../workers/pipeline.js';
import { countedFigures } from '../../metrics/counted.js';
import type { Family, Reader, Sample } from '../../metrics/family.js';
import { batchFigures, issuingFigures } from '../../metrics/issuing.js';
import { queueFigures, scheduleFigures, waitFigures } from '../../metrics/queues.js';

/** The figures of `/metrics`, so that the page and the alerts never disagree. */
export interface Figures {
  /** The sum of all series of this name with these labels; 0: there is none. */
  sum(name: string, labels?: Sample['labels']): number;
  samples(name: string): readonly Sample[];
}

/** Some hundred commands of Redis, however many earners and failed jobs there are. */
export const readFigures = (pipeline: Pipeline): Promise<Figures> =>
  read(pipeline, [queueFigures, waitFigures, issuingFigures, batchFigures, scheduleFigures, countedFigures]);

/** The counters alone. */
export const readCounters = (pipeline: Pipeline): Promise<Figures> => read(pipeline, [countedFigures]);

async function read(pipeline: Pipeline, readers: readonly Reader[]): Promise<Figures> {
  const { redis, prefix } = pipeline.people;
  // Only a scrape tells the period of the polls, and the version.
  const needs = { ...pipeline, redis, prefix, pollEveryS: 0, version: '' };
  return figuresIn((await Promise.all(readers.map((reader) => reader(needs)))).flat());
}

function figuresIn(families: readonly Family[]): Figures {
  const byName = new Map(families.map(({ name, samples }) => [name, samples]));
  const samples = (name: string): readonly Sample[] => byName.get(name) ?? [];
  return {
    samples,
    sum: (name, labels = {}) =>
      samples(name)
        .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
        .reduce((sum, { value }) => sum + value, 0),
  };
}
