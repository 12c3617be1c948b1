import { z } from 'zod';
import type { Assertion } from '../../earners/record.js';
import { DEMAND_NAMES, JSON_NUMBERS } from '../badges-condition.js';
import { type AwardVerdict, type ConditionResult, tallyOf } from '../evaluation.js';
import type { Suggestion } from '../suggestions.js';
import type { Explanation } from './explanation.js';
import { partnerName } from './formatter.js';
import { ExplanationText } from './text.js';

/** An instant in UTC; null when the calendar has no such day. */
const iso = z.string().nullable();
const seconds = z.number().nullable();
const wholeSeconds = z.int().describe('Unix seconds.');

/** One assertion, as `explain` and `earner export` print it. */
export const assertionSchema = z
  .strictObject({
    assertion: z.string(),
    client: z.string().meta({ description: 'The OBF client that issued it.' }),
    badge: z.string(),
    event: z.string().nullable(),
    issued_on_s: wholeSeconds,
    issued_on_iso: iso,
    expires_on_s: wholeSeconds.nullable(),
    expires_on_iso: iso,
    revoked: z.boolean(),
  })
  .meta({ id: 'assertion', description: 'One badge that one person was given.' });

const period = { from_s: seconds, before_s: seconds, from_iso: iso, before_iso: iso };
const why = <W extends string, S extends z.core.$ZodShape>(word: W, shape: S) =>
  z.strictObject({ why: z.literal(word), ...shape });

const excludedBecause = <R extends z.ZodType>(reason: R) =>
  z.strictObject({ assertion: assertionSchema, reason });

const neverCounts = excludedBecause(
  z.discriminatedUnion('why', [
    why('not_enrolled', {}),
    why('partner_inactive', {}),
    why('wrong_client', {}),
    why('outside_enrolment', period),
    why('revoked', {}),
    why('expired', { expires_on_s: z.number(), expires_on_iso: iso }),
    why('future', {}),
    why('no_rule_asks', {}),
  ]),
).meta({ id: 'never_counts', description: 'An assertion that counts for no award, and why.' });

const notCountedHere = excludedBecause(
  z.discriminatedUnion('why', [
    why('outside_condition_dates', period),
    why('duplicate_of', { of: z.string() }),
    why('over_per_issuer', { per_issuer: z.number() }),
  ]),
).meta({ id: 'not_counted_here', description: 'An assertion that one condition does not count, and why.' });

const tally = z.strictObject({ have: z.number(), need: z.number() }).meta({ id: 'tally' });

/** Builds an object with one value for each key. */
const eachOf = <K extends string, V>(keys: readonly K[], valueOf: (key: K) => V): Record<K, V> =>
  // Every key has a value now, which the compiler does not see.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  Object.fromEntries(keys.map((key) => [key, valueOf(key)])) as Record<K, V>;

const badgesRule = z
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
    ...eachOf(DEMAND_NAMES, () => tally.nullable()),
    badges: tally,
    ...eachOf(
      JSON_NUMBERS.map(({ json }) => json),
      () => z.number().nullable(),
    ),
    counted: z.array(assertionSchema),
    left_out: z.array(notCountedHere),
  })
  .meta({ id: 'badges', description: 'So many distinct badges of a sort.' });

const holdsRule = z
  .strictObject({
    kind: z.literal('holds'),
    met: z.boolean(),
    award: z.string(),
    through: z.enum(['held', 'due']).nullable(),
  })
  .meta({ id: 'holds', description: 'Another award that is held, or due at the same time.' });

const groupRule = z
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

const rule = z.discriminatedUnion('kind', [groupRule, holdsRule, badgesRule]).meta({ id: 'rule' });

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

/** The fields that identify an award in every JSON. */
export const awardIdentityFields = {
  award: z.string(),
  name: z.string(),
  competency: z.string().nullable(),
  level: z.number().nullable(),
  badge: z.string(),
  active: z.boolean(),
};

const award = z
  .strictObject({
    ...awardIdentityFields,
    on_loss: z.enum(['keep', 'flag', 'revoke']),
    met: z.boolean(),
    status: z.enum(['held', 'due', 'not_met', 'inactive', 'blocked']),
    waiting: z.boolean().meta({ description: 'Due by changed rules alone: it waits for `palier apply`.' }),
    flagged_since_s: seconds.meta({
      description: 'Since when a human is to look at it: badges that counted were revoked.',
    }),
    flagged_since_iso: iso,
    held_by: assertionSchema.nullable(),
    history: history.nullable(),
    rule,
    earned_by: z.array(assertionSchema).meta({ description: 'What counts for it today.' }),
    lacking: z
      .strictObject({ fr: z.string(), en: z.string() })
      .nullable()
      .meta({ description: 'What is missing, in words; null: the rule is met.' }),
    would_help: wouldHelp.nullable().meta({ description: 'Null unless the status is not_met.' }),
  })
  .meta({ id: 'award', description: "One of the Région's awards, for this person." });

/**
 * An evaluation as `--json` prints it: a stable form for programs. Keys are those of scheme.yaml and of OBF's replies.
 * An instant is in Unix seconds (`_s`) and in UTC (`_iso`).
 */
export const explainSchema = z.strictObject({
  version: z.string().meta({ description: 'Of the rules that were evaluated.' }),
  now_s: z.number(),
  now_iso: iso,
  awards: z.array(award),
  left_out: z.array(neverCounts),
});

/** Returns an explanation in the form of `explainSchema`, without any address. */
export function explainJson(explanation: Explanation) {
  const text = new ExplanationText(explanation);
  const { version, nowS, awards, excluded } = explanation.evaluation;
  const unused = explanation.unused.map((one) => ({ assertion: one, reason: { why: 'no_rule_asks' } }));
  return explainSchema.parse({
    version,
    ...jsonFields({ nowS }),
    awards: awards.map((verdict) => awardJson(explanation, text, verdict)),
    left_out: [...excluded, ...unused].map(exclusionJson),
  });
}

function awardJson(
  explanation: Explanation,
  text: ExplanationText,
  { award: { id, ...details }, met, status, heldBy, tree, earnedBy }: AwardVerdict,
) {
  const { background, suggestions } = explanation;
  const awardHistory = heldBy === null ? undefined : background.history.get(details.badgeId);
  const suggestion = suggestions.get(id);
  return {
    award: id,
    ...jsonFields(details),
    met,
    status,
    waiting: background.waiting.has(id),
    ...jsonFields({ flaggedSinceS: background.flagged.get(details.badgeId) ?? null }),
    held_by: heldBy === null ? null : assertionJson(heldBy),
    history: awardHistory === undefined ? null : jsonFields(awardHistory),
    rule: ruleJson(tree),
    earned_by: earnedBy.map(assertionJson),
    lacking: met ? null : text.shortfall(tree),
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

export function isoOf(atS: unknown): string | null {
  const date = new Date(typeof atS === 'number' ? atS * 1000 : Number.NaN);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** Names fields as scheme.yaml and OBF do, and adds a UTC form (`_iso`) of each instant (`_s`). */
const jsonFields = (fields: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]: [string, unknown]) => {
      const key = name.replace(/Id$/, '').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      const field = [key, value] as const;
      return key.endsWith('_s') ? [field, [key.replace(/s$/, 'iso'), isoOf(value)] as const] : [field];
    }),
  );

/** Leaves out `vanished`: a vanished assertion is `revoked` too. */
export const assertionJson = ({ id, vanished: _vanished, ...fields }: Assertion) =>
  assertionSchema.parse({ assertion: id, ...jsonFields(fields) });

const exclusionJson = ({ assertion, reason }: Readonly<{ assertion: Assertion; reason: object }>) => ({
  assertion: assertionJson(assertion),
  reason: jsonFields(reason),
});

function ruleJson(result: ConditionResult): object {
  if (result.kind === 'holds') return result;
  if (result.kind !== 'badges') return { ...result, of: result.of.map(ruleJson) };
  const { kind, met, condition, counted, excluded } = result;
  return {
    kind,
    met,
    of: condition.selector,
    ...eachOf(DEMAND_NAMES, (name) => tallyOf(result, name)),
    ...Object.fromEntries(JSON_NUMBERS.map(({ json, field }) => [json, condition[field] ?? null])),
    counted: counted.map(assertionJson),
    left_out: excluded.map(exclusionJson),
  };
}
