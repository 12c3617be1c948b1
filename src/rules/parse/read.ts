import { DateTime } from 'luxon';
import type { Place, Report, Entry, ListNode, MapNode, Node, ScalarNode, Words } from './fault.js';
import { already, expected, missingKey, nearest, type Noun, unknown } from './messages.js';

/** The calendar day of `2024-01-31`, or null: not of that form, or no such day. */
export function calendarDay(text: string): DateTime | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const day = DateTime.fromISO(text, { zone: 'utc' });
  return day.isValid ? day : null;
}

/**
 * The first instant of that day in the zone, Unix seconds: not always midnight, since clocks change,
 * in some zones at midnight itself (it then strikes twice, and the first counts, or never).
 */
export function startOfDayS(day: DateTime, timeZone: string): number {
  const local = day.setZone(timeZone, { keepLocalTime: true });
  return Math.min(...local.getPossibleOffsets().map((possible) => possible.toSeconds()));
}

/**
 * Readers of one value. Each answers undefined for a value that is absent or faulty; a faulty one has been
 * reported then, and since any fault means that no scheme is made, `?? default` serves both.
 */
export interface Reading {
  readonly report: Report;
  /** IANA zone of the dates. */
  readonly timeZone: string;
}

/** Something read, and where it stands. */
export interface Located<T> {
  readonly value: T;
  readonly at: Place;
}

const NAME = { fr: 'un nom', en: 'a name' };
const ID = {
  fr: 'un identifiant (lettres sans accent, chiffres, « _ » et « - »)',
  en: 'an id (letters without accents, digits, "_" and "-")',
};
const TEXT = { fr: 'un texte', en: 'a text' };
const WHOLE = { fr: 'un nombre entier à partir de 1', en: 'a whole number from 1' };
const FLAG = { fr: 'true ou false', en: 'true or false' };
const LIST = { fr: 'une liste', en: 'a list' };
const DATE = {
  fr: 'une date du calendrier, comme 2024-01-31',
  en: 'a date of the calendar, like 2024-01-31',
};

/** Words that mean something to JavaScript objects are nobody's name: what is keyed by them goes astray. */
const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
export const isId = (text: string): boolean => /^[\w-]+$/.test(text) && !RESERVED.has(text);

/** A key that is an id of our own making: a competency's, an ability's, an award's. */
export function checkIdKey({ report }: Reading, key: string, at: Place): void {
  if (!isId(key)) report.fault(at, expected(ID, { kind: 'scalar', at, value: key, text: key }));
}

/** A reader of one kind of scalar. @param read null: it is not of that kind */
const scalar =
  <T>(what: Words, read: (node: ScalarNode) => T | null) =>
  ({ report }: Reading, node: Node | undefined): Located<T> | undefined => {
    if (node === undefined) return undefined;
    const value = node.kind === 'scalar' ? read(node) : null;
    return value === null ? report.fault(node.at, expected(what, node)) : { value, at: node.at };
  };

/** A name as it is written, whatever YAML makes of it: the id `1E5` is no number. */
export const readName = scalar(NAME, ({ value, text }) =>
  ['string', 'number'].includes(typeof value) && text !== '' ? text : null,
);
export const readText = scalar(TEXT, ({ value }) =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : null,
);
export const readWhole = scalar(WHOLE, ({ value }) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 ? value : null,
);
export const readFlag = scalar(FLAG, ({ value }) => (typeof value === 'boolean' ? value : null));
/** A day of the calendar, in no zone yet. */
const readDate = scalar(DATE, ({ value }) => (typeof value === 'string' ? calendarDay(value) : null));

export function readId(reading: Reading, node: Node | undefined): Located<string> | undefined {
  const name = readName(reading, node);
  if (name === undefined || node === undefined || isId(name.value)) return name;
  return reading.report.fault(name.at, expected(ID, node));
}

/** Names to look among: a Set of them, or a Map by them. */
export interface Names {
  has(name: string): boolean;
  keys(): Iterable<string>;
}

/** A name that must be among the known; null known: their section could not be read, so all pass. */
export function readKnown(
  reading: Reading,
  node: Node | undefined,
  noun: Noun,
  known: Names | null,
): Located<string> | undefined {
  if (known === null) return readId(reading, node);
  const name = readName(reading, node);
  if (name === undefined || known.has(name.value)) return name;
  return reading.report.fault(name.at, unknown(noun, name.value, [...known.keys()]));
}

export function readChoice<T extends string>(
  reading: Reading,
  node: Node | undefined,
  choices: readonly T[],
): T | undefined {
  const name = readKnown(reading, node, 'value', new Set(choices));
  return choices.find((choice) => choice === name?.value);
}

export function readList({ report }: Reading, node: Node | undefined): ListNode | undefined {
  if (node === undefined) return undefined;
  return node.kind === 'list' ? node : report.fault(node.at, expected(LIST, node));
}

/** An empty list is where "all of nothing" would be met by everyone. */
export function readFilledList(reading: Reading, node: Node | undefined): ListNode | undefined {
  const list = readList(reading, node);
  if (list === undefined || list.items.length > 0) return list;
  return reading.report.fault(list.at, {
    fr: 'attendu : une liste qui ne soit pas vide ; trouvé : []',
    en: 'expected a list that is not empty, found []',
  });
}

/** The names of a list, each once; one that is repeated is worth a warning, and counts once. */
export function readNames(
  { report }: Reading,
  list: ListNode | undefined,
  noun: Noun,
  readOne: (item: Node) => Located<string> | undefined,
): readonly Located<string>[] {
  const names = new Map<string, Located<string>>();
  for (const item of list?.items ?? []) {
    const name = readOne(item);
    const first = name === undefined ? undefined : names.get(name.value);
    if (name !== undefined && first === undefined) names.set(name.value, name);
    if (name !== undefined && first !== undefined) report.warn(name.at, already(noun, name.value, first.at));
  }
  return [...names.values()];
}

const MAP = { fr: 'une table (clé : valeur)', en: 'a map' };

export function readMap({ report }: Reading, node: Node | undefined): MapNode | undefined {
  if (node === undefined) return undefined;
  return node.kind === 'map' ? node : report.fault(node.at, expected(MAP, node));
}

/** A map whose keys are fixed. */
export interface Fields<K extends string> {
  readonly at: Place;
  readonly get: (key: K) => Node | undefined;
  /** Of the key itself. */
  readonly placeOf: (key: K) => Place;
  /** Of the allowed keys, those given, in the file's order. */
  readonly given: readonly K[];
  readonly hasUnknown: boolean;
}

/**
 * Reads a map and reports the keys that are unknown or missing. A misspelt key is read as the one that was
 * probably meant, so that what stands under it is checked in the same load, and nothing else falls over it.
 */
export function readFields<K extends string>(
  reading: Reading,
  node: Node | undefined,
  keys: { readonly required: readonly K[]; readonly optional: readonly K[] },
): Fields<K> | undefined {
  const map = readMap(reading, node);
  if (map === undefined) return undefined;
  const allowed = [...keys.required, ...keys.optional];
  const entries = new Map<K, Entry>();
  let hasUnknown = false;
  for (const entry of map.entries.values()) {
    const key = allowed.find((name) => name === entry.key);
    if (key !== undefined) {
      entries.set(key, entry);
      continue;
    }
    hasUnknown = true;
    reading.report.fault(entry.keyAt, unknown('key', entry.key, allowed));
    const meant = allowed.find((name) => name === nearest(entry.key, allowed));
    if (meant !== undefined && !map.entries.has(meant)) entries.set(meant, entry);
  }
  for (const key of keys.required) if (!entries.has(key)) reading.report.fault(map.at, missingKey(key));
  return {
    at: map.at,
    get: (key) => entries.get(key)?.value,
    placeOf: (key) => entries.get(key)?.keyAt ?? map.at,
    given: [...entries.keys()],
    hasUnknown,
  };
}

/**
 * Two dates, both inclusive and both optional, that may not cross.
 * @returns from the start of the first day until before the start of the day after the last, Unix seconds
 */
export function readSpan<K extends string>(reading: Reading, fields: Fields<K>, from: K, until: K) {
  const first = readDate(reading, fields.get(from));
  const last = readDate(reading, fields.get(until));
  if (first !== undefined && last !== undefined && first.value > last.value)
    reading.report.fault(last.at, {
      fr: `« ${until} » (${last.value.toISODate()}) vient avant « ${from} » (${first.value.toISODate()})`,
      en: `"${until}" (${last.value.toISODate()}) comes before "${from}" (${first.value.toISODate()})`,
    });
  return {
    fromS: first && startOfDayS(first.value, reading.timeZone),
    beforeS: last && startOfDayS(last.value.plus({ days: 1 }), reading.timeZone),
  };
}
