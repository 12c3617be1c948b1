import fc from 'fast-check';
import { ByteReader, sized, varint } from '../../src/record/bytes.js';
import { RecordError } from '../../src/record/error.js';
import { joinRecord, splitRecord } from '../../src/record/record.js';
import { decodeShortId, encodeShortId, SHORT_ID_BYTES } from '../../src/record/short-id.js';
import { runs } from '../support/runs.js';

const short = fc.stringMatching(/^[\w-]{0,13}$/);
/** What it takes, by another road than its own. */
const isShort = (id: string): boolean => /^[\w-]{0,13}$/.test(id);

test('an id of every length comes back, in the same number of bytes', () => {
  for (let length = 0; length <= 13; length += 1) {
    const id = 'SZWOJ_aTPKM-4'.slice(0, length);
    expect(encodeShortId(id)).toHaveLength(SHORT_ID_BYTES);
    expect(decodeShortId(encodeShortId(id) ?? Buffer.alloc(0), 0)).toBe(id);
  }
  fc.assert(
    fc.property(short, fc.nat({ max: 9 }), (id, at) => {
      const bytes = Buffer.concat([
        Buffer.alloc(at, 0xff),
        encodeShortId(id) ?? Buffer.alloc(0),
        Buffer.of(0xff),
      ]);
      expect(decodeShortId(bytes, at)).toBe(id);
    }),
    { numRuns: runs(2000) },
  );
});

test('no id is not the empty one', () => {
  expect(decodeShortId(encodeShortId(null) ?? Buffer.alloc(0), 0)).toBeNull();
  expect(decodeShortId(encodeShortId('') ?? Buffer.alloc(0), 0)).toBe('');
});

test('two ids are never the same bytes; what does not fit is refused', () => {
  fc.assert(
    fc.property(fc.oneof(short, fc.string()), fc.oneof(short, fc.string()), (a, b) => {
      const [ofA, ofB] = [encodeShortId(a), encodeShortId(b)];
      expect([ofA !== null, ofB !== null]).toEqual([isShort(a), isShort(b)]);
      expect(ofA !== null && ofB !== null && ofA.equals(ofB)).toBe(a === b && isShort(a));
    }),
    { numRuns: runs(2000) },
  );
});

test('numbers and lengths come back, one after the other', () => {
  fc.assert(
    fc.property(fc.array(fc.maxSafeNat()), fc.uint8Array({ maxLength: 300 }), (numbers, bytes) => {
      const reader = new ByteReader(Buffer.concat([...numbers.map(varint), ...sized(Buffer.from(bytes))]));
      expect(numbers.map(() => reader.varint())).toEqual(numbers);
      expect([...reader.sized()]).toEqual([...bytes]);
      expect(reader.isAtEnd).toBe(true);
      expect(() => reader.byte()).toThrow(RecordError);
    }),
  );
});

const anyBytes = fc.uint8Array({ maxLength: 300 }).map((one) => Buffer.from(one));

test('all parts of a record come back; nothing is no record', () => {
  fc.assert(
    fc.property(anyBytes, anyBytes, anyBytes, (portfolio, ledger, account) => {
      const joined = joinRecord({ portfolio, ledger, account });
      expect(joined === null).toBe(portfolio.length + ledger.length + account.length === 0);
      expect(splitRecord(joined)).toEqual({ portfolio, ledger, account });
    }),
  );
});

test.each([
  ['a later form', Buffer.of(3, 0)],
  ['what a hand wrote', Buffer.from('{}')],
  ['nothing at all', Buffer.alloc(0)],
  ['half of it', Buffer.of(2, 9, 1)],
  ['a part that says less than it promises', Buffer.of(2, 0, 5, 1)],
  ['a place that nothing stands at', Buffer.of(2, 0, 0x80, 7)],
  ['an earlier form', Buffer.of(1, 0)],
])('a record of an unknown form is refused: %s', (_, bytes) => {
  expect(() => splitRecord(bytes)).toThrow(RecordError);
});
