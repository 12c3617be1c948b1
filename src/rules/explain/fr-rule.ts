import type { Asked, Shortfall, More } from './facts.js';
import type { Period, RuleWords, HoldsStatus } from './words.js';

/** French counts 0 as one. */
export const some = (count: number, one: string, many: string): string =>
  `${count} ${count < 2 ? one : many}`;
const badges = (count: number): string => some(count, 'badge', 'badges');
/** « a, b et c »; « a, d'un côté, et b » where a comma alone would not part them. */
export function joined(phrases: readonly string[], last: 'et' | 'ou'): string {
  const before = phrases.slice(0, -1);
  const end = phrases.at(-1) ?? '';
  if (before.length === 0) return end;
  return before.some((phrase) => phrase.includes(', '))
    ? phrases.join(`, ${last} `)
    : `${before.join(', ')} ${last} ${end}`;
}

/** « « A », « B » et « C » ». */
export const listed = (names: readonly string[]): string =>
  joined(
    names.map((name) => `« ${name} »`),
    'et',
  );

/** « du 1er janvier 2024 au 31 décembre 2026 ». */
export function period({ from, until }: Period): string {
  if (from !== null && until !== null) return `du ${from} au ${until}`;
  if (from !== null) return `à partir du ${from}`;
  return until === null ? 'sans limite' : `jusqu'au ${until}`;
}

/** Of which kind: « « Communiquer » de niveau 2 ». */
const sort = ({ competency, level }: Asked): string =>
  [
    ...(competency === null ? [] : [`« ${competency} »`]),
    ...(level === null ? [] : [`de niveau ${level}`]),
  ].join(' ');

/** Which badges, without their number, and without who issues them when. */
const which = (asked: Asked): readonly string[] => [
  ...(sort(asked) === '' ? [] : [sort(asked)]),
  ...(asked.ability === null ? [] : [`pour la capacité « ${asked.ability} »`]),
  ...(asked.among.length === 0 ? [] : [`parmi ${listed(asked.among)}`]),
];

/** « délivrés par A ou B, à partir du 1er janvier 2024 »; nothing, when whoever may, whenever. */
function issued(count: number, { from }: Asked, when: readonly string[]): readonly string[] {
  const parts = [...(from.length === 0 ? [] : [`par ${joined(from, 'ou')}`]), ...when];
  return parts.length === 0 ? [] : [`${count < 2 ? 'délivré' : 'délivrés'} ${parts.join(', ')}`];
}

const months = (count: number): string => (count === 1 ? 'le dernier mois' : `les ${count} derniers mois`);

const demands = (asked: Asked, count: number, dates: Period): readonly string[] => [
  ...(asked.issuers === null ? [] : [`d'au moins ${some(asked.issuers, 'organisme', 'organismes')}`]),
  ...(asked.perIssuer === null ? [] : [`à raison de ${asked.perIssuer} au plus par organisme`]),
  ...(asked.abilities === null
    ? []
    : [`couvrant au moins ${some(asked.abilities, 'capacité', 'capacités')}`]),
  ...issued(count, asked, [
    ...(dates.from === null && dates.until === null ? [] : [period(dates)]),
    ...(asked.withinMonths === null ? [] : [`dans ${months(asked.withinMonths)}`]),
  ]),
];

/** « 3 badges de niveau 2, d'au moins 2 organismes ». */
const phrase = (start: string, parts: readonly string[]): string =>
  parts.length === 0 ? start : `${start} ${parts.join(', ')}`;

/** Of `total` badges, from whom: « d'un autre organisme », « dont 1 d'un autre organisme ». */
function fromOthers(more: More | null, total: number): readonly string[] {
  if (more === null || (more.count === 1 && !more.other)) return [];
  const { count, other } = more;
  if (!other)
    return [count === total ? `de ${count} organismes différents` : `d'au moins ${count} organismes`];
  if (count === 1) return [total === 1 ? "d'un autre organisme" : "dont 1 d'un autre organisme"];
  return [
    count === total ? `de ${count} autres organismes` : `dont ${count} provenant chacun d'un autre organisme`,
  ];
}

/** The same of abilities. A badge need not have one: so even the first is worth telling. */
function forOthers(more: More | null, total: number): readonly string[] {
  if (more === null) return [];
  const { count, other } = more;
  const part = count === total ? '' : `dont ${count} `;
  if (count === 1) return [`${part}${other ? 'pour une autre capacité' : 'rattaché à une capacité'}`];
  if (!other)
    return [part === '' ? `pour ${count} capacités différentes` : `couvrant au moins ${count} capacités`];
  return [part === '' ? `pour ${count} autres capacités` : `${part}couvrant chacun une autre capacité`];
}

function lacking(
  { badges: count, issuers, abilities }: Shortfall,
  asked: Asked | null,
  until: string | null,
) {
  const more = [...fromOthers(issuers, count), ...forOthers(abilities, count)];
  if (asked === null) return [badges(count), ...more].join(', ');
  const byWhen = issued(count, asked, until === null ? [] : [`au plus tard le ${until}`]);
  const limit =
    asked.perIssuer === null || issuers?.count === count ? '' : ` (${asked.perIssuer} au plus par organisme)`;
  return `${phrase(badges(count), [...which(asked), ...more, ...byWhen])}${limit}`;
}

const STANDINGS: Readonly<Record<HoldsStatus, string>> = {
  held: 'déjà attribué',
  due: 'dû',
  waiting: 'dû, en attente de « npx palier apply »',
  blocked: 'pas encore, et il est bloqué',
  inactive: 'pas encore, et il est inactif',
  none: 'pas encore',
};
const HINDERED: Readonly<Partial<Record<HoldsStatus, string>>> = {
  blocked: ' (bloqué)',
  inactive: ' (inactif)',
};

const met = (count: number): string => some(count, 'remplie', 'remplies');

/** What a rule asks for, has and lacks. */
export const frRule: RuleWords = {
  group: {
    all: ({ have, need }) => `toutes ces conditions : ${met(have)} sur ${need}`,
    any: ({ have }) => `au moins une de ces conditions : ${met(have)}`,
    at_least: ({ have, need }, size) => `au moins ${need} de ces ${size} conditions : ${met(have)}`,
  },
  holds: (award, standing) => `avoir « ${award} » : ${STANDINGS[standing]}`,
  asked: (count, asked, dates) => phrase(badges(count), [...which(asked), ...demands(asked, count, dates)]),
  tally: {
    badges: ({ have, need }) => `${badges(have)} sur ${need}`,
    issuers: ({ have, need }) => `${some(have, 'organisme', 'organismes')} sur ${need}`,
    abilities: ({ have, need }) => `${some(have, 'capacité', 'capacités')} sur ${need}`,
  },
  lacking,
  lackingAward: (name, standing) => `le badge « ${name} »${HINDERED[standing] ?? ''}`,
  lackingAwards: (count, names) => `${count} des ${names.length} badges ${listed(names)}`,
  lackingSome: (count, parts) => `${count} des ${parts.length} éléments suivants : ${parts.join(' ; ')}`,
  still: (phrases) => `encore ${phrases}`,
};
