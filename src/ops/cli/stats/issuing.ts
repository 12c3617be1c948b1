import type { BadgeId, BatchId } from '../../../ids.js';
import type { Batch } from '../../../issuing/batch.js';
import type { Hold, Holds } from '../../../issuing/hold.js';
import { batchJobId } from '../../../queue/job-ids.js';
import type { Award, Scheme } from '../../../rules/types.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { holdWords, PAUSED } from '../issuing-words.js';
import { instantWords } from '../time-words.js';
import { counted, type Words } from '../words.js';
import { indented, line, type Section } from './section.js';

/** Awards of one badge that are due and not in a batch yet. */
interface Waiting {
  readonly award: Award;
  readonly count: number;
}

/** `unknown`: the call was made, and OBF is to be read before anything else; `refused`: its job stands in failed. */
type BatchState = Batch['state'] | 'unknown' | 'refused';

interface BatchFigure {
  readonly award: Award;
  readonly id: BatchId;
  readonly state: BatchState;
  readonly earners: number;
  /** Unix seconds. */
  readonly sinceS: number;
}

/** An award whose issuing waits, and why. */
export interface HoldFigure {
  readonly award: Award;
  readonly hold: Hold;
}

export interface IssuingFigures {
  readonly paused: boolean;
  readonly holds: readonly HoldFigure[];
  readonly waiting: readonly Waiting[];
  readonly batches: readonly BatchFigure[];
}

export async function readIssuing(pipeline: Pipeline): Promise<IssuingFigures> {
  const { scheme, outbox, queues } = pipeline;
  const [paused, holds, counts, batches] = await Promise.all([
    queues.awards.isPaused(),
    readHolds(pipeline),
    Promise.all(scheme.awards.map(async (award) => ({ award, count: await outbox.waiting(award.badgeId) }))),
    Promise.all(scheme.awards.map((award) => batchesOf(pipeline, award))),
  ]);
  return { paused, holds, waiting: counts.filter(({ count }) => count > 0), batches: batches.flat() };
}

export async function readHolds({
  scheme,
  holds,
}: {
  readonly scheme: Pick<Scheme, 'awards'>;
  readonly holds: Pick<Holds, 'of'>;
}): Promise<readonly HoldFigure[]> {
  const found = await Promise.all(
    scheme.awards.map(async (award) => ({ award, hold: await holds.of(award.badgeId) })),
  );
  return found.flatMap(({ award, hold }) => (hold === null ? [] : [{ award, hold }]));
}

async function batchesOf(pipeline: Pipeline, award: Award): Promise<readonly BatchFigure[]> {
  const ids = await pipeline.batches.of(award.badgeId);
  const found = await Promise.all(ids.map((id) => figureOf(pipeline, award, award.badgeId, id)));
  return found.filter((figure) => figure !== null);
}

async function figureOf(
  pipeline: Pipeline,
  award: Award,
  badgeId: BadgeId,
  id: BatchId,
): Promise<BatchFigure | null> {
  const batch = await pipeline.batches.find(badgeId, id);
  if (batch === null) return null;
  const sinceS = secondsIn(batch.sentMs ?? batch.createdMs);
  return { award, id, state: await stateOf(pipeline, batch), earners: batch.earners.length, sinceS };
}

async function stateOf({ queues, clock, pace }: Pipeline, batch: Batch): Promise<BatchState> {
  if (batch.state === 'open' && (await queues.awards.getJobState(batchJobId(batch.id))) === 'failed')
    return 'refused';
  const over = batch.state === 'sending' && clock() - (batch.sentMs ?? 0) > pace.sendWithinMs;
  return over ? 'unknown' : batch.state;
}

const STATES: Readonly<Record<BatchState, Words>> = {
  open: { fr: 'formé', en: 'formed' },
  sending: { fr: 'envoi en cours', en: 'being issued' },
  unknown: {
    fr: 'issue inconnue, vérifiée dans OBF avant tout nouvel envoi',
    en: 'outcome unknown, looked up in OBF before anything is sent again',
  },
  sent: { fr: "délivré, en cours d'inscription", en: 'issued, being recorded' },
  refused: { fr: 'refusé par OBF, voir les échecs', en: 'refused by OBF, see what failed' },
};

export const issuingSection: Section = {
  id: 'issuing',
  title: { fr: 'Envois', en: 'Issuing' },
  async tell(pipeline) {
    const { paused, holds, waiting, batches } = await readIssuing(pipeline);
    const total = waiting.reduce((sum, { count }) => sum + count, 0);
    const { timeZone } = pipeline.scheme;
    return {
      lines: [
        paused ? PAUSED : { fr: 'en marche', en: 'running' },
        ...holds.map((held) => holdLine(held, timeZone)),
        line(
          { fr: 'badges dus, en attente du prochain envoi', en: 'due, waiting for the next issue call' },
          total,
        ),
        ...waiting.map(({ award, count }) => indented(line(quoted(award), count))),
        line({ fr: 'lots en route', en: 'batches under way' }, batches.length),
        ...batches.map((batch) => indented(batchWords(batch, timeZone))),
      ],
      json: {
        paused,
        on_hold: holds.map(({ award, hold }) => ({
          award: award.id,
          badge: award.badgeId,
          code: hold.code,
          obf: hold.words,
          since_s: secondsIn(hold.sinceMs),
          next_s: secondsIn(hold.nextMs),
        })),
        waiting: waiting.map(({ award, count }) => ({ award: award.id, badge: award.badgeId, count })),
        batches: batches.map(({ award, id, state, earners, sinceS }) => ({
          award: award.id,
          badge: award.badgeId,
          batch: id,
          state,
          earners,
          since_s: sinceS,
        })),
      },
    };
  },
};

const secondsIn = (ms: number): number => Math.floor(ms / 1000);

/** What waits, since when, why, and when it is tried again. */
export function holdLine({ award, hold }: HoldFigure, timeZone: string): Words {
  const since = instantWords(secondsIn(hold.sinceMs), timeZone);
  const next = instantWords(secondsIn(hold.nextMs), timeZone);
  const why = holdWords(hold);
  return line(
    { fr: `en attente, ${quoted(award).fr}`, en: `on hold, ${quoted(award).en}` },
    {
      fr: `${why.fr}. Depuis le ${since.fr} ; Palier regarde à nouveau le ${next.fr}, et reprend seul`,
      en: `${why.en}. Since ${since.en}; Palier looks again ${next.en}, and goes on by itself`,
    },
  );
}

const quoted = ({ name }: Award): Words => ({ fr: `« ${name} »`, en: `"${name}"` });

function batchWords({ award, id, state, earners, sinceS }: BatchFigure, timeZone: string): Words {
  const people = counted(earners, { fr: 'personne', en: 'earner' }, { fr: 'personnes', en: 'earners' });
  const since = instantWords(sinceS, timeZone);
  return line(quoted(award), {
    fr: `${people.fr}, ${STATES[state].fr} (depuis le ${since.fr}, lot ${id})`,
    en: `${people.en}, ${STATES[state].en} (since ${since.en}, batch ${id})`,
  });
}
