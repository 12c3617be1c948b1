import { secondsOf } from '../../../platform/clock.js';
import type { News, NewsBoard } from '../../../earners/partner-activity.js';
import type { Partner } from '../../../rules/types.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { instantWords } from '../time-words.js';
import { counted, type Words } from '../words.js';
import { line, type Section } from './section.js';

export interface PartnersNeeds extends Pick<Pipeline, 'scheme' | 'clock'> {
  readonly news: Pick<NewsBoard, 'all'>;
}

export interface PartnerFigure {
  readonly partner: Partner;
  /** Null: nothing of theirs was ever read. */
  readonly last: News | null;
  /** Whole days since then; null: nothing was ever read. */
  readonly quietDays: number | null;
  /** Somebody should ask them whether all is well. */
  readonly silent: boolean;
}

const SILENT_DAYS = 30;
const DAY_S = 86_400;

/** Those who take part: first whoever was never heard of, then the longest silent. */
export async function readPartnersNews({
  scheme,
  clock,
  news,
}: PartnersNeeds): Promise<readonly PartnerFigure[]> {
  const known = await news.all();
  const nowS = secondsOf(clock);
  const figures = scheme.partners
    .filter(({ active }) => active)
    .map((partner) => figureOf(partner, known.get(partner.clientId) ?? null, nowS));
  const heardS = ({ last }: PartnerFigure): number => last?.happenedS ?? -Infinity;
  return figures.toSorted((a, b) => (heardS(a) === heardS(b) ? 0 : heardS(a) - heardS(b)));
}

function figureOf(partner: Partner, last: News | null, nowS: number): PartnerFigure {
  const quietDays = last === null ? null : Math.max(0, Math.floor((nowS - last.happenedS) / DAY_S));
  return { partner, last, quietDays, silent: quietDays === null || quietDays >= SILENT_DAYS };
}

export const partnersSection: Section<PartnersNeeds> = {
  id: 'partners',
  title: {
    fr: `Dernier événement de chaque partenaire (« ! » : rien depuis ${SILENT_DAYS} jours)`,
    en: `Last event of each partner ("!": nothing for ${SILENT_DAYS} days)`,
  },
  async tell(needs) {
    const figures = await readPartnersNews(needs);
    return {
      lines:
        figures.length === 0
          ? [{ fr: 'aucun partenaire actif', en: 'no active partner' }]
          : figures.map((figure) => wordsOf(figure, needs.scheme.timeZone)),
      json: figures.map(({ partner, last, quietDays, silent }) => ({
        client_id: partner.clientId,
        name: partner.name,
        silent,
        quiet_days: quietDays,
        last_event: last?.eventId ?? null,
        last_event_s: last?.happenedS ?? null,
        stored_s: last?.atS ?? null,
      })),
    };
  },
};

function wordsOf({ partner: { name }, last, quietDays, silent }: PartnerFigure, timeZone: string): Words {
  const sign = silent ? '! ' : '';
  return line({ fr: `${sign}${name}`, en: `${sign}${name}` }, newsWords(last, quietDays ?? 0, timeZone));
}

function newsWords(last: News | null, quietDays: number, timeZone: string): Words {
  if (last === null)
    return { fr: 'jamais rien reçu, ni trouvé dans OBF', en: 'nothing ever received, nor found in OBF' };
  const at = instantWords(last.happenedS, timeZone);
  const days = counted(quietDays, { fr: 'jour', en: 'day' }, { fr: 'jours', en: 'days' });
  return quietDays < 1
    ? { fr: `le ${at.fr}`, en: at.en }
    : { fr: `il y a ${days.fr} (le ${at.fr})`, en: `${days.en} ago (${at.en})` };
}
