import { asAssertionId, asEventId } from '../ids.js';
import { unknownForm } from '../record/error.js';
import type { ByteReader } from '../record/bytes.js';
import { decodeShortId, encodeShortId, SHORT_ID_BYTES } from '../record/short-id.js';
import { BADGE_NUMBER_BYTES } from './badge-book.js';
import type { KeptAssertion } from './kept.js';

/**
 * How nearly every assertion is written, in 37 bytes: its id (40 hexadecimal digits: 20 bytes), the number
 * of its badge (4), its event (10), four flags and the hour since 1970 that it was issued in (3). Where a
 * flag says so there follow the second within that hour (2), then the second when it expires (4).
 */
const ID_BYTES = 20;
const HEAD_BYTES = ID_BYTES + BADGE_NUMBER_BYTES + SHORT_ID_BYTES + 3;
const HEX = /^[0-9a-f]{40}$/;
const HOUR_S = 3600;
/** Until the year 2089. */
const HOURS = 2 ** 20;
const SECONDS = 2 ** 32;

const REVOKED = 8;
const EXPIRES = 4;
const EXACT = 2;
/** No form that we know sets it. */
const SPARE = 1;

/** @returns null for an assertion of another shape: it is to be written otherwise */
export function encodeRow({
  id,
  badge,
  eventId,
  issuedOnS,
  expiresOnS,
  revoked,
}: KeptAssertion): Buffer | null {
  const event = encodeShortId(eventId);
  if (typeof badge !== 'number' || event === null || !HEX.test(id)) return null;
  if (!isWithin(issuedOnS, HOURS * HOUR_S) || !(expiresOnS === null || isWithin(expiresOnS, SECONDS)))
    return null;
  const second = issuedOnS % HOUR_S;
  const flags = (revoked ? REVOKED : 0) | (expiresOnS === null ? 0 : EXPIRES) | (second === 0 ? 0 : EXACT);
  const row = Buffer.alloc(HEAD_BYTES + (second === 0 ? 0 : 2) + (expiresOnS === null ? 0 : 4));
  row.write(id, 0, 'hex');
  let at = row.writeUIntBE(badge, ID_BYTES, BADGE_NUMBER_BYTES);
  at += event.copy(row, at);
  at = row.writeUIntBE(flags * HOURS + Math.floor(issuedOnS / HOUR_S), at, 3);
  if (second !== 0) at = row.writeUInt16BE(second, at);
  if (expiresOnS !== null) row.writeUInt32BE(expiresOnS, at);
  return row;
}

const isWithin = (value: number, before: number): boolean =>
  Number.isInteger(value) && value >= 0 && value < before && !Object.is(value, -0);

/** @throws RecordError for what `encodeRow` never makes */
export function decodeRow(reader: ByteReader): KeptAssertion {
  const { bytes } = reader;
  const at = reader.pass(HEAD_BYTES);
  const word = bytes.readUIntBE(at + HEAD_BYTES - 3, 3);
  const flags = Math.floor(word / HOURS);
  if ((flags & SPARE) !== 0) throw unknownForm();
  const event = decodeShortId(bytes, at + ID_BYTES + BADGE_NUMBER_BYTES);
  const second = (flags & EXACT) === 0 ? 0 : bytes.readUInt16BE(reader.pass(2));
  return {
    id: asAssertionId(bytes.toString('hex', at, at + ID_BYTES)),
    badge: bytes.readUIntBE(at + ID_BYTES, BADGE_NUMBER_BYTES),
    eventId: event === null ? null : asEventId(event),
    issuedOnS: (word % HOURS) * HOUR_S + second,
    expiresOnS: (flags & EXPIRES) === 0 ? null : bytes.readUInt32BE(reader.pass(4)),
    revoked: (flags & REVOKED) !== 0,
  };
}
