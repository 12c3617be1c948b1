import { z } from 'zod';
import { asAssertionId, asBadgeId, asClientId, asEarnerKey, asEventId } from '../ids.js';
import { ByteReader, sized, varint } from '../record/bytes.js';
import { RecordError } from '../record/error.js';
import { jsonIn } from '../record/json.js';
import { NOTHING_KEPT, type KeptAssertion, type KeptPortfolio } from './kept.js';
import { decodeRow, encodeRow } from './row.js';

/** Redis holds something that is no portfolio of a form we know. */
export class CodecError extends RecordError {
  override readonly code = 'portfolio_unreadable';
}

/**
 * A portfolio as it stands in its earner's record, whose first byte says that it is of this form: the sealed
 * contact behind its length; how many assertions are of the usual shape, and those (row.ts); then notes until
 * the end, each a letter and a text behind its length. What is rare may be long.
 */
const NOTE = { assertion: 'a', linkedTo: 'o', linked: 'l', touched: 't', gone: 'g' } as const;
type Note = readonly [letter: (typeof NOTE)[keyof typeof NOTE], text: string];

/** @returns no bytes where nothing is kept */
export function encodePortfolio(kept: KeptPortfolio): Buffer {
  const rows: Buffer[] = [];
  const notes: Note[] = [];
  for (const one of kept.assertions) {
    const row = encodeRow(one);
    if (row === null) notes.push([NOTE.assertion, longForm(one)]);
    else rows.push(row);
  }
  if (kept.linkedTo !== null) notes.push([NOTE.linkedTo, kept.linkedTo]);
  for (const key of kept.linked) notes.push([NOTE.linked, key]);
  if (kept.touched !== 0) notes.push([NOTE.touched, String(kept.touched)]);
  if (kept.gone !== null) notes.push([NOTE.gone, kept.gone]);
  if (kept.contact === null && rows.length + notes.length === 0) return Buffer.alloc(0);
  return Buffer.concat([
    ...sized(kept.contact ?? Buffer.alloc(0)),
    varint(rows.length),
    ...rows,
    ...notes.flatMap(([letter, text]) => [Buffer.from(letter), ...sized(Buffer.from(text))]),
  ]);
}

/** @throws RecordError when they are of another form */
export function decodePortfolio(bytes: Buffer): KeptPortfolio {
  if (bytes.length === 0) return NOTHING_KEPT;
  const reader = new ByteReader(bytes);
  const contact = reader.sized();
  const rows = reader.varint();
  const assertions: KeptAssertion[] = [];
  for (let count = 0; count < rows; count += 1) assertions.push(decodeRow(reader));
  const kept = { ...NOTHING_KEPT, contact: contact.length === 0 ? null : contact, assertions };
  return reader.isAtEnd ? kept : withNotes(kept, reader);
}

function withNotes(kept: KeptPortfolio, reader: ByteReader): KeptPortfolio {
  const [assertions, linked] = [[...kept.assertions], [...kept.linked]];
  let { linkedTo, touched, gone } = kept;
  while (!reader.isAtEnd) {
    const letter = String.fromCharCode(reader.byte());
    const text = reader.sized().toString();
    if (letter === NOTE.assertion) assertions.push(ofLongForm(text));
    else if (letter === NOTE.linkedTo) linkedTo = text;
    else if (letter === NOTE.linked) linked.push(asEarnerKey(text));
    else if (letter === NOTE.touched) touched = Number(text);
    else if (letter === NOTE.gone) gone = text;
    else throw new CodecError('What Redis holds of an earner has a note of an unknown kind');
  }
  return { ...kept, assertions, linked, linkedTo, touched, gone };
}

/** The badge is its number, or the client and the badge. */
const form = z.tuple([
  z.string(),
  z.union([z.number(), z.tuple([z.string(), z.string()])]),
  z.string().nullable(),
  z.int(),
  z.int().nullable(),
  z.boolean(),
]);

const longForm = ({ id, badge, eventId, issuedOnS, expiresOnS, revoked }: KeptAssertion): string => {
  const named = typeof badge === 'number' ? badge : [badge.clientId, badge.badgeId];
  return JSON.stringify([id, named, eventId, issuedOnS, expiresOnS, revoked]);
};

function ofLongForm(text: string): KeptAssertion {
  const read = form.safeParse(jsonIn(text));
  if (!read.success)
    throw new CodecError('What Redis holds of an earner has an assertion of an unknown form');
  const [id, badge, eventId, issuedOnS, expiresOnS, revoked] = read.data;
  return {
    id: asAssertionId(id),
    badge:
      typeof badge === 'number' ? badge : { clientId: asClientId(badge[0]), badgeId: asBadgeId(badge[1]) },
    eventId: eventId === null ? null : asEventId(eventId),
    issuedOnS,
    expiresOnS,
    revoked,
  };
}
