import type { DateTime } from 'luxon';
import { type Localized, say } from '../../localized.js';
import { already, circle, type Noun } from './messages.js';
import type { Fields, Value } from './value.js';

/**
 * Two dates, both inclusive and both optional, that may not cross.
 * @returns from the start of the first day until before the start of the day after the last, Unix seconds
 */
export function readSpan<K extends string>(fields: Fields<K>, from: K, until: K, timeZone: string) {
  const [first, last] = [fields.get(from)?.day(), fields.get(until)?.day()];
  if (first !== undefined && last !== undefined && first > last) {
    const [start, end] = [first.toFormat('yyyy-MM-dd'), last.toFormat('yyyy-MM-dd')];
    fields.get(until)?.fault(say`« ${until} » (${end}) vient avant « ${from} » (${start})
      "${until}" (${end}) comes before "${from}" (${start})`);
  }
  return {
    fromS: first && startOfDayS(first, timeZone),
    beforeS: last && startOfDayS(last.plus({ days: 1 }), timeZone),
  };
}

/**
 * The first instant of that day in the zone, Unix seconds: not always midnight, since clocks change,
 * in some zones at midnight itself (it then strikes twice, and the first counts, or never).
 */
function startOfDayS(day: DateTime, timeZone: string): number {
  const local = day.setZone(timeZone, { keepLocalTime: true });
  return Math.min(...local.getPossibleOffsets().map((possible) => possible.toSeconds()));
}

/** The values by their names; one that repeats a name is told, and left out. */
export function once(
  noun: Noun,
  tell: 'fault' | 'warn',
  named: readonly (readonly [name: string, value: Value])[],
): ReadonlyMap<string, Value> {
  const firsts = new Map<string, Value>();
  for (const [name, value] of named) {
    const first = firsts.get(name);
    if (first === undefined) firsts.set(name, value);
    else value[tell](already(noun, name, first.at));
  }
  return firsts;
}

/** The names of a list, each once; one that is repeated is worth a warning, and counts once. */
export function distinctNames(
  noun: Noun,
  items: readonly Value[],
  read: (item: Value) => string | undefined,
): ReadonlyMap<string, Value> {
  const named = items.flatMap((item) => {
    const name = read(item);
    return name === undefined ? [] : [[name, item] as const];
  });
  return once(noun, 'warn', named);
}

/** "This one needs that one", and where it says so. */
export interface Edge {
  readonly to: string;
  readonly at: Value;
}

/**
 * The names, each after every one that it needs; else in the order given. A circle is a fault of the edge that closes
 * it. An edge to a name that is not among them leads nowhere.
 * @param verb what an edge says, in a circle's fault
 */
export function inOrder(edges: ReadonlyMap<string, readonly Edge[]>, verb: Localized): readonly string[] {
  const done = new Set<string>();
  const visit = (path: readonly string[], name: string): void => {
    for (const { to, at } of done.has(name) ? [] : (edges.get(name) ?? []))
      if (path.includes(to)) at.fault(circle(verb, [...path.slice(path.indexOf(to)), to]));
      else visit([...path, to], to);
    if (edges.has(name)) done.add(name);
  };
  for (const name of edges.keys()) visit([name], name);
  return [...done];
}
