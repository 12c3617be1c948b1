import { withMarksWritten, withoutMarks, withoutUnseenEnds } from '../../src/platform/invisible.js';

const MARKS = '\u00ad\u061c\u180e\u200b\u200e\u200f\u202a\u202e\u2060\u2066\u2069\ufeff\u{e0041}';

test('marks are left out of what people read, the joiners of writing are not', () => {
  expect(withoutMarks(`a${MARKS}b\u200cc\u200dd é\t`)).toBe('ab\u200cc\u200dd é\t');
});

test('or written out, so that JSON says the same and shows none', () => {
  const value = { [`a${MARKS}b`]: [MARKS, 'é\u200d'] };
  const written = withMarksWritten(JSON.stringify(value));
  expect(JSON.parse(written)).toEqual(value);
  expect(written.match(/(?![\u200c\u200d])\p{Cf}/u)).toBe(null);
  expect(withMarksWritten('Badge \u202edne')).toBe(String.raw`Badge \u202edne`);
});

test('only the ends are trimmed, of long texts in no time', () => {
  expect(withoutUnseenEnds(`${MARKS} \u200ca${MARKS}b\u200d\u0085 `)).toBe(`a${MARKS}b`);
  expect(withoutUnseenEnds(MARKS)).toBe('');
  const long = `${'\u200b'.repeat(200_000)}x${'\u200b'.repeat(200_000)}y`;
  expect(withoutUnseenEnds(long)).toHaveLength(200_002);
});
