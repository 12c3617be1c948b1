import { asBadgeId, asEventId, type BadgeId } from '../ids.js';
import { ByteReader, sized } from '../record/bytes.js';
import { RecordError } from '../record/error.js';
import { jsonIn } from '../record/json.js';
import { decodeShortId, encodeShortId, SHORT_ID_BYTES } from '../record/short-id.js';
import { awardRecord, type AwardRecord } from './award-record.js';

/** Redis holds a record that no version of Palier that we know wrote. */
export class LedgerError extends RecordError {
  override readonly code = 'ledger_unreadable';
}

/** The records of one earner, by badge. */
export type Records = ReadonlyMap<BadgeId, AwardRecord>;

/**
 * The ledger as it stands in its earner's record, whose first byte says that it is of this form: one row a
 * badge. An award that was issued and never taken back, as nearly all are: 1, the badge (10 bytes), the event
 * (10), when (4). Any other: 2, the badge and the record as JSON, each behind its length.
 */
const ISSUED = 1;
const OTHER = 2;
const SECONDS = 2 ** 32;

/** @returns no bytes where there is no record */
export const encodeLedger = (records: Records): Buffer =>
  Buffer.concat(
    [...records].map(([badgeId, record]) => issuedRow(badgeId, record) ?? otherRow(badgeId, record)),
  );

function issuedRow(badgeId: BadgeId, record: AwardRecord): Buffer | null {
  if (record.state !== 'issued' || record.forgiven.length > 0) return null;
  const { atS, event } = record;
  const [badge, ofEvent] = [encodeShortId(badgeId), encodeShortId(event)];
  if (badge === null || ofEvent === null || atS < 0 || atS >= SECONDS || Object.is(atS, -0)) return null;
  const when = Buffer.alloc(4);
  when.writeUInt32BE(atS);
  return Buffer.concat([Buffer.of(ISSUED), badge, ofEvent, when]);
}

const otherRow = (badgeId: BadgeId, record: AwardRecord): Buffer =>
  Buffer.concat([
    Buffer.of(OTHER),
    ...sized(Buffer.from(badgeId)),
    ...sized(Buffer.from(JSON.stringify(record))),
  ]);

/** @throws LedgerError, RecordError when one of them is of an unknown form: none is then taken for "no record" */
export function decodeLedger(bytes: Buffer): Map<BadgeId, AwardRecord> {
  const records = new Map<BadgeId, AwardRecord>();
  const reader = new ByteReader(bytes);
  while (!reader.isAtEnd) {
    const form = reader.byte();
    if (form === ISSUED) records.set(...readIssued(reader));
    else if (form === OTHER)
      records.set(asBadgeId(reader.sized().toString()), recordIn(reader.sized().toString()));
    else throw new LedgerError('A record of the ledger is of an unknown form');
  }
  return records;
}

function readIssued(reader: ByteReader): readonly [BadgeId, AwardRecord] {
  const at = reader.pass(2 * SHORT_ID_BYTES + 4);
  const badge = decodeShortId(reader.bytes, at);
  const event = decodeShortId(reader.bytes, at + SHORT_ID_BYTES);
  if (badge === null || event === null) throw new LedgerError('A record of the ledger names no event');
  const atS = reader.bytes.readUInt32BE(at + 2 * SHORT_ID_BYTES);
  return [asBadgeId(badge), { atS, forgiven: [], state: 'issued', event: asEventId(event) }];
}

/** A record as JSON. @throws LedgerError when no version of Palier that we know wrote it */
export function recordIn(text: string): AwardRecord {
  const read = awardRecord.safeParse(jsonIn(text));
  if (!read.success) throw new LedgerError('A record of the ledger is of an unknown form');
  return read.data;
}
