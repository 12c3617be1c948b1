import type { AwardHistory } from './background.js';
import type { Teller } from './explain-teller.js';
import type { Told } from './explain-told.js';
import type { AwardVerdict } from './verdict.js';

/** Whether an award was given under other rules than those that were evaluated. */
export const isOfOlderRules = ({ evaluation }: Told, history: AwardHistory | undefined): boolean =>
  history !== undefined && history.version !== null && history.version !== evaluation.version;

/** How a held award came about, and what a human can do about a flagged or blocked one. */
export function accountLines(teller: Teller, told: Told, verdict: AwardVerdict): readonly string[] {
  const { award, status } = verdict;
  const words = teller.words.account;
  if (status === 'blocked') return [words.unblock(award.id)];
  if (status !== 'held') return [];
  const history = told.background.history.get(award.badgeId);
  return [
    ...(history === undefined ? [] : historyLines(teller, told, history)),
    ...(told.background.flagged.has(award.badgeId) ? [words.flagged] : []),
  ];
}

function historyLines(teller: Teller, told: Told, history: AwardHistory): readonly string[] {
  const words = teller.words.account;
  const earnedBy = history.earnedBy.map((id) => {
    const known = told.assertions.get(id);
    return known === undefined ? words.gone(id) : teller.words.named(teller.named(known));
  });
  return [
    history.by === 'hand' ? words.byHand : words.byPalier(rulesOf(told, history)),
    ...(earnedBy.length === 0 ? [] : [words.earnedBy(earnedBy)]),
  ];
}

const rulesOf = (told: Told, history: AwardHistory) =>
  history.version === null ? null : { version: history.version, current: !isOfOlderRules(told, history) };
