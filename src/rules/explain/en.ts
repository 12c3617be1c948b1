import { enRule, joined, listed, period, some } from './en-rule.js';
import type {
  AccountWords,
  HelpGroup,
  HelpWords,
  Named,
  ReasonWords,
  StatusWords,
  Catalogue,
} from './words.js';

const named = ({ badge, partner, issued }: Named): string => `"${badge}", ${partner}, ${issued}`;
const ruleOf = (lacking: string | null): string =>
  lacking === null ? 'the rule is met' : `the rule is not met, missing: ${lacking}`;

const status: StatusWords = {
  held: (day, why) =>
    `held since ${day}${
      {
        met: '',
        not_met: '; today, the rule is not met',
        older_rules: ', earned under an older version of the rules; the rule as it is now is not met',
      }[why]
    }`,
  flagged: (day, since, met) =>
    `held since ${day}; to be looked at since ${since}${met ? '' : ', because the rule is no longer met'}`,
  due: 'due, because the rule is met; the badge is still to be issued',
  waiting: 'due by the changed rules, waits for "npx palier apply"',
  blocked: (lacking) => `blocked, because it was revoked by hand in Open Badge Factory; ${ruleOf(lacking)}`,
  inactive: (lacking) => `inactive, nothing is issued for the time being; ${ruleOf(lacking)}`,
  notMet: (lacking) => `missing: ${lacking}`,
};

const account: AccountWords = {
  byPalier: (rules) => {
    if (rules === null) return 'Issued by Palier';
    return rules.current
      ? `Issued by Palier, under the rules as they are now (version ${rules.version})`
      : `Issued by Palier, under an older version of the rules (${rules.version})`;
  },
  byHand: 'Issued by hand in Open Badge Factory, not by Palier',
  earnedBy: (parts) => `Earned by: ${parts.join('; ')}`,
  gone: (id) => `a badge that is no longer in the portfolio (${id})`,
  flagged:
    'To be looked at: badges that counted were revoked; the Région may leave this badge, or revoke it in Open Badge Factory',
  unblock: (award) => `To unblock it: npx palier unblock <email> ${award}`,
};

const groupWords = ({ partner, badges: of }: HelpGroup): string =>
  `${of.map(({ name, again }) => `"${name}"${again ? ' again' : ''}`).join(', ')} (${partner})`;

const help: HelpWords = {
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
};

const reason: ReasonWords = {
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
};

/** What developers and the Région's foreign partners read. */
export const en: Catalogue = {
  ...enRule,
  locale: 'en-GB',
  day: (written) => written,
  otherAwards: 'Other badges of the Région',
  leftOutHeading: 'These count for no badge of the Région',
  award: (name, id, level, words) => `${level === null ? '' : `level ${level}, `}"${name}" (${id}): ${words}`,
  status,
  account,
  help,
  and: (phrases) => joined(phrases, 'and'),
  or: (phrases) => joined(phrases, 'or'),
  colon: ': ',
  semicolon: '; ',
  named,
  counted: (assertion) => `counted: ${named(assertion)}`,
  leftOut: (assertion, why) => `not counted: ${named(assertion)}: ${why}`,
  reason,
};
