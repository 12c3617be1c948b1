import type { ClientId } from '../../../ids.js';
import type { ReadProblem } from '../../../obf/read-problems.js';
import { secondsOf } from '../../../platform/clock.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import type { Words } from '../words.js';
import type { Section } from './section.js';

const DAY_S = 86_400;

/** What is incomplete is told after a day: OBF may still be writing it. An odd row is told at once. */
export const toTell = ({ missing, sinceS }: ReadProblem, nowS: number): boolean =>
  missing === null || nowS - sinceS >= DAY_S;

/** What people are to be told of, oldest first. */
export async function readProblemsToTell({
  readProblems,
  clock,
}: Pick<Pipeline, 'readProblems' | 'clock'>): Promise<readonly ReadProblem[]> {
  const nowS = secondsOf(clock);
  return (await readProblems.list()).filter((one) => toTell(one, nowS));
}

/** Pure: names the client, the event and the field; no person. */
export function problemWords(
  { clientId, eventId, fields, missing }: ReadProblem,
  nameOf: (clientId: ClientId) => string,
): Words {
  const who = nameOf(clientId);
  const where: Words =
    eventId === null
      ? { fr: "liste d'événements", en: 'list of events' }
      : { fr: `événement ${eventId}`, en: `event ${eventId}` };
  if (missing === null)
    return {
      fr: `${who}, ${where.fr} : une ligne est illisible (champ ${fields.join(', ')})`,
      en: `${who}, ${where.en}: a row cannot be read (field ${fields.join(', ')})`,
    };
  const { seen, expected } = missing;
  return {
    fr: `${who}, ${where.fr} : OBF en montre ${seen} sur ${expected ?? '?'} depuis plus d'un jour`,
    en: `${who}, ${where.en}: OBF shows ${seen} of ${expected ?? '?'} for more than a day`,
  };
}

export const readingSection: Section<Pick<Pipeline, 'readProblems' | 'clock' | 'scheme'>> = {
  id: 'reading',
  title: { fr: "Ce qu'OBF montre mal", en: 'What OBF shows badly' },
  async tell(needs) {
    const problems = await readProblemsToTell(needs);
    const nameOf = (id: ClientId) => needs.scheme.partnersById.get(id)?.name ?? id;
    return {
      lines:
        problems.length === 0
          ? [{ fr: 'rien', en: 'nothing' }]
          : problems.map((one) => problemWords(one, nameOf)),
      json: problems.map(({ clientId, list, eventId, fields, missing, sinceS }) => ({
        client_id: clientId,
        list,
        event: eventId,
        fields,
        seen: missing?.seen ?? null,
        expected: missing?.expected ?? null,
        since_s: sinceS,
      })),
    };
  },
};
