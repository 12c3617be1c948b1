import type { ListRead, OddRow, OnRows, Page } from './types.js';

/** The most rows that OBF gives at once. */
export const PAGE_LIMIT = 1000;
/** Each page begins with the last row of the one before: that it is another one tells that the list has shifted. */
const OVERLAP = 1;
/** How often a list is read again that changes while it is read. */
const MAX_PASSES = 4;

/** One reading of a list from its first row to its last. */
interface Pass {
  readonly keys: ReadonlySet<string>;
  readonly total: number | null;
  /** Each page followed on the one before. */
  readonly isSteady: boolean;
  /** A call more was needed than allowed; see `mayCall`. */
  readonly isCut: boolean;
}

export interface ListOptions<T> {
  readonly pageAt: (offset: number) => Promise<Page<T>>;
  /** As the page's `keys` has it. */
  readonly keyOf: (row: T) => string;
  /** Receives each row once, however often the list is read. */
  readonly onRows: OnRows<T>;
  /** Asked before each call but the first; false: it is given up, and not whole. */
  readonly mayCall?: () => boolean;
}

/**
 * Reads a list to its end. Rows are inserted and deleted while one reads, and no order is promised: a part is
 * taken for the whole only when as many distinct rows were read as OBF says there are, in pages that follow on
 * each other. Else the list is read again, a few times.
 *
 * A list whose order is another one at each call is whole when all passes together saw as many rows as its total,
 * which did not shrink meanwhile.
 */
export async function readList<T>(options: ListOptions<T>): Promise<ListRead> {
  const given = new Set<string>();
  const odd = new Map<string, OddRow>();
  const passes: Pass[] = [];
  const end = (isWhole: boolean, distinct: number): ListRead => {
    return { distinct, total: passes.at(-1)?.total ?? null, isWhole, odd: [...odd.values()] };
  };
  for (let made = 1; made <= MAX_PASSES; made += 1) {
    const before = passes.at(-1);
    const pass = await readOnce(options, given, odd);
    passes.push(pass);
    const { keys, total, isSteady } = pass;
    if (pass.isCut) return end(false, given.size);
    if (isSteady && (total === null || keys.size === total)) return end(true, keys.size);
    // Short by as much as the last time: reading it once more shows nothing new.
    const isSame = before?.isSteady === true && before.keys.size === keys.size && before.total === total;
    if (isSteady && isSame) return end(false, given.size);
  }
  return end(isUnionWhole(passes, given.size), given.size);
}

/** Nothing was deleted meanwhile that could stand for a row which nobody saw. */
function isUnionWhole(passes: readonly Pass[], seen: number): boolean {
  const totals = passes.map(({ total }) => total ?? Infinity);
  const grew = totals.every((total, at) => at === 0 || total >= (totals[at - 1] ?? 0));
  return grew && seen === totals.at(-1);
}

async function readOnce<T>(
  { pageAt, keyOf, onRows, mayCall = () => true }: ListOptions<T>,
  given: Set<string>,
  odd: Map<string, OddRow>,
): Promise<Pass> {
  const keys = new Set<string>();
  let total: number | null = null;
  let isSteady = true;
  for (let offset = 0, last: string | null = null; ;) {
    if (given.size > 0 && !mayCall()) return { keys, total, isSteady, isCut: true };
    const page: Page<T> = await pageAt(offset);
    total = page.total;
    if (last !== null && page.keys[0] !== last) isSteady = false;
    const before = keys.size;
    for (const key of page.keys) keys.add(key);
    for (const row of page.odd) odd.set(JSON.stringify(row), row);
    const fresh = new Map(page.rows.map((row) => [keyOf(row), row]));
    for (const key of fresh.keys()) if (given.has(key)) fresh.delete(key);
    for (const key of page.keys) given.add(key);
    if (fresh.size > 0) await onRows([...fresh.values()]);
    const reached = offset + page.keys.length;
    const isEnd = total === null ? page.keys.length < PAGE_LIMIT : reached >= total;
    // A page with nothing new ends it too: a server that ignores `offset` would go on for ever.
    if (isEnd || keys.size === before) return { keys, total, isSteady: isSteady && isEnd, isCut: false };
    const overlaps = page.keys.length > OVERLAP;
    last = overlaps ? (page.keys.at(-1) ?? null) : null;
    offset = overlaps ? reached - OVERLAP : reached;
  }
}
