import type { DateTime } from 'luxon';
import { type Localized, say } from '../../localized.js';
import type { Window } from '../badges-condition.js';
import { duplicateFault, cycleFault, type Noun } from './messages.js';
import type { Fields, Value } from './value.js';

/**
 * Reads two dates, both inclusive and optional. The last may not come before the first.
 * @returns the start of the first day, and the start of the day after the last, Unix seconds
 */
export function readSpan<K extends string>(fields: Fields<K>, from: K, until: K, timeZone: string) {
  const [first, last] = [fields.get(from)?.day(), fields.get(until)?.day()];
  if (first !== undefined && last !== undefined && first > last) {
    const [start, end] = [first.toFormat('yyyy-MM-dd'), last.toFormat('yyyy-MM-dd')];
    fields.get(until)?.fault(say`« ${until} » (${end}) vient avant « ${from} » (${start})
      "${until}" (${end}) comes before "${from}" (${start})`);
  }
  return { fromS: dayBoundS(first, 'fromS', timeZone), beforeS: dayBoundS(last, 'beforeS', timeZone) };
}

/**
 * Returns where a day begins (`fromS`) or is over (`beforeS`) in the zone, Unix seconds. It is not always midnight: where
 * clocks change at midnight, there are two midnights (the first counts) or none.
 */
export function dayBoundS(day: DateTime | undefined, bound: keyof Window, timeZone: string) {
  const local = (bound === 'fromS' ? day : day?.plus({ days: 1 }))?.setZone(timeZone, {
    keepLocalTime: true,
  });
  return local && Math.min(...local.getPossibleOffsets().map((possible) => possible.toSeconds()));
}

/** Returns the first value of each name, and reports every repetition. */
export function uniqueByName(
  noun: Noun,
  severity: 'fault' | 'warn',
  named: readonly (readonly [name: string, value: Value])[],
): ReadonlyMap<string, Value> {
  const firsts = new Map<string, Value>();
  for (const [name, value] of named) {
    const first = firsts.get(name);
    if (first === undefined) firsts.set(name, value);
    else value[severity](duplicateFault(noun, name, first.at));
  }
  return firsts;
}

/** Reads the names of a list, each once. A repeated name is a warning. */
export function distinctNames(
  noun: Noun,
  items: readonly Value[],
  read: (item: Value) => string | undefined,
): ReadonlyMap<string, Value> {
  const named = items.flatMap((item) => {
    const name = read(item);
    return name === undefined ? [] : [[name, item] as const];
  });
  return uniqueByName(noun, 'warn', named);
}

/** A dependency on the name `to`, and where the file states it. */
export interface Edge {
  readonly to: string;
  readonly at: Value;
}

/**
 * Sorts names topologically: each after those that it depends on, otherwise in the given order. The edge that closes a
 * circle is a fault. Edges to other names are ignored.
 * @param verb how a fault words an edge: "a <verb> b"
 */
export function sortByDependency(
  edges: ReadonlyMap<string, readonly Edge[]>,
  verb: Localized,
): readonly string[] {
  const sorted = new Set<string>();
  const visit = (path: readonly string[], name: string): void => {
    for (const { to, at } of sorted.has(name) ? [] : (edges.get(name) ?? []))
      if (path.includes(to)) at.fault(cycleFault(verb, [...path.slice(path.indexOf(to)), to]));
      else visit([...path, to], to);
    if (edges.has(name)) sorted.add(name);
  };
  for (const name of edges.keys()) visit([name], name);
  return [...sorted];
}
