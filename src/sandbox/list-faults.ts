import type { ListName, PageHook, PageOrder, RowKind } from './types.js';

interface PageRequest {
  readonly clientId: string;
  readonly query: Readonly<Record<string, string>>;
}

interface Ordering {
  readonly order: PageOrder;
  readonly next: () => number;
}

/** What goes wrong with lists: rows that shift while they are read, and rows with odd fields. */
export class ListFaults {
  readonly #hooks = new Map<string, Set<PageHook>>();
  readonly #orders = new Map<string, Ordering>();
  readonly #odd = new Map<string, Readonly<Record<string, unknown>>>();

  /** @returns what takes the hook away */
  beforePage(clientId: string, list: ListName, hook: PageHook): () => void {
    const key = `${clientId} ${list}`;
    const hooks = this.#hooks.get(key) ?? new Set();
    this.#hooks.set(key, hooks.add(hook));
    return () => void hooks.delete(hook);
  }

  orderPages(clientId: string, list: ListName, order: PageOrder, seed: number): void {
    this.#orders.set(`${clientId} ${list}`, { order, next: chanceOf(seed) });
  }

  /** Each call for the same row adds to what is odd about it. */
  oddRow(kind: RowKind, id: string, fields: Readonly<Record<string, unknown>>): void {
    const key = `${kind} ${id}`;
    this.#odd.set(key, { ...this.#odd.get(key), ...fields });
  }

  mendRows(): void {
    this.#odd.clear();
  }

  /** All rows of a list for one page request, as they stand once the hooks have run. */
  read<T>(list: ListName, { clientId, query }: PageRequest, rows: () => readonly T[]): readonly T[] {
    const key = `${clientId} ${list}`;
    for (const hook of this.#hooks.get(key) ?? []) hook(Number(query['offset'] ?? 0), query);
    const ordering = this.#orders.get(key);
    return ordering === undefined ? rows() : inOrder(rows(), ordering);
  }

  row(kind: RowKind, id: string, row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const odd = this.#odd.get(`${kind} ${id}`);
    return odd === undefined ? row : { ...row, ...odd };
  }
}

function inOrder<T>(rows: readonly T[], { order, next }: Ordering): readonly T[] {
  if (order === 'oldest-first') return rows;
  if (order === 'newest-first') return rows.toReversed();
  return rows
    .map((row) => ({ row, at: next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ row }) => row);
}

/** Numbers in [0, 1) that are the same for a seed: mulberry32. */
function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
