import fc from 'fast-check';
import { decodeEntry, encodeEntry } from '../../src/audit/former-codec.js';
import { AUDIT_KINDS, type AuditEntry } from '../../src/audit/types.js';
import {
  asAssertionId,
  asAwardId,
  asBadgeId,
  asEarnerKey,
  asEventId,
  asSchemeVersion,
} from '../../src/ids.js';
import { entryOf } from './support.js';

const text = fc.string({ minLength: 1, unit: 'grapheme' });
const anyEntry: fc.Arbitrary<AuditEntry> = fc.record({
  kind: fc.constantFrom(...AUDIT_KINDS),
  atS: fc.integer(),
  earner: fc.option(text.map(asEarnerKey)),
  award: fc.option(fc.oneof(text, fc.constantFrom('k', 'e', 'o')).map(asAwardId)),
  badgeId: fc.option(text.map(asBadgeId)),
  assertions: fc.array(
    fc
      .oneof(text, fc.stringMatching(/^[%,2C5]{1,6}$/), fc.webUrl({ withQueryParameters: true }))
      .map(asAssertionId),
  ),
  cause: fc.option(text),
  version: fc.option(text.map(asSchemeVersion)),
  event: fc.option(text.map(asEventId)),
  detail: fc.option(text),
});

test('what is encoded is decoded the same', () => {
  fc.assert(fc.property(anyEntry, (entry) => expect(decodeEntry(encodeEntry(entry))).toEqual(entry)));
});

test('always the same short names in the same order, so that a stream keeps them once', () => {
  const namesOf = (entry: AuditEntry) => encodeEntry(entry).filter((_, at) => at % 2 === 0);
  fc.assert(fc.property(anyEntry, (entry) => expect(namesOf(entry)).toEqual('ktewbacvod'.split(''))));
});

test('whatever a later version adds, and in whatever order, what is known is read', () => {
  const pairs = fc.array(fc.tuple(fc.string({ minLength: 2 }), fc.string()));
  fc.assert(
    fc.property(anyEntry, pairs, fc.boolean(), (entry, added, before) => {
      const fields = encodeEntry(entry);
      expect(decodeEntry(before ? [...added.flat(), ...fields] : [...fields, ...added.flat()])).toEqual(
        entry,
      );
    }),
  );
});

test('anything that is no entry of ours is none, and no error', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (fields) => {
      expect(decodeEntry(fields)).toBeNull();
    }),
  );
});

test.each([
  ['a kind of a later version', ['k', '13']],
  ['a kind that is no number', ['k', 'issued']],
  ['no time', ['t', '']],
  ['a time that is none', ['t', 'soon']],
])('%s: skipped', (_, [name, value]) => {
  const fields = [...encodeEntry(entryOf())];
  fields[fields.indexOf(name ?? '') + 1] = value ?? '';
  expect(decodeEntry(fields)).toBeNull();
});

test('the numbers of the kinds, which are kept in Redis for years, stay', () => {
  const numbers = AUDIT_KINDS.map((kind) => [kind, Number(encodeEntry(entryOf({ kind }))[1])]);
  expect(Object.fromEntries(numbers)).toEqual({
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
});
