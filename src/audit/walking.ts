import { onTheWay, type Place, type Way } from './place.js';
import type { AuditStore } from './store.js';
import { mentionsIn, type Mention } from './telling.js';

/** Where a walk begins and ends. */
export interface Walk {
  readonly way: Way;
  /** It begins beyond this place; null: at the account's end. */
  readonly from: Place | null;
  /** Rows from this one on, and before that one. */
  readonly first: number;
  readonly before: number;
}

/** A stretch of the way. */
export interface Stretch {
  /** In the order of the way. */
  readonly mentions: readonly Mention[];
  /** How many were read; of some of them nothing may be told. */
  readonly rows: number;
  /** Up to where nothing of it is left out; null: to the end of the account. */
  readonly upTo: Place | null;
}

/** So many rows are read at first, a page's worth; then, nothing having been found, more. */
const FIRST = 32;
const NEXT = 256;
/** Behind everybody in a row. */
const LAST = 9999;

/** The rows in the order of the way, some at a time. */
export async function* walk(store: AuditStore, how: Walk): AsyncGenerator<Stretch> {
  const { way, from } = how;
  const order = onTheWay(way);
  let [first, before] = [how.first, how.before];
  // The row of the place itself may have more beyond it.
  if (from !== null && way === 'older') before = Math.min(before, from.row + 1);
  if (from !== null && way === 'newer') first = Math.max(first, from.row);
  for (let size = FIRST; first < before; size = NEXT) {
    const [start, end] =
      way === 'older' ? [Math.max(first, before - size), before] : [first, Math.min(before, first + size)];
    const rows = await store.log.range(start, end);
    const mentions = await mentionsIn(store, start, rows);
    const beyond = mentions.filter((one) => from === null || order(one, from) > 0).toSorted(order);
    if (way === 'older') before = start;
    else first = end;
    const isEnd = first >= before;
    const upTo = way === 'older' ? { row: start, nth: 0 } : { row: end - 1, nth: LAST };
    yield { mentions: beyond, rows: rows.length, upTo: isEnd ? null : upTo };
  }
}
