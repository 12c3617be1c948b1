import type { Asked, Shortfall, More } from './facts.js';
import type { Period, RuleWords, HoldsStatus } from './words.js';

/** "1 badge", "2 badges", "0 badges". */
export const some = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** "a, b and c"; "a, so far, and b" where a comma alone would not part them. */
export function joined(phrases: readonly string[], last: 'and' | 'or'): string {
  const before = phrases.slice(0, -1);
  const end = phrases.at(-1) ?? '';
  if (before.length === 0) return end;
  return before.some((phrase) => phrase.includes(', '))
    ? phrases.join(`, ${last} `)
    : `${before.join(', ')} ${last} ${end}`;
}

/** `"A", "B" and "C"`. */
export const listed = (names: readonly string[]): string =>
  joined(
    names.map((name) => `"${name}"`),
    'and',
  );

/** "from 1 January 2024 to 31 December 2026". */
export function period({ from, until }: Period): string {
  if (from !== null && until !== null) return `from ${from} to ${until}`;
  if (from !== null) return `from ${from} on`;
  return until === null ? 'without limit' : `until ${until}`;
}

/** Of which kind: `of "Communiquer" at level 2`. */
const sort = ({ competency, level }: Asked): string =>
  [
    ...(competency === null ? [] : [`of "${competency}"`]),
    ...(level === null ? [] : [`at level ${level}`]),
  ].join(' ');

/** Which badges, without their number, and without who issues them when. */
const which = (asked: Asked): readonly string[] => [
  ...(sort(asked) === '' ? [] : [sort(asked)]),
  ...(asked.ability === null ? [] : [`for the ability "${asked.ability}"`]),
  ...(asked.among.length === 0 ? [] : [`among ${listed(asked.among)}`]),
];

/** "issued by A or B, from 1 January 2024 on"; nothing, when whoever may, whenever. */
function issued({ from }: Asked, when: readonly string[]): readonly string[] {
  const parts = [...(from.length === 0 ? [] : [`by ${joined(from, 'or')}`]), ...when];
  return parts.length === 0 ? [] : [`issued ${parts.join(', ')}`];
}

const months = (count: number): string => (count === 1 ? 'month' : `${count} months`);

const demands = (asked: Asked, dates: Period): readonly string[] => [
  ...(asked.issuers === null ? [] : [`from at least ${some(asked.issuers, 'organisation')}`]),
  ...(asked.perIssuer === null ? [] : [`at most ${asked.perIssuer} of each organisation`]),
  ...(asked.abilities === null ? [] : [`covering at least ${some(asked.abilities, 'ability', 'abilities')}`]),
  ...issued(asked, [
    ...(dates.from === null && dates.until === null ? [] : [period(dates)]),
    ...(asked.withinMonths === null ? [] : [`in the last ${months(asked.withinMonths)}`]),
  ]),
];

/** "3 badges of level 2, from at least 2 organisations". */
const phrase = (start: string, parts: readonly string[]): string =>
  parts.length === 0 ? start : `${start} ${parts.join(', ')}`;

/** Of `total` badges, from whom: "from another organisation", "1 of them from another organisation". */
function fromOthers(more: More | null, total: number): readonly string[] {
  if (more === null || (more.count === 1 && !more.other)) return [];
  const { count, other } = more;
  if (!other)
    return [
      count === total ? `from ${count} different organisations` : `from at least ${count} organisations`,
    ];
  const part = count === total ? '' : `${count} of them `;
  if (count === 1) return [`${part}from another organisation`];
  return [part === '' ? `from ${count} other organisations` : `${part}each from another organisation`];
}

/** The same of abilities. A badge need not have one: so even the first is worth telling. */
function forOthers(more: More | null, total: number): readonly string[] {
  if (more === null) return [];
  const { count, other } = more;
  const part = count === total ? '' : `${count} of them `;
  if (count === 1) return [`${part}for ${other ? 'another' : 'an'} ability`];
  if (!other)
    return [part === '' ? `for ${count} different abilities` : `covering at least ${count} abilities`];
  return [part === '' ? `for ${count} other abilities` : `${part}each for another ability`];
}

function lacking(
  { badges: count, issuers, abilities }: Shortfall,
  asked: Asked | null,
  until: string | null,
) {
  const start = `${count} more ${count === 1 ? 'badge' : 'badges'}`;
  const more = [...fromOthers(issuers, count), ...forOthers(abilities, count)];
  if (asked === null) return [start, ...more].join(', ');
  const byWhen = issued(asked, until === null ? [] : [`on ${until} at the latest`]);
  const limit =
    asked.perIssuer === null || issuers?.count === count
      ? ''
      : ` (at most ${asked.perIssuer} of each organisation)`;
  return `${phrase(start, [...which(asked), ...more, ...byWhen])}${limit}`;
}

const STANDINGS: Readonly<Record<HoldsStatus, string>> = {
  held: 'held',
  due: 'due',
  waiting: 'due, waits for "npx palier apply"',
  blocked: 'not yet, and it is blocked',
  inactive: 'not yet, and it is inactive',
  none: 'not yet',
};
const HINDERED: Readonly<Partial<Record<HoldsStatus, string>>> = {
  blocked: ' (blocked)',
  inactive: ' (inactive)',
};

/** What a rule asks for, has and lacks. */
export const enRule: RuleWords = {
  group: {
    all: ({ have, need }) => `all of these conditions: ${have} of ${need} met`,
    any: ({ have }) => `at least one of these conditions: ${have} met`,
    at_least: ({ have, need }, size) => `at least ${need} of these ${size} conditions: ${have} met`,
  },
  holds: (award, standing) => `to hold "${award}": ${STANDINGS[standing]}`,
  asked: (count, asked, dates) => phrase(some(count, 'badge'), [...which(asked), ...demands(asked, dates)]),
  tally: {
    badges: ({ have, need }) => `${have} of ${some(need, 'badge')}`,
    issuers: ({ have, need }) => `${have} of ${some(need, 'organisation')}`,
    abilities: ({ have, need }) => `${have} of ${some(need, 'ability', 'abilities')}`,
  },
  lacking,
  lackingAward: (name, standing) => `the badge "${name}"${HINDERED[standing] ?? ''}`,
  lackingAwards: (count, names) => `${count} more of the ${names.length} badges ${listed(names)}`,
  lackingSome: (count, parts) => `${count} of these ${parts.length}: ${parts.join('; ')}`,
  still: (phrases) => phrases,
};
