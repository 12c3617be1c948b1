import { z } from 'zod';
import type { ListName, PageHook, PageOrder, RowKind } from './types.js';

/** The query of every list. OBF gives at most 1000 rows at a time. */
export const paging = {
  limit: z.coerce.number().int().min(1).max(1000).default(1000),
  offset: z.coerce.number().int().min(0).default(0),
};

type Row = Readonly<Record<string, unknown>>;

/** What goes wrong with lists: rows that shift while they are read, and rows with odd fields. */
export class ListFaults {
  readonly #hooks = new Map<string, Set<PageHook>>();
  readonly #orders = new Map<string, { readonly order: PageOrder; readonly random: () => number }>();
  readonly #odd = new Map<string, Row>();

  /** @param pageRows the most rows of a page, whatever is asked for */
  constructor(private readonly pageRows: number) {}

  /** @returns what takes the hook away */
  beforePage(clientId: string, list: ListName, hook: PageHook): () => void {
    const key = `${clientId} ${list}`;
    const hooks = this.#hooks.get(key) ?? new Set();
    this.#hooks.set(key, hooks.add(hook));
    return () => void hooks.delete(hook);
  }

  orderPages(clientId: string, list: ListName, order: PageOrder, seed: number): void {
    this.#orders.set(`${clientId} ${list}`, { order, random: randomOf(seed) });
  }

  /** Each call for the same row adds to what is odd about it. */
  oddRow(kind: RowKind, id: string, fields: Row): void {
    const key = `${kind} ${id}`;
    this.#odd.set(key, { ...this.#odd.get(key), ...fields });
  }

  mendRows(): void {
    this.#odd.clear();
  }

  /** All rows of a list for one page request, read after the hooks have run. */
  read<T>(list: ListName, clientId: string, query: Record<string, string>, rows: () => readonly T[]) {
    const key = `${clientId} ${list}`;
    for (const hook of this.#hooks.get(key) ?? []) hook(Number(query['offset'] ?? 0), query);
    const { order, random } = this.#orders.get(key) ?? { order: 'oldest-first', random: Math.random };
    if (order === 'oldest-first') return rows();
    if (order === 'newest-first') return rows().toReversed();
    const shuffled = rows().map((row) => ({ row, at: random() }));
    return shuffled.toSorted((a, b) => a.at - b.at).map(({ row }) => row);
  }

  /** One page of the rows that are kept, and how many those are in all. */
  page<T>(
    rows: readonly T[],
    { limit, offset }: { limit: number; offset: number },
    isKept: (row: T) => boolean,
  ): { readonly page: readonly T[]; readonly total: number } {
    const kept = rows.filter(isKept);
    return { page: kept.slice(offset, offset + Math.min(limit, this.pageRows)), total: kept.length };
  }

  row(kind: RowKind, id: string, row: Row): Row {
    return { ...row, ...this.#odd.get(`${kind} ${id}`) };
  }
}

/** Numbers in [0, 1) that are the same for a seed: mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
