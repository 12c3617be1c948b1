import fc from 'fast-check';
import { createVault } from '../../src/platform/vault.js';
import { earnerKeyOf } from '../../src/earners/person.js';
import { normaliseAddress } from '../../src/platform/invisible.js';

const vault = createVault(Buffer.alloc(32, 7));

test.each([
  ['Lou.Martin@Example.ORG', 'lou.martin@example.org'],
  ['  lou@example.org \n', 'lou@example.org'],
  ['e\u0301lise@example.org', '\u00e9lise@example.org'],
])('%j is the person of %j', (typed, same) => {
  expect(normaliseAddress(typed)).toBe(same);
  expect(earnerKeyOf(vault, typed)).toBe(earnerKeyOf(vault, same));
});

test.each([
  ['lou+palier@example.org', 'lou@example.org'],
  ['l.ou@example.org', 'lou@example.org'],
  ['strasse@example.org', 'straße@example.org'],
  ['l\u200bou@example.org', 'lou@example.org'],
])('%j is not the person of %j: nothing cleverer than case and form', (typed, other) => {
  expect(earnerKeyOf(vault, typed)).not.toBe(earnerKeyOf(vault, other));
});

/** White space of every kind, controls, zero widths, marks of direction, tags, and blanks of other scripts. */
const UNSEEN = Array.from(
  ' \t\n\u000b\f\r\u0085\u00a0\u00ad\u034f\u061c\u115f\u1680\u180e\u2000\u2007\u200a\u200b\u200c\u200d\u200e\u200f' +
    '\u2028\u2029\u202a\u202e\u202f\u205f\u2060\u2064\u2066\u2069\u206f\u3000\u3164\ufe0f\ufeff\ufff9\u{e0001}\u{e0041}\u{e007f}',
);
const unseen = fc.array(fc.constantFrom(...UNSEEN), { maxLength: 6 }).map((marks) => marks.join(''));

test('whatever is invisible at the ends of an address, it is the same person; within it, it is not', () => {
  fc.assert(
    fc.property(fc.emailAddress(), unseen, unseen, (address, before, after) => {
      const typed = `${before}${address}${after}`;
      expect(normaliseAddress(typed)).toBe(normaliseAddress(address));
      expect(earnerKeyOf(vault, typed)).toBe(earnerKeyOf(vault, address));
      if (before !== '' && before.trim() !== '')
        expect(normaliseAddress(`a${before}${address}`)).not.toBe(normaliseAddress(`a${address}`));
    }),
    { numRuns: 1000 },
  );
});

test('the key of an address depends on PALIER_KEY, and fits a job id', () => {
  const other = createVault(Buffer.alloc(32, 8));
  expect(earnerKeyOf(other, 'lou@example.org')).not.toBe(earnerKeyOf(vault, 'lou@example.org'));
  expect(earnerKeyOf(vault, 'lou@example.org')).toMatch(/^[\w-]{22}$/);
});
