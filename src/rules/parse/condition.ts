import { asAwardId, asBadgeId, asClientId } from '../../ids.js';
import {
  type BadgesCondition,
  CONDITION_KEYS,
  type ConditionField,
  type ConditionKey,
  type Selector,
} from '../badges-condition.js';
import type { Condition } from '../types.js';
import type { Words, Node } from './fault.js';
import { already, expected, missingKey } from './messages.js';
import { checkReachOfLists, type PlacedCondition, type RuleReading } from './reach.js';
import {
  type Fields,
  type Located,
  type Names,
  readFields,
  readFilledList,
  readKnown,
  readNames,
  readSpan,
  readWhole,
} from './read.js';

/** Deeper than any rule that a person can follow; evaluation may recurse this often without care. */
const MAX_DEPTH = 20;

const FORMS = ['all', 'any', 'at_least', 'holds'] as const;
/** Keys beside `at_least: N, of: selector`, and nowhere else. */
const BADGES_KEYS: readonly ConditionKey[] = CONDITION_KEYS.map(({ key }) => key);
type Form = (typeof FORMS)[number];
type Key = Form | 'of' | ConditionKey;
const KEYS: { required: readonly Key[]; optional: readonly Key[] } = {
  required: [],
  optional: [...FORMS, 'of', ...BADGES_KEYS],
};

/** One small reader for each form of a condition. */
const READERS: Readonly<
  Record<Form, (reading: RuleReading, fields: Fields<Key>, depth: number) => Condition | undefined>
> = {
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
  at_least: (reading, fields, depth) => {
    const of = fields.get('of');
    if (of?.kind === 'map') return readBadgesCondition(reading, fields, of);
    return readAtLeast(reading, fields, of, depth);
  },
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
  if (second !== undefined) report.fault(fields.placeOf(second), severalForms(form, second));
  const of = fields.get('of');
  const besideAtLeast: readonly Key[] = of?.kind === 'list' ? ['of'] : ['of', ...BADGES_KEYS];
  const allowed: readonly Key[] = [...forms, ...(forms.includes('at_least') ? besideAtLeast : [])];
  for (const key of fields.given)
    if (!allowed.includes(key)) report.fault(fields.placeOf(key), misplaced(key, form, of));
}

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

function readAtLeast(
  reading: RuleReading,
  fields: Fields<Key>,
  of: Node | undefined,
  depth: number,
): Condition | undefined {
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

/** Reads `{ at_least: N, of: selector, ... }`, and checks that its lists can give what it asks for. */
function readBadgesCondition(
  reading: RuleReading,
  fields: Fields<Key>,
  of: Node,
): BadgesCondition | undefined {
  const { report } = reading;
  const before = report.faultCount;
  const placed = readPlaced(reading, fields, of);
  // With a fault inside, a number could only seem too great: an unknown badge is not counted, for one.
  if (placed === undefined || report.faultCount > before) return undefined;
  checkReachOfLists(report, placed, reading.known);
  reading.placed.push(placed);
  return placed.condition;
}

function readPlaced(reading: RuleReading, fields: Fields<Key>, of: Node): PlacedCondition | undefined {
  const atLeast = readWhole(reading, fields.get('at_least'));
  const selector = readSelector(reading, of);
  const { fromS, beforeS } = readSpan(reading, fields, 'issued_from', 'issued_until');
  const numbers: Partial<Record<ConditionField, number | undefined>> = {
    issuedFromS: fromS,
    issuedBeforeS: beforeS,
  };
  for (const { key, read, field } of CONDITION_KEYS)
    if (read === 'whole') numbers[field] = readWhole(reading, fields.get(key))?.value;
  if (atLeast === undefined || selector === undefined) return undefined;
  return {
    condition: { kind: 'badges', atLeast: atLeast.value, selector, ...numbers },
    placeOf: (key) => fields.get(key)?.at ?? fields.at,
  };
}

const SELECTOR_KEYS = {
  required: [],
  optional: ['competency', 'level', 'ability', 'issuers', 'badges'],
} as const;
const EMPTY = {
  fr: 'sélecteur vide : il prendrait tous les badges ; donner au moins une clé parmi competency, level, ability, issuers, badges',
  en: 'empty selector: it would pick every badge; give at least one of competency, level, ability, issuers, badges',
};

function readSelector(reading: RuleReading, node: Node): Selector | undefined {
  const fields = readFields<(typeof SELECTOR_KEYS.optional)[number]>(reading, node, SELECTOR_KEYS);
  if (fields === undefined) return undefined;
  const { abilityNames, partners, badges: enrolled } = reading.known;
  if (fields.given.length === 0 && !fields.hasUnknown) return reading.report.fault(fields.at, EMPTY);
  const competency = readKnown(reading, fields.get('competency'), 'competency', abilityNames);
  const level = readWhole(reading, fields.get('level'));
  const abilities = abilitiesOf(reading, competency?.value);
  const ability = readKnown(reading, fields.get('ability'), 'ability', abilities);
  const issuers = readListed(reading, fields.get('issuers'), 'partner', 'partner', partners);
  const badges = readListed(reading, fields.get('badges'), 'badge', 'enrolled', enrolled);
  for (const { value, at } of issuers ?? [])
    if (partners?.get(asClientId(value)) === false) reading.report.warn(at, notActive(value));
  return {
    competency: competency?.value,
    level: level?.value,
    ability: ability?.value,
    issuers: issuers?.map(({ value }) => asClientId(value)),
    badges: badges?.map(({ value }) => asBadgeId(value)),
  };
}

const notActive = (partner: string): Words => ({
  fr: `le partenaire « ${partner} » n'est pas actif : ses badges ne comptent pas`,
  en: `the partner "${partner}" is not active: its badges do not count`,
});

/** The abilities that may be named: the competency's, or all when none is named; null: not known for sure. */
function abilitiesOf({ known }: RuleReading, competency: string | undefined): ReadonlySet<string> | null {
  if (known.abilityNames === null) return null;
  const names = known.abilityNames;
  const sets = competency === undefined ? [...names.values()] : [names.get(competency) ?? null];
  const whole = sets.filter((set) => set !== null);
  return whole.length === sets.length ? new Set(whole.flatMap((set) => [...set])) : null;
}

function readListed(
  reading: RuleReading,
  node: Node | undefined,
  repeated: 'partner' | 'badge',
  unknown: 'partner' | 'enrolled',
  known: Names | null,
): readonly Located<string>[] | undefined {
  const list = readFilledList(reading, node);
  return list && readNames(reading, list, repeated, (item) => readKnown(reading, item, unknown, known));
}
