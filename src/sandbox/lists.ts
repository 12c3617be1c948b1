import { createHash } from 'node:crypto';
import { z } from 'zod';

/** The query of every list. OBF gives at most 1000 rows at a time. */
export const paging = {
  limit: z.coerce.number().int().min(1).max(1000).default(1000),
  offset: z.coerce.number().int().min(0).default(0),
};

/** `recipients`, `events` and `badges` are rows of lists; `event` is the reply about one. */
export type RowKind = 'events' | 'recipients' | 'badges' | 'event';
export type ListedKind = Exclude<RowKind, 'event'>;

/** As recorded (the default), the other way round, or another order at each request. */
export type PageOrder = 'oldest-first' | 'newest-first' | 'shuffled';

/** Runs while a page is asked for: what it changes is on that page already. */
export type PageHook = (offset: number, query: Readonly<Record<string, string>>) => void;

type Row = Readonly<Record<string, unknown>>;

/** How faults name a row: recipients by their assertion. */
const idOf = (row: Row): string => String(row['assertion_id'] ?? row['id']);

/** The pages of lists, and what goes wrong with them: rows that shift while they are read, and odd fields. */
export class Lists {
  readonly #hooks = new Map<string, Set<PageHook>>();
  readonly #orders = new Map<string, { readonly order: PageOrder; readonly seed: number; turn: number }>();
  readonly #odd = new Map<string, Row>();

  /** @param pageRows the most rows of a page, whatever is asked for */
  constructor(private readonly pageRows: number) {}

  /** @returns what takes the hook away */
  beforePage(clientId: string, list: ListedKind, hook: PageHook): () => void {
    const key = `${clientId} ${list}`;
    const hooks = this.#hooks.get(key) ?? new Set();
    this.#hooks.set(key, hooks.add(hook));
    return () => void hooks.delete(hook);
  }

  /** `seed` decides how rows are shuffled. */
  orderPages(clientId: string, list: ListedKind, order: PageOrder, seed = 1): void {
    this.#orders.set(`${clientId} ${list}`, { order, seed, turn: 0 });
  }

  /**
   * A row, or the reply about one event, shows these fields instead of its own, until `mendRows`. Each call
   * for the same row adds to what is odd about it.
   */
  oddRow(kind: RowKind, id: string, fields: Row): void {
    const key = `${kind} ${id}`;
    this.#odd.set(key, { ...this.#odd.get(key), ...fields });
  }

  mendRows(): void {
    this.#odd.clear();
  }

  /**
   * One page of a list, and how many rows it has in all.
   * @param asked the query as it came
   * @param rows oldest first; asked for after the hooks have run
   */
  page(
    name: ListedKind,
    clientId: string,
    asked: Readonly<Record<string, string>>,
    { limit, offset }: { readonly limit: number; readonly offset: number },
    rows: () => readonly Row[],
  ): { result: readonly Row[]; total: number } {
    const key = `${clientId} ${name}`;
    for (const hook of this.#hooks.get(key) ?? []) hook(offset, asked);
    const all = this.#inOrder(key, rows());
    const shown = all.slice(offset, offset + Math.min(limit, this.pageRows));
    return { result: shown.map((row) => this.row(name, idOf(row), row)), total: all.length };
  }

  row(kind: RowKind, id: string, row: Row): Row {
    return { ...row, ...this.#odd.get(`${kind} ${id}`) };
  }

  #inOrder(key: string, rows: readonly Row[]): readonly Row[] {
    const how = this.#orders.get(key);
    if (how === undefined || how.order === 'oldest-first') return rows;
    if (how.order === 'newest-first') return rows.toReversed();
    how.turn += 1;
    const placeOf = (at: number): string =>
      createHash('md5').update(`${how.seed} ${how.turn} ${at}`).digest('hex');
    const placed = rows.map((row, at) => ({ row, place: placeOf(at) }));
    return placed.toSorted((a, b) => (a.place < b.place ? -1 : 1)).map(({ row }) => row);
  }
}
