import fc from 'fast-check';
import { decodeNotes, encodeNote, type Note } from '../../src/audit/notes.js';
import { WORD_BYTES } from '../../src/audit/words.js';
import { asAssertionId, asEarnerKey } from '../../src/ids.js';
import { RecordError } from '../../src/record/error.js';
import { runs } from '../support/runs.js';

const text = fc.string({ minLength: 1, unit: 'grapheme' });
const earner = asEarnerKey('LouMartinLouMartinLouM');
const hex = fc.stringMatching(/^[0-9a-f]{40}$/);
const rest = fc.oneof(text, fc.stringMatching(/^[\w-]{0,13}$/), fc.constant<string>(earner));
const anyNote: fc.Arbitrary<Note> = fc.record({
  row: fc.maxSafeNat(),
  assertions: fc.oneof(fc.array(hex), fc.array(fc.oneof(hex, text))).map((ids) => ids.map(asAssertionId)),
  cause: fc.option(fc.record({ words: fc.option(fc.nat({ max: 2 ** (8 * WORD_BYTES) - 1 })), rest })),
  detail: fc.option(text),
});

test('notes come back, one after the other', () => {
  fc.assert(
    fc.property(fc.array(anyNote, { maxLength: 6 }), (notes) => {
      const bytes = Buffer.concat(notes.map((note) => encodeNote(note, earner)));
      expect(decodeNotes(bytes, earner)).toEqual(notes);
    }),
    { numRuns: runs(1000) },
  );
});

test('anything else is refused, never taken for nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
      try {
        expect(decodeNotes(Buffer.from(bytes), earner)).not.toEqual([]);
      } catch (error) {
        expect(error).toBeInstanceOf(RecordError);
      }
    }),
    { numRuns: runs(2000) },
  );
  expect(() => decodeNotes(Buffer.of(0x20, 0, 0), earner)).toThrow(RecordError);
  expect(() => decodeNotes(Buffer.of(7, 0, 0), earner)).toThrow(RecordError);
});
