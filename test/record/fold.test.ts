import fc from 'fast-check';
import { RecordError } from '../../src/record/error.js';
import { folded, unfolded } from '../../src/record/fold.js';
import { runs } from '../support/runs.js';

const anyBytes = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));
/** Of few ids, so that many are told again: as in a record. */
const manyIds = fc
  .uniqueArray(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 6 })
  .chain((ids) => fc.array(fc.constantFrom(...ids), { maxLength: 80 }))
  .map((ids) => Buffer.concat(ids.map((id) => Buffer.from(id))));
const some = fc.oneof(anyBytes, manyIds);

test('what was folded unfolds to the same, whatever stood before', () => {
  fc.assert(
    fc.property(some, some, fc.boolean(), (before, own, again) => {
      const bytes = again ? Buffer.concat([own, before, own]) : own;
      expect(unfolded(before, folded(before, bytes)).equals(bytes)).toBe(true);
    }),
    { numRuns: runs(2000) },
  );
});

test('it never takes more than a byte in 128 besides, and an id that stood before takes two', () => {
  fc.assert(
    fc.property(some, some, (before, bytes) => {
      expect(folded(before, bytes).length).toBeLessThanOrEqual(bytes.length + Math.ceil(bytes.length / 128));
    }),
  );
  const id = Buffer.from('0123456789abcdefghij');
  expect(folded(Buffer.concat([Buffer.alloc(300, 7), id]), id)).toHaveLength(2);
  expect(folded(Buffer.alloc(0), Buffer.concat([id, id]))).toHaveLength(1 + 20 + 2);
  expect(folded(Buffer.alloc(0), Buffer.alloc(0))).toHaveLength(0);
});

test('of anything else, it is told: never is something read that nobody wrote', () => {
  fc.assert(
    fc.property(anyBytes, anyBytes, (before, bytes) => {
      try {
        unfolded(before, bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(RecordError);
      }
    }),
  );
  expect(() => unfolded(Buffer.alloc(4), Buffer.of(0x80, 0))).toThrow(RecordError);
  expect(() => unfolded(Buffer.alloc(0), Buffer.of(3, 1, 2, 3))).toThrow(RecordError);
});
