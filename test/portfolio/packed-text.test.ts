import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { asEarnerKey } from '../../src/ids.js';
import { createVault } from '../../src/platform/vault.js';
import { openContact, sealContact } from '../../src/portfolio/contact.js';
import { packTexts, unpackTexts } from '../../src/portfolio/packed-text.js';
import { RecordError } from '../../src/record/error.js';
import { runs } from '../support/runs.js';

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }).map((any) => Buffer.from(any).toString()),
  fc.emailAddress(),
  fc
    .array(
      fc.constantFrom(
        'Marie',
        'É',
        'Œ',
        'ß',
        'İ',
        '@gmail.com',
        '.fr',
        'END',
        'UPPER',
        'BYTE',
        '-',
        "'",
        ' ',
      ),
    )
    .map((words) => words.join('')),
);

test('texts of any letters come back', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 3 }), (texts) =>
      expect(unpackTexts(packTexts(texts), texts.length)).toEqual(texts),
    ),
    { numRuns: runs(2000) },
  );
});

test('an address and a name of Normandie take half', () => {
  expect(packTexts(['francoise.lecomte14@orange.fr', 'Françoise Lecomte'])).toHaveLength(26);
  expect(packTexts(['jean-baptiste.duval@mission-locale-caen.fr', 'Jean-Baptiste Duval'])).toHaveLength(40);
});

test('what the table says is kept for years: these bytes, for ever', () => {
  const all = "abcdefghijklmnopqrstuvwxyz0123456789 .-_@'+éèçëïâêîôüA%@gmail.com@orange.fr@free.fr@live.fr";
  expect(packTexts([all]).toString('hex')).toBe(KEPT);
});
const KEPT =
  '1c6322df9667c3d526b4d3d9ab6bebfaf7e3f1d7d9dbdddfe1e3e5e7e8f86ceaddff3feb97effbff3fdffbffcffdffefff70f312e1d1f3fe40';

test('anything else is refused', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 3 }), (bytes, count) => {
      try {
        expect(unpackTexts(Buffer.from(bytes), count)).toHaveLength(count);
      } catch (error) {
        expect(error).toBeInstanceOf(RecordError);
      }
    }),
  );
});

const vault = createVault(randomBytes(32));
const earner = asEarnerKey('k1');

test('a contact comes back from its seal', () => {
  const address = fc.oneof(
    fc.emailAddress(),
    text.filter((one) => one.length > 0),
  );
  fc.assert(
    fc.property(address, fc.option(text), (to, name) => {
      const contact = { address: to, name };
      expect(openContact(vault, earner, sealContact(vault, earner, contact))).toEqual(contact);
    }),
  );
});
