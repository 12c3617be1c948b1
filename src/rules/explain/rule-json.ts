import { z } from 'zod';
import type { Assertion } from '../../earners/record.js';
import { CONDITION_KEYS, DEMAND_NAMES } from '../badges-condition.js';
import { type ConditionResult, tallyOf } from '../evaluation.js';

/** An instant in UTC for a reader; null where the calendar has no such day. */
export const iso = z.string().nullable();
export const seconds = z.number().nullable();

export const assertion = z
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

export const neverCounts = z
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

/** One value for each key. */
const eachOf = <K extends string, V>(keys: readonly K[], valueOf: (key: K) => V): Record<K, V> =>
  // Each key is given its value just here.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  Object.fromEntries(keys.map((key) => [key, valueOf(key)])) as Record<K, V>;

/** The numbers of a condition that no tally tells. */
const NUMBERS = CONDITION_KEYS.flatMap(({ json }) => json ?? []);

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
    ...eachOf(DEMAND_NAMES, () => tally.nullable()),
    badges: tally,
    ...eachOf(NUMBERS, () => z.number().nullable()),
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
export const rule = z.discriminatedUnion('kind', [group, holds, badges]).meta({ id: 'rule' });

export function isoOf(atS: unknown): string | null {
  const date = new Date(typeof atS === 'number' ? atS * 1000 : Number.NaN);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** Fields under the names that scheme.yaml and OBF would give them; an instant also for a reader. */
export const jsonFields = (fields: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]: [string, unknown]) => {
      const key = name.replace(/Id$/, '').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      const own = [key, value] as const;
      return key.endsWith('_s') ? [own, [key.replace(/s$/, 'iso'), isoOf(value)] as const] : [own];
    }),
  );

export const assertionJson = ({ id, ...rest }: Assertion): z.infer<typeof assertion> =>
  assertion.parse({ assertion: id, ...jsonFields(rest) });

export const exclusionJson = ({
  assertion: one,
  reason,
}: Readonly<{ assertion: Assertion; reason: object }>) => ({
  assertion: assertionJson(one),
  reason: jsonFields(reason),
});

export function ruleJson(result: ConditionResult): object {
  if (result.kind === 'holds') return result;
  if (result.kind !== 'badges') return { ...result, of: result.of.map(ruleJson) };
  const { kind, met, condition, counted, excluded } = result;
  const numbers = CONDITION_KEYS.flatMap(({ json, field }) =>
    json === null ? [] : [[json, condition[field] ?? null] as const],
  );
  return {
    kind,
    met,
    of: condition.selector,
    ...eachOf(DEMAND_NAMES, (name) => tallyOf(result, name)),
    ...Object.fromEntries(numbers),
    counted: counted.map(assertionJson),
    left_out: excluded.map(exclusionJson),
  };
}
