import type { Assertion } from '../../earners/record.js';
import {
  type AwardHistory,
  type Background,
  noBackground,
  type Explanation,
  buildExplanation,
} from './explanation.js';
import { en } from './en.js';
import { partnerName } from './facts.js';
import { fr } from './fr.js';
import { assertionJson, isoOf, isoOrNull, neverCountsJson, ruleJson } from './json-rule.js';
import { shortfallPhrase } from './text.js';
import type { AwardJson, ExplainJson, HistoryJson, WouldHelpJson } from './schema.js';
import { type Formatter, createFormatter } from './formatter.js';
import type { Suggestion } from '../suggestions.js';
import type { Scheme } from '../types.js';
import type { AwardVerdict, Evaluation } from '../evaluation.js';

type Tellers = Readonly<Record<'fr' | 'en', Formatter>>;

/**
 * An evaluation as plain data, in the form of `explainSchema`. No address is in it.
 * @param scheme, background, portfolio as `explainText`
 */
export function explainJson(
  scheme: Scheme,
  evaluation: Evaluation,
  background: Background = noBackground,
  portfolio: readonly Assertion[] = [],
): ExplainJson {
  const told = buildExplanation(scheme, evaluation, background, portfolio);
  const tellers = { fr: createFormatter(scheme, fr, told), en: createFormatter(scheme, en, told) };
  const { version, nowS, awards, excluded } = evaluation;
  const unasked = told.unused.map((assertion) => ({
    assertion: assertionJson(assertion),
    reason: { why: 'no_rule_asks' as const },
  }));
  return {
    version,
    now_s: nowS,
    now_iso: isoOf(nowS),
    awards: awards.map((verdict) => awardJson(told, tellers, verdict)),
    left_out: [...excluded.map(neverCountsJson), ...unasked],
  };
}

function awardJson(told: Explanation, tellers: Tellers, verdict: AwardVerdict): AwardJson {
  const { award, met, status, heldBy, tree, earnedBy } = verdict;
  const { history, waiting, flagged } = told.background;
  const mine = heldBy === null ? undefined : history.get(award.badgeId);
  const flaggedSinceS = flagged.get(award.badgeId) ?? null;
  const help = told.suggestions.get(award.id);
  return {
    award: award.id,
    name: award.name,
    competency: award.competency,
    level: award.level,
    badge: award.badgeId,
    active: award.active,
    on_loss: award.onLoss,
    met,
    status,
    waiting: waiting.has(award.id),
    flagged_since_s: flaggedSinceS,
    flagged_since_iso: isoOrNull(flaggedSinceS),
    held_by: heldBy === null ? null : assertionJson(heldBy),
    history: mine === undefined ? null : historyJson(mine),
    rule: ruleJson(tree),
    earned_by: earnedBy.map(assertionJson),
    lacking: met ? null : { fr: shortfallPhrase(tellers.fr, tree), en: shortfallPhrase(tellers.en, tree) },
    would_help: help === undefined ? null : wouldHelpJson(told, help),
  };
}

const historyJson = ({ sinceS, by, version, event, earnedBy }: AwardHistory): HistoryJson => ({
  since_s: sinceS,
  since_iso: isoOf(sinceS),
  by,
  version,
  event,
  earned_by: [...earnedBy],
});

const wouldHelpJson = (told: Explanation, { badges, awards, reach }: Suggestion): WouldHelpJson => ({
  badges: badges.map((badge) => ({
    badge: badge.badgeId,
    name: badge.name,
    client: badge.clientId,
    partner: partnerName(told.scheme, badge.clientId),
    competency: badge.competency,
    level: badge.level,
    ability: badge.ability,
    given_before: told.given.has(badge.badgeId),
  })),
  awards: [...awards],
  reach,
});
