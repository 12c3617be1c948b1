import type { Asked, Lacking, More } from './explain-facts.js';
import type { Named, Period, ReasonWords, Words } from './explain-words.js';

const some = (count: number, one: string, many: string): string => `${count} ${count < 2 ? one : many}`;
const badges = (count: number): string => some(count, 'badge', 'badges');
const rule = (met: boolean): string => (met ? 'la règle est remplie' : "la règle n'est pas remplie");
const list = (names: readonly string[]): string => names.map((name) => `« ${name} »`).join(', ');
const named = ({ badge, partner, issued }: Named): string => `« ${badge} », ${partner}, ${issued}`;

function period({ from, until }: Period): string {
  if (from !== null && until !== null) return `du ${from} au ${until}`;
  if (from !== null) return `à partir du ${from}`;
  return until === null ? 'sans limite' : `jusqu'au ${until}`;
}

const issued = (count: number): string => (count < 2 ? 'délivré' : 'délivrés');

/** Of which kind: « « Communiquer » de niveau 2 ». */
const sort = ({ competency, level }: Asked): string =>
  [
    ...(competency === null ? [] : [`« ${competency} »`]),
    ...(level === null ? [] : [`de niveau ${level}`]),
  ].join(' ');

/** Which badges, without their number. */
const which = (asked: Asked, count: number): readonly string[] => [
  ...(sort(asked) === '' ? [] : [sort(asked)]),
  ...(asked.ability === null ? [] : [`pour la capacité « ${asked.ability} »`]),
  ...(asked.from.length === 0 ? [] : [`${issued(count)} par ${asked.from.join(' ou ')}`]),
  ...(asked.among.length === 0 ? [] : [`parmi ${list(asked.among)}`]),
];

const perIssuer = ({ perIssuer: most }: Asked): readonly string[] =>
  most === null ? [] : [`à raison de ${most} au plus par organisme`];

const demands = (asked: Asked, count: number, dates: Period): readonly string[] => [
  ...(asked.issuers === null ? [] : [`d'au moins ${some(asked.issuers, 'organisme', 'organismes')}`]),
  ...perIssuer(asked),
  ...(asked.abilities === null
    ? []
    : [`couvrant au moins ${some(asked.abilities, 'capacité', 'capacités')}`]),
  ...(dates.from === null && dates.until === null ? [] : [`${issued(count)} ${period(dates)}`]),
  ...(asked.withinMonths === null ? [] : [`${issued(count)} dans les ${asked.withinMonths} derniers mois`]),
];

/** « 3 badges de niveau 2, d'au moins 2 organismes ». */
const phrase = (start: string, parts: readonly string[]): string =>
  parts.length === 0 ? start : `${start} ${parts.join(', ')}`;

/** Of `total` badges, from others: « d'un autre organisme », « dont 2 de 2 autres organismes ». */
function others(more: More | null, total: number, one: string, many: (count: number) => string): string[] {
  if (more === null || (more.count === 1 && !more.other)) return [];
  const words = more.count === 1 ? one : many(more.count);
  return [more.count === total ? words : `dont ${more.count} ${words}`];
}

const other = (more: More | null): string => (more?.other === true ? 'autres ' : '');

function lacking({ badges: count, issuers, abilities }: Lacking, asked: Asked | null): string {
  const start = phrase(`encore ${badges(count)}`, asked === null ? [] : which(asked, count));
  return [
    start,
    ...others(issuers, count, "d'un autre organisme", (n) => `de ${n} ${other(issuers)}organismes`),
    ...others(abilities, count, 'pour une autre capacité', (n) => `pour ${n} ${other(abilities)}capacités`),
    ...(asked === null || issuers?.count === count ? [] : perIssuer(asked)),
  ].join(', ');
}

const reason: ReasonWords = {
  not_enrolled: "ce badge n'est pas inscrit",
  wrong_client: "il n'est pas délivré par l'organisme qui l'a inscrit",
  partner_inactive: "l'organisme n'est pas actif",
  outside_enrolment: (dates) => `délivré hors de la période d'inscription du badge (${period(dates)})`,
  revoked: 'révoqué',
  expired: (day) => `expiré depuis le ${day}`,
  outside_condition_dates: (dates) => `délivré hors des dates demandées (${period(dates)})`,
  duplicate_of: (twin) => `en double avec « ${twin.badge} » du ${twin.issued}`,
  over_per_issuer: (most) => `au-delà de ${badges(most)} par organisme`,
};

/** What the Région and its partners read. */
export const fr: Words = {
  locale: 'fr',
  day: (written) => written.replace(/^1 /, '1er '),
  otherAwards: 'Autres badges de la Région',
  leftOutHeading: 'Ne comptent pour aucun badge de la Région',
  award: (name, id, level, status) =>
    `${level === null ? '' : `niveau ${level}, `}« ${name} » (${id}) : ${status}`,
  status: {
    held: (day, met) => `attribué le ${day}${met ? '' : ` ; aujourd'hui, ${rule(met)}`}`,
    due: 'dû : la règle est remplie, le badge reste à délivrer',
    blocked: (met) => `bloqué, car retiré à la main ; ${rule(met)}`,
    inactive: (met) => `inactif, rien n'est délivré ; ${rule(met)}`,
    notMet: (what) => `il manque ${what}`,
  },
  group: {
    all: ({ have, need }) => `toutes ces conditions : ${some(have, 'remplie', 'remplies')} sur ${need}`,
    any: ({ have }) => `au moins une de ces conditions : ${some(have, 'remplie', 'remplies')}`,
    at_least: ({ have, need }, size) =>
      `au moins ${need} de ces ${size} conditions : ${some(have, 'remplie', 'remplies')}`,
  },
  holds: (award, through) =>
    `avoir « ${award} » : ${{ held: 'déjà attribué', due: 'dû', none: 'pas encore' }[through ?? 'none']}`,
  asked: (count, asked, dates) =>
    phrase(badges(count), [...which(asked, count), ...demands(asked, count, dates)]),
  tally: {
    badges: ({ have, need }) => `${badges(have)} sur ${need}`,
    issuers: ({ have, need }) => `${some(have, 'organisme', 'organismes')} sur ${need}`,
    abilities: ({ have, need }) => `${some(have, 'capacité', 'capacités')} sur ${need}`,
  },
  lacking,
  lackingAward: (name) => `le badge « ${name} »`,
  lackingSome: (count, parts) => `encore ${count} parmi : ${parts.join(' ; ')}`,
  and: ' et ',
  or: ' ou ',
  colon: ' : ',
  semicolon: ' ; ',
  counted: (assertion) => `compté : ${named(assertion)}`,
  leftOut: (assertion, why) => `non compté : ${named(assertion)} : ${why}`,
  reason,
};
