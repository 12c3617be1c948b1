import { createHash } from 'node:crypto';
import type { EarnerKey, EventId } from '../ids.js';
import type { AuditEntry } from './types.js';

/**
 * The account is in 16 parts, each in one slot of a cluster; a person is wholly in one of them, so that an
 * entry and all that leads to it are written, or forgotten, in one step. What is kept would have to be moved
 * if one of these numbers changed.
 */
export const PARTS: readonly number[] = Array.from({ length: 16 }, (_, part) => part);
/**
 * So many that each hash is small, in the compact form that Redis gives to those of up to 128 fields, and so
 * few that it is not one a person: a key alone takes as much as half an entry.
 */
const HASHES = 1024;

/** Where things stand. */
export interface Layout {
  /** Stream: the entries of a part, in the order in which they were written. */
  entries(part: number): string;
  /** Hash, for several people: `fieldOf` each entry -> its id in the stream. */
  people(earner: EarnerKey): string;
  /** Hash: each month of which a part tells (`2026-11`) -> the id of the entry that was the first to. */
  months(part: number): string;
  /** Hash: `<day> <award>` -> how many were issued. */
  issued(part: number, month: string): string;
  /** Hash, for several events: event -> when its entries were written (see giving-events.ts). */
  events(event: EventId): string;
}

/** @param prefix of the keys, without a hash tag */
export const layoutOf = (prefix: string): Layout => ({
  entries: (part) => `${prefix}:audit:{${part}}`,
  people: (earner) => `${prefix}:audit:{${partOf(earner)}}:of:${hashNumberOf(earner)}`,
  months: (part) => `${prefix}:audit:{${part}}:months`,
  issued: (part, month) => `${prefix}:audit:{${part}}:issued:${month}`,
  events: (event) => `${prefix}:audit:events:{${hashNumberOf(event)}}`,
});

/** What is about nobody is in a part as well. */
export const partOf = (earner: EarnerKey | null): number =>
  digestOf(earner ?? '').readUInt8(0) % PARTS.length;

const hashNumberOf = (id: string): number => digestOf(id).readUInt16BE(1) % HASHES;

/**
 * How the fields about a person begin, in their hash. Another person's may begin so too: what an entry is
 * about, it says itself.
 */
export const fieldStartOf = (earner: EarnerKey): string =>
  digestOf(earner).subarray(3, 6).toString('base64url');

/**
 * What makes an entry about a person the same one when it is written again: the person, its kind, badge and
 * event (without event, and for what may come again about one event: its instant), in 72 bits. Null: it is
 * about nobody.
 */
export const fieldOf = ({ kind, atS, earner, badgeId, event }: AuditEntry): string | null =>
  earner === null
    ? null
    : fieldStartOf(earner) +
      digestOf(JSON.stringify([kind, badgeId, kind === 'flagged' ? atS : (event ?? atS)]))
        .subarray(0, 6)
        .toString('base64url');

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
