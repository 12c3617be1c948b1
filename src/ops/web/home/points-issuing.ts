import { holdWords } from '../../shared/issuing-words.js';
import { howMany, told } from './how-many.js';
import { TO } from './links.js';
import type { Facts, Point } from './verdict.js';

/** What keeps awards that are due from being issued. */
export const pointsAboutIssuing = (facts: Facts): readonly Point[] => [
  ...paused(facts),
  ...quotaOut(facts),
  ...onHold(facts),
];

const SEE_ISSUING: Point['link'] = {
  href: TO.now,
  words: { fr: 'Voir où en sont les envois', en: 'See how issuing stands' },
};

const paused = ({ now }: Facts): readonly Point[] => {
  const due = howMany(
    now.due,
    { fr: 'badge dû attend', en: 'award that is due waits' },
    { fr: 'badges dus attendent', en: 'awards that are due wait' },
  );
  const waits = now.due === 0 ? { fr: 'rien n’est délivré', en: 'nothing is given' } : due;
  const text = { fr: `Les envois sont suspendus : ${waits.fr}.`, en: `Issuing is paused: ${waits.en}.` };
  return now.paused ? [{ kind: 'bad', text, link: SEE_ISSUING, mend: 'resume' }] : [];
};

/** Told once, whether it is used up or a batch is too large for what is left. */
const quotaOut = ({ now: { quota, holds } }: Facts): readonly Point[] => {
  const left = quota.reading?.left ?? null;
  const isWaitedFor = holds.some(({ hold }) => hold.code === 'quota');
  if (left === null || (left > quota.floor && !isWaitedFor)) return [];
  const out = left <= quota.floor;
  return [
    {
      kind: 'bad',
      text: {
        fr: `Le quota OBF de la Région ${out ? 'est épuisé' : 'ne suffit plus à l’envoi qui attend'} : il reste ${told(left).fr} badges, et Palier s’arrête à ${told(quota.floor).fr}. Faites-le relever dans OBF ; les envois reprennent seuls.`,
        en: `The Région’s OBF quota ${out ? 'is used up' : 'does not suffice for what waits'}: ${told(left).en} badges are left, and Palier stops at ${told(quota.floor).en}. Have it raised in OBF; issuing goes on by itself.`,
      },
      link: QUOTA,
    },
  ];
};

/** One for each award: they may wait for different reasons. Of the quota is told once for all. */
const onHold = ({ now: { holds } }: Facts): readonly Point[] =>
  holds
    .filter(({ hold }) => hold.code !== 'quota')
    .map(({ award, hold }): Point => {
      const why = holdWords(hold);
      return {
        kind: 'bad',
        text: {
          fr: `« ${award.name} » n’est plus délivré : ${why.fr}. Palier regarde à nouveau de lui-même et reprend seul ; rien n’est perdu.`,
          en: `"${award.name}" is not issued any more: ${why.en}. Palier looks again and goes on by itself; nothing is lost.`,
        },
        link: SEE_ISSUING,
      };
    });

const QUOTA: Point['link'] = { href: TO.now, words: { fr: 'Voir le quota', en: 'See the quota' } };

/** At the pace of the last 30 days, the next 30 would use it up. */
export const quotaLow = ({ now: { quota }, issuedLast30Days }: Facts): readonly Point[] => {
  const left = quota.reading?.left ?? null;
  const usable = left === null ? 0 : left - quota.floor;
  if (usable <= 0 || usable >= Math.max(issuedLast30Days, quota.floor)) return [];
  return [
    {
      kind: 'watch',
      text: {
        fr: `Le quota OBF de la Région s’épuise : Palier peut encore délivrer ${told(usable).fr} badges ; il en a délivré ${told(issuedLast30Days).fr} en 30 jours.`,
        en: `The Région’s OBF quota nears its end: Palier may issue ${told(usable).en} more badges; it issued ${told(issuedLast30Days).en} in 30 days.`,
      },
      link: QUOTA,
    },
  ];
};
