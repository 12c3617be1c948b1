import { createHash } from 'node:crypto';
import { z } from 'zod';

/** The paging parameters of every list. OBF returns at most 1000 rows a page. */
export const paging = {
  limit: z.coerce.number().int().min(1).max(1000).default(1000),
  offset: z.coerce.number().int().min(0).default(0),
};

/** `recipients`, `events` and `badges` are rows of lists; `event` is the reply about one. */
export type RowKind = 'events' | 'recipients' | 'badges' | 'event';
export type ListedKind = Exclude<RowKind, 'event'>;

/** In order of recording (the default), reversed, or in another order at each request. */
export type PageOrder = 'oldest-first' | 'newest-first' | 'shuffled';

/** Runs before a page is made: the page already has its changes. */
export type PageHook = (offset: number, query: Readonly<Record<string, string>>) => void;

type Row = Readonly<Record<string, unknown>>;

/** Returns the id by which faults name a row: a recipient's is the assertion's. */
const idOf = (row: Row): string => String(row['assertion_id'] ?? row['id']);

/** Makes the pages of lists, with their faults: rows that move between pages, and odd fields. */
export class Lists {
  readonly #hooks = new Map<string, Set<PageHook>>();
  readonly #orders = new Map<string, { readonly order: PageOrder; readonly seed: number; turn: number }>();
  readonly #oddFields = new Map<string, Row>();

  /** @param pageRows the most rows of a page, whatever `limit` is */
  constructor(private readonly pageRows: number) {}

  /** Adds a hook. @returns a function that removes it */
  beforePage(clientId: string, list: ListedKind, hook: PageHook): () => void {
    const key = `${clientId} ${list}`;
    const hooks = this.#hooks.get(key) ?? new Set();
    this.#hooks.set(key, hooks.add(hook));
    return () => void hooks.delete(hook);
  }

  /** Sets the order of a list. `seed` decides how rows are shuffled. */
  orderPages(clientId: string, list: ListedKind, order: PageOrder, seed = 1): void {
    this.#orders.set(`${clientId} ${list}`, { order, seed, turn: 0 });
  }

  /**
   * Replaces fields of a row, or of the reply about one event, until `mendRows`. Another call for the same row
   * adds fields.
   */
  oddRow(kind: RowKind, id: string, fields: Row): void {
    const key = `${kind} ${id}`;
    this.#oddFields.set(key, { ...this.#oddFields.get(key), ...fields });
  }

  mendRows(): void {
    this.#oddFields.clear();
  }

  /**
   * Returns one page of a list, and the number of rows of the list.
   * @param rawQuery the query before parsing, for the hooks
   * @param rows oldest first; called after the hooks
   */
  page(
    name: ListedKind,
    clientId: string,
    rawQuery: Readonly<Record<string, string>>,
    { limit, offset }: { readonly limit: number; readonly offset: number },
    rows: () => readonly Row[],
  ): { result: readonly Row[]; total: number } {
    const key = `${clientId} ${name}`;
    for (const hook of this.#hooks.get(key) ?? []) hook(offset, rawQuery);
    const all = this.#inOrder(key, rows());
    const shown = all.slice(offset, offset + Math.min(limit, this.pageRows));
    return { result: shown.map((row) => this.row(name, idOf(row), row)), total: all.length };
  }

  row(kind: RowKind, id: string, row: Row): Row {
    return { ...row, ...this.#oddFields.get(`${kind} ${id}`) };
  }

  #inOrder(key: string, rows: readonly Row[]): readonly Row[] {
    const ordering = this.#orders.get(key);
    if (ordering === undefined || ordering.order === 'oldest-first') return rows;
    if (ordering.order === 'newest-first') return rows.toReversed();
    ordering.turn += 1;
    const placeOf = (at: number): string =>
      createHash('md5').update(`${ordering.seed} ${ordering.turn} ${at}`).digest('hex');
    const placed = rows.map((row, at) => ({ row, place: placeOf(at) }));
    return placed.toSorted((a, b) => (a.place < b.place ? -1 : 1)).map(({ row }) => row);
  }
}
