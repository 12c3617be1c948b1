import { hash } from 'node:crypto';
import { ObfUnreadable } from './errors.js';
import type { OddRow, Page } from './wire.js';

/** The most rows of a page of OBF. */
export const PAGE_LIMIT = 1000;
/** Each page begins with the last row of the page before: a different row there shows that the list shifted. */
const OVERLAP = 1;
/** How often a list is read when it changes meanwhile. */
const MAX_PASSES = 4;

export interface ListRead {
  /** Distinct rows, odd ones included. */
  readonly distinct: number;
  /** From the last page; null where OBF does not say. */
  readonly total: number | null;
  /** As many distinct rows were read as OBF says there are. */
  readonly isWhole: boolean;
  readonly odd: readonly OddRow[];
}

interface ListOptions<T> {
  readonly pageAt: (offset: number) => Promise<Page<T>>;
  readonly keyOf: (row: T) => string;
  /** Receives each row once, however often the list is read. */
  readonly onRows: (rows: readonly T[]) => Promise<void> | void;
}

type Pass = Awaited<ReturnType<typeof readOnce>>;

/**
 * Reads a list to its end. Rows are inserted and deleted meanwhile, and no order is promised. A pass is whole when its
 * pages follow on each other and hold as many distinct rows as OBF's total. Else the list is read again, a few times.
 *
 * A list in another order at each call is whole when all passes together saw `total` rows. The total must not shrink
 * meanwhile: a deleted row would make up for one that was never seen.
 */
export async function readList<T>(options: ListOptions<T>): Promise<ListRead> {
  const seen = new IdSet();
  const odd = new Map<string, OddRow>();
  let previous: Pass | null = null;
  let hasShrunk = false;
  for (let passes = 1; ; passes += 1) {
    // The first pass needs no set of its own: one of a million ids takes 16 MiB.
    const keys = previous === null ? seen : new IdSet();
    const pass: Pass = await readOnce(options, seen, keys, odd);
    const { count, total, isSteady } = pass;
    const result = (isWhole: boolean, distinct = seen.size): ListRead => {
      return { distinct, total, isWhole, odd: [...odd.values()] };
    };
    if (isSteady && (total === null || count === total)) return result(true, count);
    // As short as the pass before: one more would show nothing new.
    if (isSteady && previous?.isSteady === true && previous.count === count && previous.total === total)
      return result(false);
    if (previous !== null && (total ?? Infinity) < (previous.total ?? Infinity)) hasShrunk = true;
    if (passes === MAX_PASSES) return result(!hasShrunk && seen.size === total);
    previous = pass;
  }
}

export async function readRows<T>(
  options: Omit<ListOptions<T>, 'onRows'>,
): Promise<ListRead & { readonly rows: readonly T[] }> {
  const rows: T[] = [];
  const read = await readList({ ...options, onRows: (more) => void rows.push(...more) });
  return { ...read, rows };
}

export const unstableListError = (call: string, distinct: number, total: number | null): ObfUnreadable =>
  new ObfUnreadable(
    call,
    `the list changes each time it is read: ${distinct} rows seen of ${total ?? 'an unknown number'}`,
  );

/**
 * Reads a list once, from its first row to its last. `isSteady`: each page followed on the one before.
 * @param seen keys of all passes @param keys of this one
 */
async function readOnce<T>(
  { pageAt, keyOf, onRows }: ListOptions<T>,
  seen: IdSet,
  keys: IdSet,
  odd: Map<string, OddRow>,
) {
  let total: number | null = null;
  let isSteady = true;
  for (let offset = 0, lastKey: string | null = null; ;) {
    const page: Page<T> = await pageAt(offset);
    total = page.total;
    if (lastKey !== null && page.keys[0] !== lastKey) isSteady = false;
    const sizeBefore = keys.size;
    for (const row of page.odd) odd.set(JSON.stringify(row), row);
    const newRows = new Map(page.rows.map((row) => [keyOf(row), row]));
    for (const key of newRows.keys()) if (seen.has(key)) newRows.delete(key);
    for (const set of [keys, seen]) for (const key of page.keys) set.add(key);
    if (newRows.size > 0) await onRows([...newRows.values()]);
    const reached = offset + page.keys.length;
    const isEnd = total === null ? page.keys.length < PAGE_LIMIT : reached >= total;
    // A page with nothing new is the end, too: a server that ignores `offset` would never end.
    if (isEnd || keys.size === sizeBefore) return { count: keys.size, total, isSteady: isSteady && isEnd };
    const overlaps = page.keys.length > OVERLAP;
    lastKey = overlaps ? (page.keys.at(-1) ?? null) : null;
    offset = overlaps ? reached - OVERLAP : reached;
  }
}

const FIRST_SLOTS = 1024;

/**
 * A set of ids that keeps eight bytes of a hash, in 16 to 32 bytes each. An account has a million ids: two of them
 * collide once in some ten million readings.
 */
export class IdSet {
  /** 0: a free slot. The length is a power of two. */
  #slots = new BigUint64Array(FIRST_SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(id: string): this {
    const hashed = hashOf(id);
    const at = this.#slotOf(hashed);
    if (this.#slots[at] === hashed) return this;
    this.#slots[at] = hashed;
    this.#size += 1;
    // Never more than half full: a free slot is near.
    if (2 * this.#size > this.#slots.length) this.#grow();
    return this;
  }

  has(id: string): boolean {
    const hashed = hashOf(id);
    return this.#slots[this.#slotOf(hashed)] === hashed;
  }

  /** Returns the slot of the hash, or the free one where it belongs. */
  #slotOf(hashed: bigint): number {
    const mask = this.#slots.length - 1;
    for (let at = Number(BigInt.asUintN(31, hashed)) & mask; ; at = (at + 1) & mask)
      if (this.#slots[at] === 0n || this.#slots[at] === hashed) return at;
  }

  #grow(): void {
    const oldSlots = this.#slots;
    this.#slots = new BigUint64Array(2 * oldSlots.length);
    for (const hashed of oldSlots) if (hashed !== 0n) this.#slots[this.#slotOf(hashed)] = hashed;
  }
}

/** Never 0, which marks a free slot. */
function hashOf(id: string): bigint {
  const hashed = hash('sha1', id, 'buffer').readBigUInt64LE(0);
  return hashed === 0n ? 1n : hashed;
}
