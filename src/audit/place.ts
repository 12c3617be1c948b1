/** Where an entry stands in the whole account: in which row, and the how manieth of those that it is about. */
export interface Place {
  readonly row: number;
  readonly nth: number;
}

/** Which way the account is read. */
export type Way = 'older' | 'newer';

/** Which comes first on the way: for sorting. No two entries of the account have one place. */
export const onTheWay =
  (way: Way) =>
  (a: Place, b: Place): number =>
    (a.row - b.row || a.nth - b.nth) * (way === 'newer' ? 1 : -1);

/** Where to go on, as one word. */
export const cursorOf = ({ row, nth }: Place): string => `${row}-${nth}`;

/** Null: nobody ever wrote that cursor. */
export function placeIn(cursor: string): Place | null {
  const [, row, nth] = /^(\d{1,15})-(\d{1,10})$/.exec(cursor) ?? [];
  return row === undefined ? null : { row: Number(row), nth: Number(nth) };
}
