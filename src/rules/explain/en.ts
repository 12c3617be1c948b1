import type { OnLoss } from '../types.js';
import { conditionEn, joined, listedEn as listed, someEn as some } from './condition-words.js';
import type { BadgeGroup, Catalogue, HoldsStatus, NamedAssertion } from './fr.js';

const HOLDS: Readonly<Record<HoldsStatus, string>> = {
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
const ON_LOSS: Readonly<Record<OnLoss, string>> = {
  keep: 'If a badge that counted is revoked: the award is kept',
  flag: 'If a badge that counted is revoked: the award is kept, and flagged to be looked at',
  revoke: 'If a badge that counted is revoked: the award is revoked by Palier',
};
const HELD = {
  met: '',
  not_met: '; today, the rule is not met',
  older_rules: ', earned under an older version of the rules; the rule as it is now is not met',
};

const named = ({ badge, partner, issued }: NamedAssertion): string => `"${badge}", ${partner}, ${issued}`;
const ruleOf = (shortfall: string | null): string =>
  shortfall === null ? 'the rule is met' : `the rule is not met, missing: ${shortfall}`;
const groupWords = ({ partner, badges }: BadgeGroup): string =>
  `${badges.map(({ name, again }) => `"${name}"${again ? ' again' : ''}`).join(', ')} (${partner})`;
const { period } = conditionEn;

/** What developers and the Région's foreign partners read. */
export const en: Catalogue = {
  condition: conditionEn,
  locale: 'en-GB',
  day: (written) => written,
  otherAwards: 'Other badges of the Région',
  excludedHeading: 'These count for no badge of the Région',
  award: (name, id, level, status) =>
    `${level === null ? '' : `level ${level}, `}"${name}" (${id}): ${status}`,
  status: {
    held: (day, why) => `held since ${day}${HELD[why]}`,
    flagged: (day, since, isMet) =>
      `held since ${day}; to be looked at since ${since}${isMet ? '' : ', because the rule is no longer met'}`,
    due: 'due, because the rule is met; the badge is still to be issued',
    waiting: 'due by the changed rules, waits for "npx palier apply"',
    blocked: (shortfall) =>
      `blocked, because it was revoked by hand in Open Badge Factory; ${ruleOf(shortfall)}`,
    inactive: (shortfall) => `inactive, nothing is issued for the time being; ${ruleOf(shortfall)}`,
    notMet: (shortfall) => `missing: ${shortfall}`,
  },
  history: {
    byPalier: (rules) => {
      if (rules === null) return 'Issued by Palier';
      return rules.current
        ? `Issued by Palier, under the rules as they are now (version ${rules.version})`
        : `Issued by Palier, under an older version of the rules (${rules.version})`;
    },
    byHand: 'Issued by hand in Open Badge Factory, not by Palier',
    earnedBy: (badges) => `Earned by: ${badges.join('; ')}`,
    gone: (id) => `a badge that is no longer in the portfolio (${id})`,
    flagged:
      'To be looked at: badges that counted were revoked; the Région may leave this badge, or revoke it in Open Badge Factory',
    unblock: (award) => `To unblock it: npx palier unblock <email> ${award}`,
  },
  suggestions: {
    wouldHelp: (awards, groups, more) => {
      const region = awards.length < 2 ? 'the award' : 'the awards';
      const parts = [
        ...(awards.length === 0 ? [] : [`${region} ${listed(awards)}`]),
        ...groups.map(groupWords),
      ];
      const rest = more === 0 ? '' : ` and ${some(more, 'other')}`;
      return `Would help: ${parts.join('; ')}${rest}`;
    },
    together: 'No enrolled badge is enough by itself: it takes several at once',
    outOfReach: 'The badges that are enrolled today are not enough, even all of them together',
  },
  group: {
    all: () => 'all of these conditions',
    any: () => 'at least one of these conditions',
    at_least: (need, size) => `at least ${need} of these ${size} conditions`,
  },
  groupMet: (have, of) => `${have}${of === null ? '' : ` of ${of}`} met`,
  ruleHolds: (award) => `to hold the award "${award}"`,
  onLoss: (onLoss) => ON_LOSS[onLoss],
  holds: (award, status) => `to hold "${award}": ${HOLDS[status]}`,
  missingAward: (name, status) => `the badge "${name}"${HINDERED[status] ?? ''}`,
  missingAwards: (count, names) => `${count} more of the ${names.length} badges ${listed(names)}`,
  missingSome: (count, parts) => `${count} of these ${parts.length}: ${parts.join('; ')}`,
  still: (shortfall) => shortfall,
  and: (phrases) => joined(phrases, 'and'),
  or: (phrases) => joined(phrases, 'or'),
  colon: ': ',
  semicolon: '; ',
  named,
  counted: (assertion) => `counted: ${named(assertion)}`,
  excluded: (assertion, reason) => `not counted: ${named(assertion)}: ${reason}`,
  reason: {
    not_enrolled: 'this badge is not enrolled with the Région',
    wrong_client: 'it was not issued by the organisation that enrolled it',
    partner_inactive: 'the organisation no longer takes part',
    outside_enrolment: (dates) => `issued outside the badge's enrolment (${period(dates)})`,
    revoked: 'revoked',
    expired: (day) => `expired on ${day}`,
    future: 'dated in the future; it counts from that date on, by itself',
    outside_condition_dates: (dates) => `issued outside the dates asked for (${period(dates)})`,
    duplicate_of: (other, version) =>
      version === 'same'
        ? `a duplicate of the one of ${other.issued}`
        : `another version of "${other.badge}" of ${other.issued}; the two count as one badge`,
    over_per_issuer: (most) => `the rule counts only ${most} of one organisation`,
    no_rule_asks: 'no rule asks for it',
  },
};
