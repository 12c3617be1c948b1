import { PARTS } from './layout.js';
import { placeOf, type Placed } from './entries.js';

/** Where an entry stands in the whole account: when it was written, and in which part. */
export interface Place {
  /** Unix milliseconds by Redis' clock. */
  readonly ms: number;
  /** Its number within that millisecond. */
  readonly nth: number;
  readonly part: number;
}

/** Which way the account is read. */
export type Way = 'older' | 'newer';

/** An entry with its place. */
export interface InPart extends Placed {
  readonly part: number;
}

/** Which comes first on the way: for sorting. No two entries of the account have one place. */
export const onTheWay =
  (way: Way) =>
  (a: Place, b: Place): number =>
    (a.ms - b.ms || a.nth - b.nth || a.part - b.part) * (way === 'newer' ? 1 : -1);

/** Where to go on, as one word. */
export const cursorOf = ({ ms, nth, part }: Place): string => `${ms}-${nth}-${part}`;

/** Null: nobody ever wrote that cursor. */
export function placeIn(cursor: string): Place | null {
  const [, ms, nth, part] = /^(\d{1,15})-(\d{1,10})-(\d{1,2})$/.exec(cursor) ?? [];
  const place = { ms: Number(ms), nth: Number(nth), part: Number(part) };
  return ms === undefined || !PARTS.includes(place.part) ? null : place;
}

/** What Redis gives of a part's stream. */
export const inPart = (part: number, [id, fields]: readonly [string, readonly string[]]): InPart => ({
  ...placeOf(id),
  part,
  fields,
});

/** Of a part, what lies beyond a place of any part: an end of a range of its stream, as XRANGE takes it. */
export function beyondIn(part: number, place: Place, way: Way): string {
  const own = `${place.ms}-${place.nth}`;
  const stillToCome = onTheWay(way)(place, { ...place, part }) < 0;
  return stillToCome ? own : `(${own}`;
}
