import type { QuotaReading } from '../../../issuing/quota.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { instantWords } from '../time-words.js';
import type { Words } from '../words.js';
import { line, type Section } from './section.js';

export interface QuotaFigures {
  /** Null: never read. */
  readonly reading: QuotaReading | null;
  /** Issuing stops rather than leave fewer. */
  readonly floor: number;
}

export const readQuota = async ({ quota, pace }: Pipeline): Promise<QuotaFigures> => ({
  reading: await quota.known(),
  floor: pace.quota.floor,
});

export const quotaSection: Section = {
  id: 'quota',
  title: { fr: 'Quota OBF de la Région', en: 'OBF quota of the Région' },
  async tell(pipeline) {
    const { reading, floor } = await readQuota(pipeline);
    const readAtS = reading === null ? null : Math.floor(reading.readMs / 1000);
    return {
      lines: wordsOf(reading, readAtS, floor, pipeline.scheme.timeZone),
      json: { left: reading?.left ?? null, read_at_s: readAtS, floor },
    };
  },
};

function wordsOf(
  reading: QuotaReading | null,
  readAtS: number | null,
  floor: number,
  timeZone: string,
): readonly Words[] {
  if (reading === null || readAtS === null)
    return [
      {
        fr: "pas encore lu : il l'est avant le premier envoi",
        en: 'not read yet: it is, before the first issue call',
      },
    ];
  if (reading.left === null) return [{ fr: "OBF n'en dit rien", en: 'OBF does not say' }];
  const at = instantWords(readAtS, timeZone);
  const left = line(
    { fr: 'badges encore à délivrer', en: 'badges that may still be issued' },
    {
      fr: `${reading.left} (lu le ${at.fr}, envois déduits)`,
      en: `${reading.left} (read ${at.en}, less what was issued)`,
    },
  );
  const low = {
    fr: `Les envois attendent : ils s'arrêtent à ${floor}. Faites relever le quota dans OBF ; ils reprennent seuls.`,
    en: `Issuing waits: it stops at ${floor}. Have the quota raised in OBF; it goes on by itself.`,
  };
  return reading.left <= floor ? [left, low] : [left];
}
