import type { Job, Queue } from 'bullmq';
import { readArrived } from '../../../queue/arrived.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { durationWords } from '../time-words.js';
import { line, type Section } from './section.js';

export interface NoticeFigures {
  /** To be read as soon as a worker is free; the clock's readings of accounts are among them. */
  readonly waiting: number;
  /** Failed before, and waiting for their next attempt. */
  readonly retrying: number;
  readonly active: number;
  /** When the oldest of them was stored, Unix seconds; null: none waits. */
  readonly oldestS: number | null;
}

const PAGE = 200;
/** The clock's own jobs: one of each client always waits for its time. */
const isNotice = ({ name }: Job): boolean => name !== 'poll';

export async function readNotices({ queues: { arrivals, notices } }: Pipeline): Promise<NoticeFigures> {
  const [arrived, counts, firstInLine, retrying] = await Promise.all([
    readArrived(arrivals),
    notices.getJobCounts('waiting', 'active'),
    notices.getJobs(['waiting'], 0, PAGE - 1, true),
    allDelayed(notices),
  ]);
  const queued = [...firstInLine, ...retrying].filter(isNotice).map(({ timestamp }) => timestamp);
  const made = arrived.oldestMs === null ? queued : [arrived.oldestMs, ...queued];
  return {
    waiting: arrived.notices + (counts['waiting'] ?? 0),
    retrying: retrying.length,
    active: counts['active'] ?? 0,
    oldestS: made.length === 0 ? null : Math.floor(Math.min(...made) / 1000),
  };
}

/** They stand in the order of their next attempt, which says nothing of their age: all are looked at. */
async function allDelayed(queue: Queue): Promise<readonly Job[]> {
  const found: Job[] = [];
  for (let at = 0; ; at += PAGE) {
    const page = await queue.getDelayed(at, at + PAGE - 1);
    found.push(...page.filter(isNotice));
    if (page.length < PAGE) return found;
  }
}

export const noticesSection: Section = {
  id: 'notices',
  title: { fr: 'Avis reçus', en: 'Notices' },
  async tell(pipeline) {
    const { waiting, retrying, active, oldestS } = await readNotices(pipeline);
    const ageS = oldestS === null ? null : Math.max(0, Math.floor(pipeline.clock() / 1000) - oldestS);
    return {
      lines: [
        line({ fr: 'en attente', en: 'waiting' }, waiting),
        line({ fr: 'en cours', en: 'being read' }, active),
        line({ fr: 'à retenter plus tard', en: 'to be tried again later' }, retrying),
        ...(ageS === null
          ? []
          : [
              line(
                { fr: 'le plus ancien attend depuis', en: 'the oldest has waited for' },
                durationWords(ageS),
              ),
            ]),
      ],
      json: { waiting, active, retrying, oldest_age_s: ageS },
    };
  },
};
