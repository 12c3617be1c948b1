import type { Flag } from '../../../issuing/flags.js';
import type { Award } from '../../../rules/types.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { instantWords } from '../time-words.js';
import type { Words } from '../words.js';
import { line, type Section } from './section.js';

export interface FlagFigure extends Flag {
  /** Null: the scheme no longer has it. */
  readonly award: Award | null;
}

export async function readFlags({ flags, scheme }: Pipeline): Promise<readonly FlagFigure[]> {
  const awards = new Map(scheme.awards.map((award) => [award.badgeId, award]));
  return (await flags.list()).map((flag) => ({ ...flag, award: awards.get(flag.badgeId) ?? null }));
}

export const flagsSection: Section = {
  id: 'flags',
  title: {
    fr: "À examiner : badges Région dont la règle n'est plus remplie, un badge ayant été révoqué",
    en: 'To be looked at: awards whose rule is no longer met, since a badge was revoked',
  },
  async tell(pipeline) {
    const flags = await readFlags(pipeline);
    const { timeZone } = pipeline.scheme;
    return {
      lines:
        flags.length === 0 ? [{ fr: 'aucun', en: 'none' }] : flags.map((flag) => wordsOf(flag, timeZone)),
      json: flags.map(({ award, badgeId, earner, atS }) => ({
        award: award?.id ?? null,
        badge: badgeId,
        earner,
        since_s: atS,
      })),
    };
  },
};

function wordsOf({ award, badgeId, earner, atS }: FlagFigure, timeZone: string): Words {
  const name = award?.name ?? badgeId;
  const since = instantWords(atS, timeZone);
  return line(
    { fr: `« ${name} »`, en: `"${name}"` },
    { fr: `bénéficiaire ${earner}, depuis le ${since.fr}`, en: `earner ${earner}, since ${since.en}` },
  );
}
