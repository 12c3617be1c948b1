import { z } from 'zod';
import type { Sample } from './family.js';

/** One field of the hashes in which all processes count, read: see `fieldOf`. */
export interface Entry {
  readonly name: string;
  /** The labels' values, in their order; and of a time, which part of it. */
  readonly rest: readonly string[];
  readonly value: number;
}

const row = z.tuple([z.string()]).rest(z.string());

/** The entries by their name. @throws ZodError when no Palier wrote the field */
export function entriesByName(
  fields: Readonly<Record<string, string | number>>,
): ReadonlyMap<string, readonly Entry[]> {
  const entries = Object.entries(fields).map(([field, value]): Entry => {
    const [name, ...rest] = row.parse(JSON.parse(field));
    return { name, rest, value: Number(value) };
  });
  return groupBy(entries, ({ name }) => name);
}

/** @returns the groups in the order of their first members */
export function groupBy<T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}

/** What an older Palier counted by other labels is left out. */
export const ofLength = (entries: readonly Entry[] | undefined, length: number): readonly Entry[] =>
  (entries ?? []).filter(({ rest }) => rest.length === length);

export const labelsOf = (names: readonly string[], { rest }: Entry): Sample['labels'] =>
  Object.fromEntries(names.map((name, at) => [name, rest[at] ?? '']));
