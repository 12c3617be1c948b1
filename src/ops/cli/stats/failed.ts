import { newestFailed } from '../../../queue/failed-jobs.js';
import { QUEUES, type QueueName } from '../../../queue/names.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { NEWEST } from '../../failures/groups.js';
import { failedByReason, type FailedGroup } from '../failed-jobs.js';
import { counted, type Words } from '../words.js';
import { indented, line, type Section } from './section.js';

export interface FailedFigures {
  readonly queue: QueueName;
  readonly total: number;
  /** Older than those whose reasons are told. */
  readonly older: number;
  /** Of the newest; the most frequent first. */
  readonly reasons: readonly FailedGroup[];
}

/** More than these nobody reads; the JSON has all. */
const MAX_TOLD = 10;

export async function readFailed({ queues }: Pipeline): Promise<readonly FailedFigures[]> {
  return Promise.all(
    QUEUES.map(async (queue) => {
      const { total, failures } = await newestFailed(queues[queue], NEWEST);
      return { queue, total, older: total - failures.length, reasons: failedByReason(failures) };
    }),
  );
}

export const failedSection: Section = {
  id: 'failed',
  title: {
    fr: 'Échecs (« npx palier replay » les renvoie)',
    en: 'Failed ("npx palier replay" sends them again)',
  },
  async tell(pipeline) {
    const figures = await readFailed(pipeline);
    return {
      lines: figures.flatMap(({ queue, total, older, reasons }) => [
        line({ fr: queue, en: queue }, total),
        ...reasonWords(reasons),
        ...olderWords(older),
      ]),
      json: Object.fromEntries(figures.map(({ queue, total, reasons }) => [queue, { total, reasons }])),
    };
  },
};

function reasonWords(reasons: readonly FailedGroup[]): readonly Words[] {
  const told = reasons.slice(0, MAX_TOLD).map(({ count, reason }) => {
    const words = `${count} × ${reason}`;
    return indented({ fr: words, en: words });
  });
  const more = reasons.length - told.length;
  if (more <= 0) return told;
  const rest = counted(
    more,
    { fr: 'autre cause', en: 'other reason' },
    { fr: 'autres causes', en: 'other reasons' },
  );
  return [...told, indented({ fr: `et ${rest.fr}`, en: `and ${rest.en}` })];
}

const olderWords = (older: number): readonly Words[] =>
  older <= 0 ? [] : [indented({ fr: `et ${older} de plus, plus anciens`, en: `and ${older} more, older` })];
