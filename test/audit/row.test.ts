import fc from 'fast-check';
import {
  anonymousRow,
  decodeRow,
  encodeRow,
  mannerOf,
  NOTHING_TOLD,
  withoutEarner,
  type Row,
} from '../../src/audit/row.js';
import { KIND_NUMBERS, sortIn, sortWord } from '../../src/audit/sort.js';
import { AUDIT_KINDS } from '../../src/audit/types.js';
import { WORD_BYTES, wordNumberOf } from '../../src/audit/words.js';
import {
  asAssertionId,
  asAwardId,
  asBadgeId,
  asEarnerKey,
  asEventId,
  asSchemeVersion,
  type EarnerKey,
} from '../../src/ids.js';
import { runs } from '../support/runs.js';

const text = fc.string({ minLength: 1, unit: 'grapheme' });
const key = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => asEarnerKey(Buffer.from(bytes).toString('base64url')));
const head = {
  sort: fc.oneof(fc.nat({ max: 2 ** (8 * WORD_BYTES) - 1 }), text),
  atS: fc.oneof(
    fc.integer(),
    fc.maxSafeInteger().filter((atS) => Math.abs(atS) < 2 ** 51),
  ),
  event: fc.option(fc.oneof(text, fc.stringMatching(/^[\w-]{0,13}$/)).map(asEventId)),
};
const earnersOf = (of: fc.Arbitrary<EarnerKey>) => fc.uniqueArray(of, { maxLength: 30 });
const anyRow: fc.Arbitrary<Row> = fc.oneof(
  fc.record({
    ...head,
    earners: fc.oneof(
      earnersOf(key),
      earnersOf(text.map(asEarnerKey)),
      earnersOf(fc.oneof(key, text.map(asEarnerKey))),
    ),
    told: fc.constant(null),
  }),
  fc.record({
    ...head,
    earners: fc.constant([]),
    told: fc.record({
      assertions: fc.array(text.map(asAssertionId)),
      cause: fc.option(text),
      detail: fc.option(text),
    }),
  }),
);

test('what is encoded is decoded the same', () => {
  fc.assert(
    fc.property(anyRow, (row) => expect(decodeRow(encodeRow(row))).toEqual(row)),
    { numRuns: runs(1000) },
  );
});

test('anybody leaves a row, and nobody else does', () => {
  fc.assert(
    fc.property(anyRow, fc.nat(), text.map(asEarnerKey), (row, nth, stranger) => {
      const bytes = encodeRow(row);
      const one = row.earners[nth % Math.max(1, row.earners.length)];
      const others = row.earners.filter((earner) => earner !== one);
      if (one !== undefined)
        expect(decodeRow(withoutEarner(bytes, one) ?? bytes)).toEqual({
          ...row,
          earners: others,
          event: others.length === 0 ? null : row.event,
        });
      if (!row.earners.includes(stranger)) expect(withoutEarner(bytes, stranger)).toBeNull();
    }),
  );
});

test('what stays of somebody is what happened and when', () => {
  fc.assert(
    fc.property(anyRow, (row) =>
      expect(decodeRow(anonymousRow(row))).toEqual({
        sort: row.sort,
        atS: row.atS,
        event: null,
        earners: [],
        told: NOTHING_TOLD,
      }),
    ),
  );
});

test('anything that is no row of ours is none, and no error', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const row = decodeRow(Buffer.from(bytes));
      if (row !== null) expect(decodeRow(encodeRow(row))).toEqual(row);
    }),
    { numRuns: runs(2000) },
  );
  expect(decodeRow(Buffer.of(16, 0, 0, 0, 0))).toBeNull();
  expect(decodeRow(Buffer.of(3, 0, 0, 0, 0))).toBeNull();
});

test('a class of twenty takes 17 bytes each', () => {
  const earners = Array.from({ length: 20 }, (_, at) =>
    asEarnerKey(Buffer.alloc(16, at).toString('base64url')),
  );
  expect(earners.map(mannerOf)).toEqual(earners.map(() => 'keys'));
  const row = { sort: 5, atS: 1_795_431_600, event: asEventId('TQ3X7ZaPK4MaB'), earners, told: null };
  expect(encodeRow(row)).toHaveLength(20 * 16 + 19);
});

test('a sort is a word, and comes back; one of a later version is none', () => {
  const anySort = fc.record({
    kind: fc.constantFrom(...AUDIT_KINDS),
    award: fc.option(text.map(asAwardId)),
    badgeId: fc.option(text.map(asBadgeId)),
    version: fc.option(text.map(asSchemeVersion)),
  });
  fc.assert(fc.property(anySort, (sort) => expect(sortIn(sortWord(sort))).toEqual(sort)));
  fc.assert(fc.property(fc.string(), (word) => expect(sortIn(word)).toBeNull()));
  expect(sortIn('[13,null,null,null]')).toBeNull();
});

test('the numbers of the kinds, and of words, which are kept in Redis for years, stay', () => {
  expect(KIND_NUMBERS).toEqual({
    issued: 1,
    found: 2,
    flagged: 3,
    revoked: 4,
    blocked: 5,
    unblocked: 6,
    refused: 7,
    linked: 8,
    unlinked: 9,
    erased: 10,
    purged: 11,
    applied: 12,
  });
  expect(wordNumberOf('webhook.event.P1')).toBe(0x4af90f);
});
