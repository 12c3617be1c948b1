import type { AwardId, SchemeVersion } from '../../../ids.js';
import { secondsOf } from '../../../platform/clock.js';
import type { Award } from '../../../rules/types.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { durationWords } from '../time-words.js';
import { counted, type Words } from '../words.js';
import { line, type Section } from './section.js';

/** Everyone was looked at, at some time, under some version of the scheme. */
export interface Census {
  /** Unix seconds. */
  readonly atS: number;
  readonly version: SchemeVersion;
  /** How many people one more badge would give the award to. */
  readonly oneAway: ReadonlyMap<AwardId, number>;
}

export interface OneAwayNeeds extends Pick<Pipeline, 'scheme' | 'clock'> {
  /** Reads the last census; null: there was none. */
  readonly census: { read(): Promise<Census | null> };
}

export interface OneAwayFigures {
  readonly atS: number;
  readonly ageS: number;
  readonly version: SchemeVersion;
  /** Whether the scheme is still the one that they were counted under. */
  readonly current: boolean;
  readonly awards: readonly { readonly award: Award; readonly people: number }[];
}

/** Of the active awards; null: nobody was counted yet. */
export async function readOneAway({ scheme, clock, census }: OneAwayNeeds): Promise<OneAwayFigures | null> {
  const found = await census.read();
  if (found === null) return null;
  const { atS, version, oneAway } = found;
  return {
    atS,
    ageS: Math.max(0, secondsOf(clock) - atS),
    version,
    current: version === scheme.version,
    awards: scheme.awards
      .filter(({ active }) => active)
      .map((award) => ({ award, people: oneAway.get(award.id) ?? 0 })),
  };
}

export const oneAwaySection: Section<OneAwayNeeds> = {
  id: 'one_away',
  title: { fr: "À un badge d'un badge Région", en: 'One badge away from an award' },
  async tell(needs) {
    const figures = await readOneAway(needs);
    return figures === null
      ? { lines: [NEVER], json: null }
      : { lines: linesOf(figures), json: jsonOf(figures) };
  },
};

const NEVER: Words = {
  fr: "pas encore compté : c'est fait chaque nuit ; « npx palier simulate » le dit tout de suite",
  en: 'not counted yet: it is done every night; "npx palier simulate" tells at once',
};

function linesOf({ ageS, current, awards }: OneAwayFigures): readonly Words[] {
  const age = durationWords(ageS);
  return [
    { fr: `compté il y a ${age.fr}`, en: `counted ${age.en} ago` },
    ...(current ? [] : [OTHER_RULES]),
    ...awards.map(({ award: { name }, people }) =>
      line(
        { fr: `« ${name} »`, en: `"${name}"` },
        counted(people, { fr: 'personne', en: 'person' }, { fr: 'personnes', en: 'people' }),
      ),
    ),
  ];
}

const OTHER_RULES: Words = {
  fr: "! sous d'autres règles que celles d'aujourd'hui : « npx palier simulate » le dit tout de suite",
  en: '! under other rules than those of today: "npx palier simulate" tells at once',
};

const jsonOf = ({ atS, ageS, version, current, awards }: OneAwayFigures) => ({
  counted_at_s: atS,
  age_s: ageS,
  version,
  current,
  awards: awards.map(({ award, people }) => ({ award: award.id, people })),
});
