import { createHash } from 'node:crypto';
import type { EarnerKey, EventId } from '../ids.js';
import type { AuditEntry } from './types.js';

/**
 * The account stands in two places. What happened and to whom, in the order of writing, are **rows** (row.ts),
 * in lists of one slot; what is a person's alone of it, the assertions and the cause, are **notes** (notes.ts)
 * in that person's own record, where the assertions' ids stand anyway. A note says which row it is of: so a
 * person's own entries are found by their record, and no index is kept.
 */
export interface Layout {
  /** Lists: row after row. A row never changes its place. */
  rows(list: number): string;
  /** String: the list that is written to. */
  readonly last: string;
  /** Hash: the identity of an entry that is being written -> its row, until it is told whether it stays. */
  readonly pending: string;
  /** Hash: somebody who was forgotten -> how many rows there were then, until all of those were looked through. */
  readonly leaving: string;
  /** Sorted set: of one row in so many, and of each month's first, when the latest of it and of all before was written, Unix milliseconds. */
  readonly times: string;
  /** Hash: each month of which the account tells (`2026-11`) -> the row that was the first to. */
  readonly months: string;
  /** Hash: `<day> <award>` -> how many were issued. */
  issued(month: string): string;
  /** Hash: what the numbers in rows and notes stand for (words.ts). */
  readonly words: string;
  /** Hash, for several events: event -> the rows that tell whom it gave its award to. */
  given(event: EventId): string;
}

/** So many rows are in a list: few enough that it is moved to another server of a cluster in no time. */
export const ROWS_A_LIST = 4096;
/** So many hashes of events that each is small, in the compact form that Redis gives to those of up to 128 fields. */
const HASHES = 1024;

/** @param prefix of the keys, without a hash tag */
export const layoutOf = (prefix: string): Layout => ({
  rows: (list) => `${prefix}:audit:{log}:rows:${list}`,
  last: `${prefix}:audit:{log}:last`,
  pending: `${prefix}:audit:{log}:pending`,
  leaving: `${prefix}:audit:{log}:leaving`,
  times: `${prefix}:audit:{log}:times`,
  months: `${prefix}:audit:{log}:months`,
  issued: (month) => `${prefix}:audit:{log}:issued:${month}`,
  words: `${prefix}:audit:words`,
  given: (event) => `${prefix}:audit:given:{${digestOf(event).readUInt16BE(1) % HASHES}}`,
});

/**
 * What makes an entry about a person the same one when it is written again: the person, its kind, badge and
 * event (without event, and for what may come again about one event: its instant).
 */
export const identityOf = ({
  kind,
  atS,
  earner,
  badgeId,
  event,
}: Pick<AuditEntry, 'kind' | 'atS' | 'earner' | 'badgeId' | 'event'>): string =>
  digestOf(JSON.stringify([earner, kind, badgeId, kind === 'flagged' ? atS : (event ?? atS)]))
    .subarray(0, 15)
    .toString('base64url');

/** An entry about somebody. */
export type OfSomebody = AuditEntry & { readonly earner: EarnerKey };
export const isOfSomebody = (entry: AuditEntry): entry is OfSomebody => entry.earner !== null;

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
