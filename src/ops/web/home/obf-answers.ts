import type { Pipeline } from '../../../workers/pipeline.js';
import type { Figures } from './figures.js';
import { obfCountsIn } from './obf-counts.js';
import { answersBetween, type ObfAnswers } from './obf-hour.js';
import { createObfSamples, sampleBefore, SLOT_S } from './obf-samples.js';

/** How OBF answered lately. Null: nothing was kept to tell it from. */
export interface ObfLately {
  readonly lastHour: ObfAnswers | null;
  /** In the last five minutes, or ten. */
  readonly lastMinutes: ObfAnswers | null;
}

const HOUR_S = 3600;

export async function readObfAnswers(
  { people }: Pick<Pipeline, 'people'>,
  figures: Figures,
  nowS: number,
): Promise<ObfLately> {
  const samples = await createObfSamples(people.redis, people.prefix).all();
  const counts = obfCountsIn(figures, nowS);
  const over = (ageS: number): ObfAnswers | null => {
    const before = sampleBefore(samples, nowS, ageS);
    return before === null ? null : answersBetween(before, counts);
  };
  return { lastHour: over(HOUR_S), lastMinutes: over(SLOT_S) };
}
