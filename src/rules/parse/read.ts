import type { DateTime } from 'luxon';
import { calendarDay } from './dates.js';
import type { Place, Report } from './fault.js';
import type { ListNode, Node } from './tree.js';
import { already, expected, unknown, type Noun } from './words.js';

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
const FILLED = { fr: 'une liste qui ne soit pas vide', en: 'a list that is not empty' };
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

/** A name as it is written, whatever YAML makes of it: the id `1E5` is no number. */
export function readName({ report }: Reading, node: Node | undefined): Located<string> | undefined {
  if (node === undefined) return undefined;
  const isName = node.kind === 'scalar' && (typeof node.value === 'string' || typeof node.value === 'number');
  if (!isName || node.text === '') return report.fault(node.at, expected(NAME, node));
  return { value: node.text, at: node.at };
}

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

export function readText({ report }: Reading, node: Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  const text = node.kind === 'scalar' && typeof node.value === 'string' ? node.value.trim() : '';
  return text === '' ? report.fault(node.at, expected(TEXT, node)) : text;
}

export function readWhole({ report }: Reading, node: Node | undefined): Located<number> | undefined {
  if (node === undefined) return undefined;
  const value = node.kind === 'scalar' ? node.value : null;
  const isWhole = typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
  return isWhole ? { value, at: node.at } : report.fault(node.at, expected(WHOLE, node));
}

export function readFlag({ report }: Reading, node: Node | undefined): boolean | undefined {
  if (node === undefined) return undefined;
  const value = node.kind === 'scalar' ? node.value : null;
  return typeof value === 'boolean' ? value : report.fault(node.at, expected(FLAG, node));
}

export function readChoice<T extends string>(
  reading: Reading,
  node: Node | undefined,
  choices: readonly T[],
): T | undefined {
  const name = readKnown(reading, node, 'value', new Set(choices));
  return choices.find((choice) => choice === name?.value);
}

/** A day of the calendar, in no zone yet. */
export function readDate({ report }: Reading, node: Node | undefined): Located<DateTime> | undefined {
  if (node === undefined) return undefined;
  const day = node.kind === 'scalar' && typeof node.value === 'string' ? calendarDay(node.value) : null;
  return day === null ? report.fault(node.at, expected(DATE, node)) : { value: day, at: node.at };
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
    fr: `attendu : ${FILLED.fr} ; trouvé : []`,
    en: `expected ${FILLED.en}, found []`,
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
