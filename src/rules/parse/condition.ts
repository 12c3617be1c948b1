import { asAwardId, asBadgeId, asClientId } from '../../ids.js';
import {
  type BadgesCondition,
  CONDITION_KEYS,
  type ConditionKey,
  type ConditionNumbers,
  contradictoryKeys,
  type Selector,
} from '../badges-condition.js';
import { and, type Localized, say } from '../../localized.js';
import type { Condition } from '../types.js';
import { dayBoundS, distinctNames, type Edge, uniqueByName } from './checks.js';
import { missingKey, quotedValue } from './messages.js';
import { checkReachOfLists, type KnownSchemeNames, type PlacedCondition } from './reach.js';
import type { Fields, Value } from './value.js';

/** No person can follow a deeper rule. Evaluation recurses this deep safely. */
const MAX_DEPTH = 20;

const FORMS = ['all', 'any', 'at_least', 'holds'] as const;
type Form = (typeof FORMS)[number];
/** The keys that go only beside `at_least: N, of: selector`. */
const BADGES_KEYS: readonly ConditionKey[] = CONDITION_KEYS.map(({ key }) => key);
type Key = Form | 'of' | ConditionKey;
const KEYS: readonly Key[] = [...FORMS, 'of', ...BADGES_KEYS];

/** The context in which one award's rule is read. */
export interface RuleReading {
  readonly known: KnownSchemeNames;
  /** IANA zone of the dates. */
  readonly timeZone: string;
  /** Receives every `holds` of the rule. */
  readonly holds: Edge[];
  /** Receives every `badges` condition without faults. */
  readonly placed: PlacedCondition[];
}

/** Reads a condition: a map in exactly one form. Given several forms, reads each one for its faults. */
export function readCondition(reading: RuleReading, value: Value, depth = 1): Condition | undefined {
  if (depth > MAX_DEPTH) return value.fault(TOO_DEEP);
  const fields = value.fields<Key>([], KEYS);
  if (fields === undefined) return undefined;
  const forms = [...fields.keys.keys()].filter((key): key is Form => FORMS.some((form) => form === key));
  if (forms.length === 0 && !fields.hasUnknown) value.fault(NO_FORM);
  checkKeys(fields, forms);
  return forms.map((form) => readForm(reading, form, value, fields, depth))[0];
}

const TOO_DEEP = say`condition imbriquée sur plus de ${MAX_DEPTH} niveaux
  condition nested more than ${MAX_DEPTH} levels deep`;
const NO_FORM = say`une condition prend exactement une de ces clés : all, any, at_least, holds
  a condition takes exactly one of these keys: all, any, at_least, holds`;

/** Reports a second form, and every key that does not belong to the form. */
function checkKeys({ keys, get }: Fields<Key>, [form, second]: readonly Form[]): void {
  if (form === undefined) return;
  if (second !== undefined)
    keys.get(second)?.fault(say`« ${form} » et « ${second} » dans une même condition : ${NO_FORM}
      "${form}" and "${second}" in one condition: ${NO_FORM}`);
  const isOfList = get('of')?.isList === true;
  const besideAtLeast = isOfList ? (['of'] as const) : (['of', ...BADGES_KEYS] as const);
  const allowed: readonly Key[] = [...FORMS, ...(keys.has('at_least') ? besideAtLeast : [])];
  const beside = keys.has('at_least') && isOfList ? LIST : quotedValue(form);
  for (const [key, at] of keys) if (!allowed.includes(key)) at.fault(misplaced(key, beside));
}

const LIST = { fr: 'une liste de conditions (of: [...])', en: 'a list of conditions (of: [...])' };
const SELECTOR = say`un sélecteur (at_least: N, of: { ... })
  a selector (at_least: N, of: { ... })`;

function misplaced(key: Key, beside: Localized): Localized {
  const place = key === 'of' ? quotedValue('at_least') : SELECTOR;
  const de = beside === LIST ? "d'" : 'de ';
  return say`la clé « ${key} » ne va pas à côté ${de}${beside} : elle ne va qu'avec ${place}
    the key "${key}" does not go beside ${beside}: it goes with ${place} only`;
}

function readForm(
  reading: RuleReading,
  form: Form,
  value: Value,
  fields: Fields<Key>,
  depth: number,
): Condition | undefined {
  if (form === 'holds') {
    const at = fields.get('holds');
    const to = at?.nameAmong('award', reading.known.awards);
    if (at === undefined || to === undefined) return undefined;
    reading.holds.push({ to, at });
    return { kind: 'holds', award: asAwardId(to) };
  }
  if (form === 'all' || form === 'any') {
    const items = fields.get(form)?.filledItems();
    const of = items?.flatMap((item) => readCondition(reading, item, depth + 1) ?? []);
    return of && { kind: form, of };
  }
  const atLeast = fields.get('at_least')?.wholeNumber();
  const of = fields.get('of');
  if (of === undefined) return value.fault(missingKey('of'));
  if (of.isMap) return readBadges(reading, fields, of, atLeast);
  if (!of.isList) return of.expected(LIST_OR_SELECTOR);
  const items = of.filledItems() ?? [];
  if (atLeast !== undefined && items.length > 0 && atLeast > items.length)
    fields.get('at_least')
      ?.fault(say`« at_least: ${atLeast} » ne peut jamais être atteint : la liste a ${items.length} condition(s)
      "at_least: ${atLeast}" can never be reached: the list has ${items.length} condition(s)`);
  const conditions = items.map((item) => [readCondition(reading, item, depth + 1), item] as const);
  // An award that is listed twice counts twice: "3 of these 4" hardly ever means that.
  const held = conditions.flatMap(([condition, item]) =>
    condition?.kind === 'holds' ? [[condition.award, item] as const] : [],
  );
  uniqueByName('award', 'warn', held);
  if (atLeast === undefined) return undefined;
  return { kind: 'at_least', atLeast, of: conditions.flatMap(([condition]) => condition ?? []) };
}

const LIST_OR_SELECTOR = say`une liste de conditions ([...]) ou un sélecteur ({ competency: ... })
  a list of conditions ([...]) or a selector ({ competency: ... })`;

/** Reads `{ at_least: N, of: selector, ... }`, and checks that its lists can give the numbers it requires. */
function readBadges(
  reading: RuleReading,
  fields: Fields<Key>,
  of: Value,
  atLeast: number | undefined,
): BadgesCondition | undefined {
  const faultsBefore = of.faultCount;
  const selector = readSelector(reading, of);
  const numbers: Partial<Record<keyof ConditionNumbers, number | undefined>> = {};
  for (const one of CONDITION_KEYS) {
    const value = fields.get(one.key);
    const isDay = 'unit' in one && one.unit === 'day';
    numbers[one.field] = isDay ? dayBoundS(value?.day(), one.bound, reading.timeZone) : value?.wholeNumber();
  }
  reportContradiction(fields, numbers);
  if (atLeast === undefined || selector === undefined) return undefined;
  const condition: BadgesCondition = { kind: 'badges', atLeast, selector, ...numbers };
  // A fault could make a number seem out of reach: an unknown badge, for one, counts for nothing.
  if (of.faultCount > faultsBefore) return undefined;
  const placed = { condition, valueOf: fields.get };
  checkReachOfLists(placed, reading.known);
  reading.placed.push(placed);
  return condition;
}

function reportContradiction({ get }: Fields<Key>, numbers: ConditionNumbers): void {
  const keys = contradictoryKeys(numbers);
  if (keys === null) return;
  const written = and(keys.map((key) => quotedValue(`${key}: ${get(key)?.name() ?? ''}`)));
  get(keys[1])?.fault(say`${written} s'excluent : aucun badge ne peut répondre aux deux
    ${written} exclude each other: no badge can meet both`);
}

const EMPTY = say`sélecteur vide : il prendrait tous les badges ; donner au moins une clé parmi competency, level, ability, issuers, badges
  empty selector: it would pick every badge; give at least one of competency, level, ability, issuers, badges`;

function readSelector({ known }: RuleReading, value: Value): Selector | undefined {
  const fields = value.fields([], ['competency', 'level', 'ability', 'issuers', 'badges']);
  if (fields === undefined) return undefined;
  if (fields.keys.size === 0 && !fields.hasUnknown) return value.fault(EMPTY);
  const { partners, badges } = known;
  const competency = fields.get('competency')?.nameAmong('competency', known.abilities);
  const issuers = fields.get('issuers')?.filledItems();
  const issuerIds =
    issuers && distinctNames('partner', issuers, (item) => item.nameAmong('partner', partners));
  for (const [id, at] of issuerIds ?? [])
    if (partners?.get(asClientId(id))?.active === false) at.warn(notActive(id));
  const listed = fields.get('badges')?.filledItems();
  const badgeIds = listed && distinctNames('badge', listed, (item) => item.nameAmong('badge', badges));
  return {
    competency,
    level: fields.get('level')?.wholeNumber(),
    ability: fields.get('ability')?.nameAmong('ability', abilitiesOf(known, competency)),
    issuers: issuerIds && [...issuerIds.keys()].map(asClientId),
    badges: badgeIds && [...badgeIds.keys()].map(asBadgeId),
  };
}

const notActive = (
  partner: string,
): Localized => say`le partenaire « ${partner} » n'est pas actif : ses badges ne comptent pas
  the partner "${partner}" is not active: its badges do not count`;

/** Returns the abilities that a selector may name: the competency's, or all without one. Null: not known for sure. */
function abilitiesOf(
  { abilities }: KnownSchemeNames,
  competency: string | undefined,
): ReadonlySet<string> | null {
  if (abilities === null) return null;
  const sets = competency === undefined ? [...abilities.values()] : [abilities.get(competency) ?? null];
  return sets.includes(null) ? null : new Set(sets.flatMap((set) => [...(set ?? [])]));
}
