import { z } from 'zod';
import type { Assertion } from '../../earners/assertion.js';
import type {
  AwardVerdict,
  BadgesResult,
  ConditionResult,
  Evaluation,
  Exclusion,
  ExclusionReason,
} from '../evaluation.js';
import type { ConditionExclusionReason } from '../evaluation.js';
import type { Window } from '../selector.js';
import type { Suggestion } from '../suggestions.js';
import type { Scheme } from '../types.js';
import { partnerName } from './condition-words.js';
import { en } from './en.js';
import {
  type AwardHistory,
  type Background,
  buildExplanation,
  type Explanation,
  noBackground,
} from './explanation.js';
import { createFormatter, type Formatter } from './formatter.js';
import { fr } from './fr.js';
import { shortfallPhrase } from './text.js';

/** An instant in UTC for a reader; null where the calendar has no such day. */
const iso = z.string().nullable();
const seconds = z.number().nullable();

const assertion = z
  .strictObject({
    assertion: z.string(),
    client: z.string(),
    badge: z.string(),
    event: z.string().nullable(),
    issued_on_s: z.number(),
    issued_on_iso: iso,
    expires_on_s: seconds,
    expires_on_iso: iso,
    revoked: z.boolean(),
  })
  .meta({ id: 'assertion', description: 'One badge that one person was given.' });

const period = { from_s: seconds, before_s: seconds, from_iso: iso, before_iso: iso };
const why = <W extends string, S extends z.core.$ZodShape>(word: W, shape: S) =>
  z.strictObject({ why: z.literal(word), ...shape });

const neverCounts = z
  .strictObject({
    assertion,
    reason: z.discriminatedUnion('why', [
      why('not_enrolled', {}),
      why('partner_inactive', {}),
      why('wrong_client', {}),
      why('outside_enrolment', period),
      why('revoked', {}),
      why('expired', { expires_on_s: z.number(), expires_on_iso: iso }),
      why('future', {}),
      why('no_rule_asks', {}),
    ]),
  })
  .meta({ id: 'never_counts', description: 'An assertion that counts for no award, and why.' });

const notCountedHere = z
  .strictObject({
    assertion,
    reason: z.discriminatedUnion('why', [
      why('outside_condition_dates', period),
      why('duplicate_of', { of: z.string() }),
      why('over_per_issuer', { per_issuer: z.number() }),
    ]),
  })
  .meta({ id: 'not_counted_here', description: 'An assertion that one condition does not count, and why.' });

const tally = z.strictObject({ have: z.number(), need: z.number() }).meta({ id: 'tally' });

const badges = z
  .strictObject({
    kind: z.literal('badges'),
    met: z.boolean(),
    of: z.strictObject({
      competency: z.string().optional(),
      level: z.number().optional(),
      ability: z.string().optional(),
      issuers: z.array(z.string()).optional(),
      badges: z.array(z.string()).optional(),
    }),
    badges: tally,
    issuers: tally.nullable(),
    abilities: tally.nullable(),
    per_issuer: z.number().nullable(),
    issued_from_s: seconds,
    issued_before_s: seconds,
    within_months: z.number().nullable(),
    counted: z.array(assertion),
    left_out: z.array(notCountedHere),
  })
  .meta({ id: 'badges', description: 'So many distinct badges of a sort.' });

const holds = z
  .strictObject({
    kind: z.literal('holds'),
    met: z.boolean(),
    award: z.string(),
    through: z.enum(['held', 'due']).nullable(),
  })
  .meta({ id: 'holds', description: 'Another award that is held, or due at the same time.' });

const group = z
  .strictObject({
    kind: z.enum(['all', 'any', 'at_least']),
    met: z.boolean(),
    have: z.number(),
    need: z.number(),
    get of() {
      return z.array(rule);
    },
  })
  .meta({ id: 'group', description: 'All, any, or so many of these conditions.' });

/** The rule's tree, with what each condition has and needs. */
const rule = z.discriminatedUnion('kind', [group, holds, badges]).meta({ id: 'rule' });

const history = z
  .strictObject({
    since_s: z.number(),
    since_iso: iso,
    by: z.enum(['palier', 'hand']),
    version: z.string().nullable().meta({ description: 'Of the rules; null: not known.' }),
    event: z.string().nullable(),
    earned_by: z.array(z.string()).meta({ description: 'The assertions that counted then, by their ids.' }),
  })
  .meta({ id: 'history', description: 'How a held award came about.' });

const helpingBadge = z.strictObject({
  badge: z.string(),
  name: z.string().nullable(),
  client: z.string(),
  partner: z.string(),
  competency: z.string(),
  level: z.number(),
  ability: z.string().nullable(),
  given_before: z.boolean(),
});

const wouldHelp = z
  .strictObject({
    badges: z.array(helpingBadge).meta({ description: 'Each, issued now, leaves less to come.' }),
    awards: z.array(z.string()).meta({ description: 'Awards that the rule holds, and that are not met.' }),
    reach: z.enum(['within', 'hindered', 'beyond']).meta({
      description:
        'Whether all that is enrolled today, issued now, would make it due; hindered: not while an award that it rests on is blocked or inactive.',
    }),
  })
  .meta({ id: 'would_help' });

const award = z
  .strictObject({
    award: z.string(),
    name: z.string(),
    competency: z.string().nullable(),
    level: z.number().nullable(),
    badge: z.string(),
    active: z.boolean(),
    on_loss: z.enum(['keep', 'flag', 'revoke']),
    met: z.boolean(),
    status: z.enum(['held', 'due', 'not_met', 'inactive', 'blocked']),
    waiting: z.boolean().meta({ description: 'Due by changed rules alone: it waits for `palier apply`.' }),
    flagged_since_s: seconds.meta({
      description: 'Since when a human is to look at it: badges that counted were revoked.',
    }),
    flagged_since_iso: iso,
    held_by: assertion.nullable(),
    history: history.nullable(),
    rule,
    earned_by: z.array(assertion).meta({ description: 'What counts for it today.' }),
    lacking: z
      .strictObject({ fr: z.string(), en: z.string() })
      .nullable()
      .meta({ description: 'What is missing, in words; null: the rule is met.' }),
    would_help: wouldHelp.nullable().meta({ description: 'Null unless the status is not_met.' }),
  })
  .meta({ id: 'award', description: "One of the Région's awards, for this person." });

/**
 * An evaluation as plain data, as `--json` prints it: programs may rely on it. Keys are written as in
 * scheme.yaml and in OBF's replies; an instant is in Unix seconds (`_s`) and, for a reader, in UTC (`_iso`).
 */
export const explainSchema = z.strictObject({
  version: z.string().meta({ description: 'Of the rules that were evaluated.' }),
  now_s: z.number(),
  now_iso: iso,
  awards: z.array(award),
  left_out: z.array(neverCounts),
});

type ExplainJson = z.infer<typeof explainSchema>;
type Json<S extends z.ZodType> = z.infer<S>;

/** An evaluation in the form of `explainSchema`. No address is in it. Parameters as of `explainText`. */
export function explainJson(
  scheme: Scheme,
  evaluation: Evaluation,
  background: Background = noBackground,
  portfolio: readonly Assertion[] = [],
): ExplainJson {
  const explanation = buildExplanation(scheme, evaluation, background, portfolio);
  const formatters = {
    fr: createFormatter(scheme, fr, explanation),
    en: createFormatter(scheme, en, explanation),
  };
  const { version, nowS, awards, excluded } = evaluation;
  return {
    version,
    now_s: nowS,
    now_iso: isoOf(nowS),
    awards: awards.map((verdict) => awardJson(explanation, formatters, verdict)),
    left_out: [
      ...excluded.map(neverCountsJson),
      ...explanation.unused.map((one) => ({
        assertion: assertionJson(one),
        reason: { why: 'no_rule_asks' as const },
      })),
    ],
  };
}

function isoOf(atS: number | null): string | null {
  const date = new Date(atS === null ? Number.NaN : atS * 1000);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function awardJson(
  explanation: Explanation,
  formatters: Readonly<Record<'fr' | 'en', Formatter>>,
  {
    award: { badgeId, onLoss, id, name, competency, level, active },
    met,
    status,
    heldBy,
    tree,
    earnedBy,
  }: AwardVerdict,
): Json<typeof award> {
  const { background, suggestions } = explanation;
  const origin = heldBy === null ? undefined : background.history.get(badgeId);
  const flaggedSinceS = background.flagged.get(badgeId) ?? null;
  const suggestion = suggestions.get(id);
  return {
    award: id,
    name,
    competency,
    level,
    badge: badgeId,
    active,
    on_loss: onLoss,
    met,
    status,
    waiting: background.waiting.has(id),
    flagged_since_s: flaggedSinceS,
    flagged_since_iso: isoOf(flaggedSinceS),
    held_by: heldBy === null ? null : assertionJson(heldBy),
    history: origin === undefined ? null : historyJson(origin),
    rule: ruleJson(tree),
    earned_by: earnedBy.map(assertionJson),
    lacking: met
      ? null
      : { fr: shortfallPhrase(formatters.fr, tree), en: shortfallPhrase(formatters.en, tree) },
    would_help: suggestion === undefined ? null : wouldHelpJson(explanation, suggestion),
  };
}

const historyJson = ({ sinceS, by, version, event, earnedBy }: AwardHistory): Json<typeof history> => ({
  since_s: sinceS,
  since_iso: isoOf(sinceS),
  by,
  version,
  event,
  earned_by: [...earnedBy],
});

const wouldHelpJson = (
  { scheme, given }: Explanation,
  { badges: helping, awards, reach }: Suggestion,
): Json<typeof wouldHelp> => ({
  badges: helping.map(({ badgeId, name, clientId, competency, level, ability }) => ({
    badge: badgeId,
    name,
    client: clientId,
    partner: partnerName(scheme, clientId),
    competency,
    level,
    ability,
    given_before: given.has(badgeId),
  })),
  awards: [...awards],
  reach,
});

const assertionJson = (one: Assertion): Json<typeof assertion> => ({
  assertion: one.id,
  client: one.clientId,
  badge: one.badgeId,
  event: one.eventId,
  issued_on_s: one.issuedOnS,
  issued_on_iso: isoOf(one.issuedOnS),
  expires_on_s: one.expiresOnS,
  expires_on_iso: isoOf(one.expiresOnS),
  revoked: one.revoked,
});

function ruleJson(result: ConditionResult): Json<typeof rule> {
  if (result.kind === 'badges') return badgesJson(result);
  if (result.kind === 'holds') return { ...result };
  return { ...result, of: result.of.map(ruleJson) };
}

function badgesJson({
  kind,
  condition,
  met,
  counted,
  excluded,
  ...tallies
}: BadgesResult): Json<typeof badges> {
  const { issuers: from, badges: among, ...selector } = condition.selector;
  return {
    kind,
    met,
    of: {
      ...selector,
      ...(from === undefined ? {} : { issuers: [...from] }),
      ...(among === undefined ? {} : { badges: [...among] }),
    },
    ...tallies,
    per_issuer: condition.perIssuer ?? null,
    issued_from_s: condition.issuedFromS ?? null,
    issued_before_s: condition.issuedBeforeS ?? null,
    within_months: condition.withinMonths ?? null,
    counted: counted.map(assertionJson),
    left_out: excluded.map(notCountedHereJson),
  };
}

const periodJson = ({ fromS, beforeS }: Window) => ({
  from_s: fromS,
  before_s: beforeS,
  from_iso: isoOf(fromS),
  before_iso: isoOf(beforeS),
});

function neverCountsJson({ assertion: one, reason }: Exclusion<ExclusionReason>): Json<typeof neverCounts> {
  const of = { assertion: assertionJson(one) };
  if (reason.why === 'outside_enrolment')
    return { ...of, reason: { why: reason.why, ...periodJson(reason) } };
  if (reason.why !== 'expired') return { ...of, reason: { why: reason.why } };
  const { why: expired, expiresOnS } = reason;
  return { ...of, reason: { why: expired, expires_on_s: expiresOnS, expires_on_iso: isoOf(expiresOnS) } };
}

function notCountedHereJson({
  assertion: one,
  reason,
}: Exclusion<ConditionExclusionReason>): Json<typeof notCountedHere> {
  const of = { assertion: assertionJson(one) };
  if (reason.why === 'duplicate_of') return { ...of, reason: { why: reason.why, of: reason.of } };
  if (reason.why === 'over_per_issuer')
    return { ...of, reason: { why: reason.why, per_issuer: reason.perIssuer } };
  return { ...of, reason: { why: reason.why, ...periodJson(reason) } };
}
