import { asAwardId } from '../../ids.js';
import type { Condition } from '../types.js';
import { BADGES_KEYS, readBadgesCondition } from './badges-condition.js';
import type { Words } from './fault.js';
import { type Fields, readFields, readFilledList, readKnown, readWhole } from './read.js';
import type { RuleReading } from './reach.js';
import type { Node } from './yaml-tree.js';
import { already, expected, missingKey } from './messages.js';

/** Deeper than any rule that a person can follow; evaluation may call itself this often without care. */
const MAX_DEPTH = 20;

const FORMS = ['all', 'any', 'at_least', 'holds'] as const;
type Form = (typeof FORMS)[number];
const KEYS = { required: [], optional: [...FORMS, 'of', ...BADGES_KEYS] } as const;
type Key = (typeof KEYS.optional)[number];

type ReadForm = (reading: RuleReading, fields: Fields<Key>, depth: number) => Condition | undefined;

/** One small reader for each form of a condition. */
const READERS: Readonly<Record<Form, ReadForm>> = {
  all: (reading, fields, depth) => {
    const of = readConditions(reading, fields.get('all'), depth);
    return of && { kind: 'all', of };
  },
  any: (reading, fields, depth) => {
    const of = readConditions(reading, fields.get('any'), depth);
    return of && { kind: 'any', of };
  },
  holds: (reading, fields) => {
    const award = readKnown(reading, fields.get('holds'), 'award', reading.known.awards);
    if (award === undefined) return undefined;
    reading.holds.push({ to: award.value, at: award.at });
    return { kind: 'holds', award: asAwardId(award.value) };
  },
  at_least: readAtLeast,
};

/** Reads a condition: a map in exactly one of the forms. `depth` is 1 for a rule itself. */
export function readCondition(
  reading: RuleReading,
  node: Node | undefined,
  depth: number,
): Condition | undefined {
  if (node === undefined) return undefined;
  if (depth > MAX_DEPTH) return reading.report.fault(node.at, TOO_DEEP);
  const fields = readFields<Key>(reading, node, KEYS);
  if (fields === undefined) return undefined;
  const forms = fields.given.filter((key): key is Form => FORMS.some((form) => form === key));
  checkKeys(reading, fields, forms);
  const conditions = forms.map((form) => READERS[form](reading, fields, depth));
  return conditions.length === 1 ? conditions[0] : undefined;
}

/** That there is exactly one form, and that each key goes with it. */
function checkKeys({ report }: RuleReading, fields: Fields<Key>, forms: readonly Form[]): void {
  const [form, second] = forms;
  if (form === undefined) {
    if (!fields.hasUnknown) report.fault(fields.at, NO_FORM);
    return;
  }
  if (second !== undefined)
    report.fault(fields.entry(second)?.keyAt ?? fields.at, severalForms(form, second));
  const allowed: readonly Key[] = forms.includes('at_least') ? keysOfAtLeast(fields) : [];
  for (const key of fields.given) {
    if (allowed.includes(key) || forms.some((one) => one === key)) continue;
    report.fault(fields.entry(key)?.keyAt ?? fields.at, misplaced(key, form, fields.get('of')));
  }
}

const keysOfAtLeast = (fields: Fields<Key>): readonly Key[] =>
  fields.get('of')?.kind === 'list' ? ['of'] : ['of', ...BADGES_KEYS];

const TOO_DEEP = {
  fr: `condition imbriquée sur plus de ${MAX_DEPTH} niveaux`,
  en: `condition nested more than ${MAX_DEPTH} levels deep`,
};
const NO_FORM = {
  fr: 'une condition prend exactement une de ces clés : all, any, at_least, holds',
  en: 'a condition takes exactly one of these keys: all, any, at_least, holds',
};
const severalForms = (one: Form, other: Form): Words => ({
  fr: `« ${one} » et « ${other} » dans une même condition : ${NO_FORM.fr}`,
  en: `"${one}" and "${other}" in one condition: ${NO_FORM.en}`,
});

function misplaced(key: Key, form: Form, of: Node | undefined): Words {
  const beside =
    form === 'at_least' && of?.kind === 'list'
      ? { fr: "d'une liste de conditions (of: [...])", en: 'a list of conditions (of: [...])' }
      : { fr: `de « ${form} »`, en: `"${form}"` };
  const place =
    key === 'of'
      ? { fr: '« at_least »', en: '"at_least"' }
      : { fr: 'un sélecteur (at_least: N, of: { ... })', en: 'a selector (at_least: N, of: { ... })' };
  return {
    fr: `la clé « ${key} » ne va pas à côté ${beside.fr} : elle ne va qu'avec ${place.fr}`,
    en: `the key "${key}" does not go beside ${beside.en}: it goes with ${place.en} only`,
  };
}

function readConditions(
  reading: RuleReading,
  node: Node | undefined,
  depth: number,
): readonly Condition[] | undefined {
  const list = readFilledList(reading, node);
  const of = list?.items.flatMap((item) => readCondition(reading, item, depth + 1) ?? []);
  return of?.length === list?.items.length ? of : undefined;
}

const LIST_OR_SELECTOR = {
  fr: 'une liste de conditions ([...]) ou un sélecteur ({ competency: ... })',
  en: 'a list of conditions ([...]) or a selector ({ competency: ... })',
};

function readAtLeast(reading: RuleReading, fields: Fields<Key>, depth: number): Condition | undefined {
  const of = fields.get('of');
  if (of?.kind === 'map') return readBadgesCondition(reading, fields, of);
  const atLeast = readWhole(reading, fields.get('at_least'));
  if (of === undefined) return reading.report.fault(fields.at, missingKey('of'));
  if (of.kind !== 'list') return reading.report.fault(of.at, expected(LIST_OR_SELECTOR, of));
  const conditions = readConditions(reading, of, depth);
  warnOfRepeats(reading, of.items);
  const most = of.items.length;
  if (atLeast !== undefined && most > 0 && atLeast.value > most)
    return reading.report.fault(atLeast.at, {
      fr: `« at_least: ${atLeast.value} » ne peut jamais être atteint : la liste a ${most} condition(s)`,
      en: `"at_least: ${atLeast.value}" can never be reached: the list has ${most} condition(s)`,
    });
  return atLeast && conditions && { kind: 'at_least', atLeast: atLeast.value, of: conditions };
}

/** An award that is listed twice counts twice: hardly ever what was meant by "3 of these 4". */
function warnOfRepeats({ report }: RuleReading, items: readonly Node[]): void {
  const first = new Map<string, Node>();
  for (const item of items) {
    const held =
      item.kind === 'map' && item.entries.size === 1 ? item.entries.get('holds')?.value : undefined;
    if (held?.kind !== 'scalar') continue;
    const earlier = first.get(held.text);
    if (earlier === undefined) first.set(held.text, held);
    else report.warn(held.at, already('award', held.text, earlier.at));
  }
}
