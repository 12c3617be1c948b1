import type { Asked, Lacking, More } from './explain-facts.js';
import type { Named, Period, ReasonWords, Words } from './explain-words.js';

const some = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
const rule = (met: boolean): string => (met ? 'the rule is met' : 'the rule is not met');
const named = ({ badge, partner, issued }: Named): string => `"${badge}", ${partner}, ${issued}`;

function period({ from, until }: Period): string {
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

/** Which badges, without their number. */
const which = (asked: Asked): readonly string[] => [
  ...(sort(asked) === '' ? [] : [sort(asked)]),
  ...(asked.ability === null ? [] : [`for the ability "${asked.ability}"`]),
  ...(asked.from.length === 0 ? [] : [`issued by ${asked.from.join(' or ')}`]),
  ...(asked.among.length === 0 ? [] : [`among ${asked.among.map((name) => `"${name}"`).join(', ')}`]),
];

const perIssuer = ({ perIssuer: most }: Asked): readonly string[] =>
  most === null ? [] : [`at most ${most} of each organisation`];

const demands = (asked: Asked, dates: Period): readonly string[] => [
  ...(asked.issuers === null ? [] : [`from at least ${some(asked.issuers, 'organisation')}`]),
  ...perIssuer(asked),
  ...(asked.abilities === null ? [] : [`covering at least ${some(asked.abilities, 'ability', 'abilities')}`]),
  ...(dates.from === null && dates.until === null ? [] : [`issued ${period(dates)}`]),
  ...(asked.withinMonths === null ? [] : [`issued in the last ${some(asked.withinMonths, 'month')}`]),
];

/** "3 badges of level 2, from at least 2 organisations". */
const phrase = (start: string, parts: readonly string[]): string =>
  parts.length === 0 ? start : `${start} ${parts.join(', ')}`;

/** `more` out of `total` badges: "from another organisation", "2 of them from 2 other organisations". */
function others(more: More | null, total: number, one: string, many: (count: number) => string): string[] {
  if (more === null || (more.count === 1 && !more.other)) return [];
  const words = more.count === 1 ? one : many(more.count);
  return [more.count === total ? words : `${more.count} of them ${words}`];
}

const other = (more: More | null): string => (more?.other === true ? 'other ' : '');

function lacking({ badges: count, issuers, abilities }: Lacking, asked: Asked | null): string {
  const badges = `${count} more ${count === 1 ? 'badge' : 'badges'}`;
  return [
    phrase(badges, asked === null ? [] : which(asked)),
    ...others(issuers, count, 'from another organisation', (n) => `from ${n} ${other(issuers)}organisations`),
    ...others(abilities, count, 'for another ability', (n) => `for ${n} ${other(abilities)}abilities`),
    ...(asked === null || issuers?.count === count ? [] : perIssuer(asked)),
  ].join(', ');
}

const reason: ReasonWords = {
  not_enrolled: 'this badge is not enrolled',
  wrong_client: 'it was not issued by the organisation that enrolled it',
  partner_inactive: 'the organisation is not active',
  outside_enrolment: (dates) => `issued outside the badge's enrolment (${period(dates)})`,
  revoked: 'revoked',
  expired: (day) => `expired on ${day}`,
  outside_condition_dates: (dates) => `issued outside the dates asked for (${period(dates)})`,
  duplicate_of: (twin) => `a duplicate of "${twin.badge}" of ${twin.issued}`,
  over_per_issuer: (most) => `over the limit of ${some(most, 'badge')} of one organisation`,
};

/** What developers and the Région's foreign partners read. */
export const en: Words = {
  locale: 'en-GB',
  day: (written) => written,
  otherAwards: 'Other badges of the Région',
  leftOutHeading: 'These count for no badge of the Région',
  award: (name, id, level, status) =>
    `${level === null ? '' : `level ${level}, `}"${name}" (${id}): ${status}`,
  status: {
    held: (day, met) => `held since ${day}${met ? '' : `; today, ${rule(met)}`}`,
    due: 'due: the rule is met, the badge is still to be issued',
    blocked: (met) => `blocked, since it was revoked by hand; ${rule(met)}`,
    inactive: (met) => `inactive, nothing is issued; ${rule(met)}`,
    notMet: (what) => `missing: ${what}`,
  },
  group: {
    all: ({ have, need }) => `all of these conditions: ${have} of ${need} met`,
    any: ({ have }) => `at least one of these conditions: ${have} met`,
    at_least: ({ have, need }, size) => `at least ${need} of these ${size} conditions: ${have} met`,
  },
  holds: (award, through) =>
    `to hold "${award}": ${{ held: 'held', due: 'due', none: 'not yet' }[through ?? 'none']}`,
  asked: (count, asked, dates) => phrase(some(count, 'badge'), [...which(asked), ...demands(asked, dates)]),
  tally: {
    badges: ({ have, need }) => `${have} of ${some(need, 'badge')}`,
    issuers: ({ have, need }) => `${have} of ${some(need, 'organisation')}`,
    abilities: ({ have, need }) => `${have} of ${some(need, 'ability', 'abilities')}`,
  },
  lacking,
  lackingAward: (name) => `the badge "${name}"`,
  lackingSome: (count, parts) => `${count} more of: ${parts.join('; ')}`,
  and: ' and ',
  or: ' or ',
  colon: ': ',
  semicolon: '; ',
  counted: (assertion) => `counted: ${named(assertion)}`,
  leftOut: (assertion, why) => `not counted: ${named(assertion)}: ${why}`,
  reason,
};
