import { type AwardStats, type PopulationStats, thresholdOf } from '../../../rules/population-stats.js';
import type { Award, Scheme } from '../../../rules/types.js';
import { tableLines } from '../plan/table.js';
import type { Lang, Localized } from '../../shared/words.js';

/** No more columns than a terminal has room for. */
const MOST_COLUMNS = 9;

/** By competency and level: how many people have 0, 1, 2... of what each rule counts. */
export function standingLines(
  { awards, competencies }: Scheme,
  { byAward }: PopulationStats,
  lang: Lang,
): readonly string[] {
  const known = awards.flatMap((award) => {
    const census = byAward.get(award.id);
    return census === undefined ? [] : [{ award, census }];
  });
  const order = [...competencies.keys()];
  const placeOf = ({ competency }: Award): number =>
    competency === null ? order.length : order.indexOf(competency);
  const inOrder = known.toSorted(
    (a, b) => placeOf(a.award) - placeOf(b.award) || (a.award.level ?? 99) - (b.award.level ?? 99),
  );
  const most = Math.max(0, ...known.map(({ census }) => census.atCount.length - 1));
  const last = Math.min(most, MOST_COLUMNS - 1);
  const counts = Array.from({ length: last + 1 }, (_, at) =>
    at === last && most > last ? `${at}+` : `${at}`,
  );
  return [
    TITLE[lang],
    ...tableLines(
      [NAME[lang], THRESHOLD[lang], ...counts, ONE_AWAY[lang]],
      inOrder.map(({ award, census }) => rowOf(award, census, last)),
    ),
    NOTE[lang],
  ];
}

function rowOf({ name, id, rule }: Award, { atCount, oneAway }: AwardStats, last: number): readonly string[] {
  const counts = Array.from({ length: last + 1 }, (_, at) =>
    at < last ? (atCount[at] ?? 0) : sum(atCount.slice(last)),
  );
  const threshold = thresholdOf(rule);
  return [
    `${name} (${id})`,
    threshold === null ? '-' : String(threshold),
    ...counts.map(String),
    String(oneAway),
  ];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

const TITLE: Localized = {
  fr: 'Nombre de personnes qui ont 0, 1, 2... des badges que chaque règle compte :',
  en: 'How many people have 0, 1, 2... of the badges that each rule counts:',
};
const NAME: Localized = { fr: 'Badge Région', en: 'Award' };
const THRESHOLD: Localized = { fr: 'seuil', en: 'threshold' };
const ONE_AWAY: Localized = { fr: 'à un badge près', en: 'one badge away' };
const NOTE: Localized = {
  fr: "D'une règle à plusieurs conditions, c'est celle qui décide qui est comptée ; d'une règle sans badges, les badges Région. « à un badge près » : un seul badge de plus, inscrit aujourd'hui, le donnerait.",
  en: 'Of a rule with several conditions, the one that decides is counted; of a rule without badges, awards. "one badge away": one more badge, enrolled today, would give it.',
};
