import * as fc from 'fast-check';
import { asAssertionId } from '../../src/ids.js';
import { decodeAssertion } from '../../src/portfolio/codec.js';
import { earnerFileOf, readEarnerFile } from '../../src/portfolio/earner-file.js';

const ID = asAssertionId('a1');
const safe = (value: unknown): boolean => Number.isSafeInteger(value);

/** As JSON reads it, without haste; null for what is no assertion. */
function slowly(text: string): unknown {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(read) || read.length !== 6) return null;
  const [version, clientId, badgeId, eventId, issuedOnS, expiresOnS] = read as unknown[];
  const words = typeof clientId === 'string' && typeof badgeId === 'string';
  const event = eventId === null || typeof eventId === 'string';
  if (version !== 1 || !words || !event || !safe(issuedOnS)) return null;
  if (expiresOnS !== null && !safe(expiresOnS)) return null;
  return { id: ID, clientId, badgeId, eventId, issuedOnS, expiresOnS, revoked: false };
}

function quickly(text: string): unknown {
  try {
    return decodeAssertion(ID, text, false);
  } catch {
    return null;
  }
}

/** Mostly as it is written, now and then otherwise. */
const mostly = (usual: string, ...others: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 5, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );

const word = mostly('"a.b-C_9"', '""', '"é"', '"a\\"b"', '"a b"', '"\\u0041"', '"a\nb"', 'null', '7');
const number = mostly('1700000000', '0', '-1', '07', '9007199254740993', '1e3', '1.0', 'null', '1 ');
const written = fc
  .tuple(mostly('1', '2', '01', ' 1'), word, word, word, number, number, mostly('', ' ', ',1', 'x'))
  .map(([version, client, badge, event, issued, expires, more]) => {
    const parts = [version, client, badge, event, issued, expires];
    return `[${parts.join(',')}${more}]`;
  });

test('an assertion is read as JSON reads it, however it is written', () => {
  const seen = { read: 0, refused: 0 };
  fc.assert(
    fc.property(written, (text) => {
      const expected = slowly(text);
      seen[expected === null ? 'refused' : 'read'] += 1;
      expect(quickly(text)).toEqual(expected);
    }),
    { numRuns: 5000 },
  );
  expect(Math.min(seen.read, seen.refused)).toBeGreaterThan(100);
});

test('a hash is the same as an object, and as a list of its fields within a longer one', () => {
  const fields = {
    address: 'sealed',
    'a:1': '[1,"P1","B1",null,5,null]',
    'a:2': '[1,"P1","B2","E2",6,7]',
    'x:2': '1',
    'l:zoe': '1',
    'l:max': '1',
    of: 'lou',
    touched: '3',
    gone: '12 abc',
  };
  const list = Object.entries(fields).flat();
  expect(earnerFileOf(['6 8', ...list, 'R1', '{}'], 1, 1 + list.length)).toEqual(readEarnerFile(fields));
  expect(readEarnerFile(fields)).toMatchObject({
    assertions: [{ id: '1' }, { id: '2', revoked: true }],
    linked: ['max', 'zoe'],
    linkedTo: 'lou',
    touched: 3,
    erasedAtS: 12,
  });
});
