import { Packr } from 'msgpackr';
import { z } from 'zod';
import { asBadgeId, asEarnerKey, type EarnerKey } from '../ids.js';
import { EMPTY_RECORD, type EarnerRecord } from './record.js';
import {
  assertionForm,
  assertionOf,
  assertionTuple,
  awardForm,
  awardOf,
  awardTuple,
  entryForm,
  entryOf,
  entryTuple,
  IdTable,
} from './tuples.js';

/**
 * A record as a msgpack value of plain tuples. Ids repeat (an award's event stands in the ledger, the journal and
 * the assertions), so each is stored once, in a table, and tuples name it by its place there.
 */
const packr = new Packr({ useRecords: false });

/** What most records have nothing of. */
const rare = z.tuple([
  z.array(z.tuple([z.string(), z.int()])),
  z.string().nullable(),
  z.array(z.string()),
  z.int(),
  z.tuple([z.int(), z.array(z.string()), z.array(z.tuple([z.int(), z.int()]))]).nullable(),
]);
const form = z.tuple([
  z.array(z.union([z.string(), z.instanceof(Buffer)])),
  z.tuple([z.string(), z.string().nullable()]).nullable(),
  z.array(assertionForm),
  z.array(awardForm),
  z.array(entryForm),
  rare.nullable(),
]);

export function encodeRecord(record: EarnerRecord): Buffer {
  const ids = new IdTable();
  const { contact, assertions, awards, journal } = record;
  const value: z.input<typeof form> = [
    ids.all,
    contact === null ? null : [contact.address, contact.name],
    assertions.map((one) => assertionTuple(one, ids)),
    [...awards].map(([badgeId, one]) => awardTuple(badgeId, one, ids)),
    journal.map((one) => entryTuple(one, ids)),
    rareTuple(record),
  ];
  return packr.pack(value);
}

/**
 * @param earner whose record it is: its entries do not repeat that
 * @throws ZodError, or an error of msgpackr, for what `encodeRecord` never makes
 */
export function decodeRecord(bytes: Buffer, earner: EarnerKey): EarnerRecord {
  const value: unknown = packr.unpack(bytes);
  const [ids, contact, assertions, awards, journal, others] = form.parse(value);
  const texts = ids.map((one) => (typeof one === 'string' ? one : one.toString('hex')));
  const at = (place: number): string => {
    const text = texts[place];
    if (text === undefined) throw new RangeError('a tuple names an id that is not in the table');
    return text;
  };
  return {
    ...EMPTY_RECORD,
    contact: contact === null ? null : { address: contact[0], name: contact[1] },
    assertions: assertions.map((one) => assertionOf(one, at)),
    awards: new Map(awards.map((one) => [asBadgeId(at(one[0])), awardOf(one, at)])),
    journal: journal.map((one) => entryOf(one, earner, at)),
    ...(others === null ? {} : rareOf(others)),
  };
}

function rareTuple({
  flags,
  linkedTo,
  linked,
  lastSchemeGeneration,
  tombstone,
}: EarnerRecord): z.input<typeof rare> | null {
  if (flags.size + linked.length + lastSchemeGeneration === 0 && linkedTo === null && tombstone === null)
    return null;
  return [
    [...flags],
    linkedTo,
    [...linked],
    lastSchemeGeneration,
    tombstone === null
      ? null
      : [
          tombstone.erasedAtS,
          [...tombstone.fingerprints],
          tombstone.entriesToUnindex.map(([place, atS]) => [place, atS]),
        ],
  ];
}

function rareOf([flags, linkedTo, linked, generation, tombstone]: z.output<
  typeof rare
>): Partial<EarnerRecord> {
  const [erasedAtS = 0, fingerprints = [], entriesToUnindex = []] = tombstone ?? [];
  return {
    flags: new Map(flags.map(([badge, atS]) => [asBadgeId(badge), atS])),
    linkedTo: linkedTo === null ? null : asEarnerKey(linkedTo),
    linked: linked.map(asEarnerKey),
    lastSchemeGeneration: generation,
    tombstone: tombstone === null ? null : { erasedAtS, fingerprints, entriesToUnindex },
  };
}
