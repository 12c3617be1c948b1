import { z } from 'zod';
import type { AwardVerdict, Evaluation } from '../evaluation.js';
import type { Suggestion } from '../suggestions.js';
import type { Scheme } from '../types.js';
import {
  type Background,
  buildExplanation,
  type Explanation,
  type Lang,
  noBackground,
} from './explanation.js';
import { CATALOGUES, partnerName } from './formatter.js';
import {
  assertion,
  assertionJson,
  exclusionJson,
  iso,
  jsonFields,
  neverCounts,
  rule,
  ruleJson,
  seconds,
} from './rule-json.js';
import { ExplanationText } from './text.js';

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

/** An evaluation in the form of `explainSchema`. No address is in it. Parameters as of `explainText`. */
export function explainJson(
  scheme: Scheme,
  evaluation: Evaluation,
  background: Background = noBackground,
): ExplainJson {
  const explanation = buildExplanation(scheme, evaluation, background);
  const texts = {
    fr: new ExplanationText(explanation, CATALOGUES.fr),
    en: new ExplanationText(explanation, CATALOGUES.en),
  };
  const { version, nowS, awards, excluded } = evaluation;
  const unused = explanation.unused.map((one) => ({ assertion: one, reason: { why: 'no_rule_asks' } }));
  return explainSchema.parse({
    version,
    ...jsonFields({ nowS }),
    awards: awards.map((verdict) => awardJson(explanation, texts, verdict)),
    left_out: [...excluded, ...unused].map(exclusionJson),
  });
}

function awardJson(
  explanation: Explanation,
  texts: Readonly<Record<Lang, ExplanationText>>,
  { award: { id, ...own }, met, status, heldBy, tree, earnedBy }: AwardVerdict,
) {
  const { background, suggestions } = explanation;
  const origin = heldBy === null ? undefined : background.history.get(own.badgeId);
  const suggestion = suggestions.get(id);
  return {
    award: id,
    ...jsonFields(own),
    met,
    status,
    waiting: background.waiting.has(id),
    ...jsonFields({ flaggedSinceS: background.flagged.get(own.badgeId) ?? null }),
    held_by: heldBy === null ? null : assertionJson(heldBy),
    history: origin === undefined ? null : jsonFields(origin),
    rule: ruleJson(tree),
    earned_by: earnedBy.map(assertionJson),
    lacking: met ? null : { fr: texts.fr.shortfall(tree), en: texts.en.shortfall(tree) },
    would_help: suggestion === undefined ? null : wouldHelpJson(explanation, suggestion),
  };
}

const wouldHelpJson = ({ scheme, given }: Explanation, { badges, awards, reach }: Suggestion) => ({
  badges: badges.map(({ badgeId, name, clientId, competency, level, ability }) => ({
    ...jsonFields({ badgeId, name, clientId, competency, level, ability }),
    partner: partnerName(scheme, clientId),
    given_before: given.has(badgeId),
  })),
  awards,
  reach,
});
