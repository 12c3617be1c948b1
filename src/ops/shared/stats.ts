import type { Latest, PartnerActivity } from '../../earners/partner-activity.js';
import type { ClientId } from '../../ids.js';
import type { ReadProblem } from '../../obf/read-state.js';
import { secondsOf } from '../../platform/clock.js';
import type { Partner } from '../../rules/types.js';
import type { Pipeline } from '../../workers/pipeline.js';
import { holdWords, instantWords } from './words.js';
import { type Localized, quoted, say } from '../../localized.js';

/** The awards whose issuing waits, and why. */
export async function readHolds({ scheme, holds }: Pick<Pipeline, 'scheme' | 'holds'>) {
  const found = await Promise.all(
    scheme.awards.map(async (award) => ({ award, hold: await holds.of(award.badgeId) })),
  );
  return found.flatMap(({ award, hold }) => (hold === null ? [] : [{ award, hold }]));
}

type AwardOnHold = Awaited<ReturnType<typeof readHolds>>[number];

/** Why issuing of one award waits, since when, and when Palier looks again. */
export function holdLine({ award, hold }: AwardOnHold, timeZone: string): Localized {
  const since = instantWords(Math.floor(hold.sinceMs / 1000), timeZone);
  const next = instantWords(Math.floor(hold.nextMs / 1000), timeZone);
  const [name, why] = [quoted(award.name), holdWords(hold)];
  return say`en attente, ${name} : ${why}. Depuis le ${since} ; Palier regarde à nouveau le ${next}, et reprend seul
    on hold, ${name}: ${why}. Since ${since}; Palier looks again ${next}, and goes on by itself`;
}

/** Held awards that somebody is to look at; `award` is null where the scheme no longer has it. */
export async function readFlags({ flags, scheme }: Pick<Pipeline, 'flags' | 'scheme'>) {
  const awards = new Map(scheme.awards.map((award) => [award.badgeId, award]));
  return (await flags.list()).map((flag) => ({ ...flag, award: awards.get(flag.badgeId) ?? null }));
}

export const SILENT_DAYS = 30;
const DAY_S = 86_400;

interface NewsSources extends Pick<Pipeline, 'scheme' | 'clock'> {
  readonly news: Pick<PartnerActivity, 'partners'>;
}

/** The active partners: first those never heard of, then the longest silent. */
export async function readPartnerNews({ scheme, clock, news }: NewsSources): Promise<readonly PartnerNews[]> {
  const known = await news.partners();
  const nowS = secondsOf(clock);
  const found = scheme.partners
    .filter(({ active }) => active)
    .map((partner) => newsOf(partner, known.get(partner.clientId) ?? null, nowS));
  const heardS = ({ lastS }: PartnerNews): number => lastS ?? -Infinity;
  return found.toSorted((a, b) => (heardS(a) === heardS(b) ? 0 : heardS(a) - heardS(b)));
}

export type PartnerNews = ReturnType<typeof newsOf>;

/** When a partner was last heard of, Unix seconds, and how many whole days ago; null: nothing was ever read. */
export function newsOf(partner: Partner, last: Latest | null, nowS: number) {
  const { lastS, eventId: lastEvent } = last ?? { lastS: null, eventId: null };
  const quietDays = lastS === null ? null : Math.max(0, Math.floor((nowS - lastS) / DAY_S));
  /** Somebody should ask them whether all is well. */
  const silent = quietDays === null || quietDays >= SILENT_DAYS;
  return { partner, lastS, lastEvent, quietDays, silent };
}

/**
 * What of OBF cannot be read, and people are to know of; oldest first. An odd row is shown at once, an incomplete list
 * after a day: OBF may still be writing it.
 */
export async function readProblemsToShow({ readProblems, clock }: Pick<Pipeline, 'readProblems' | 'clock'>) {
  const nowS = secondsOf(clock);
  const found = await readProblems.list();
  return found.filter(({ missing, sinceS }) => missing === null || nowS - sinceS >= DAY_S);
}

/** Pure: names the client, the event and the field; no person. */
export function problemWords(
  { clientId, eventId, fields, missing }: ReadProblem,
  nameOf: (clientId: ClientId) => string,
): Localized {
  const who = nameOf(clientId);
  const where: Localized =
    eventId === null
      ? { fr: "liste d'événements", en: 'list of events' }
      : { fr: `événement ${eventId}`, en: `event ${eventId}` };
  if (missing === null)
    return say`${who}, ${where} : une ligne est illisible (champ ${fields.join(', ')})
      ${who}, ${where}: a row cannot be read (field ${fields.join(', ')})`;
  const { seen, expected } = missing;
  return say`${who}, ${where} : OBF en montre ${seen} sur ${expected ?? '?'} depuis plus d'un jour
    ${who}, ${where}: OBF shows ${seen} of ${expected ?? '?'} for more than a day`;
}

/** @returns the groups in the order of their first members */
export function groupBy<T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}
