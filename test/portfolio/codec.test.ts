import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { asAssertionId, asBadgeId, asClientId, asEarnerKey, asEventId } from '../../src/ids.js';
import { createVault, VaultError } from '../../src/platform/vault.js';
import { badgeNumberOf, createBadgeBook } from '../../src/portfolio/badge-book.js';
import { decodePortfolio, encodePortfolio } from '../../src/portfolio/codec.js';
import { openContact, sealContact, updatedContact } from '../../src/portfolio/contact.js';
import { earnerFileOf, UnknownBadge, withBook } from '../../src/portfolio/earner-file.js';
import { NOTHING_KEPT, type KeptAssertion, type KeptPortfolio } from '../../src/portfolio/kept.js';
import { RecordError } from '../../src/record/error.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { keptAssertion, keptPortfolio } from './generators.js';
import { runs } from '../support/runs.js';

/** In no order: those of the usual shape are written first. */
const sorted = (kept: KeptPortfolio): KeptPortfolio => ({
  ...kept,
  assertions: kept.assertions.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
});

test('what is kept comes back, whatever its shape', () => {
  fc.assert(
    fc.property(keptPortfolio, (kept) => {
      expect(sorted(decodePortfolio(encodePortfolio(kept)))).toEqual(sorted(kept));
    }),
    { numRuns: runs(1000) },
  );
  expect(encodePortfolio(NOTHING_KEPT)).toHaveLength(0);
});

test('half of it is refused, and so is what stands behind it', () => {
  const some = keptPortfolio.filter(({ assertions }) => assertions.length > 0);
  fc.assert(
    fc.property(some, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (kept, part) => {
      const bytes = encodePortfolio(kept);
      const cut = bytes.subarray(0, Math.floor(bytes.length * part));
      const read = (): unknown => decodePortfolio(cut);
      // Between two notes nothing shows that there were more; a record is written in one piece.
      let told: unknown = null;
      try {
        told = read();
      } catch (error) {
        expect(error).toBeInstanceOf(RecordError);
      }
      if (told !== null) expect(sorted(told as KeptPortfolio)).not.toEqual(sorted(kept));
      expect(() => decodePortfolio(Buffer.concat([bytes, Buffer.from('?')]))).toThrow(RecordError);
    }),
  );
});

const usual: KeptAssertion = {
  id: asAssertionId('0123456789abcdef0123456789abcdef01234567'),
  badge: 2 ** 32 - 1,
  eventId: asEventId('TQ3X7ZaPK4MaB'),
  // Midnight in Paris, in winter.
  issuedOnS: 1_700_002_800 - (1_700_002_800 % 86_400) - 3600,
  expiresOnS: null,
  revoked: false,
};

test.each<[bytes: number, one: Partial<KeptAssertion>]>([
  [37, {}],
  [37, { revoked: true }],
  [37, { eventId: null }],
  [39, { issuedOnS: 1_700_000_001 }],
  [41, { expiresOnS: 1_900_000_001 }],
])('an assertion of the usual shape takes %i bytes: %j', (bytes, one) => {
  const kept = { ...NOTHING_KEPT, assertions: [{ ...usual, ...one }] };
  // Before it: no contact, one assertion.
  expect(encodePortfolio(kept)).toHaveLength(2 + bytes);
  expect(decodePortfolio(encodePortfolio(kept))).toEqual(kept);
});

test('a flag, a note or an assertion that we do not know is refused', () => {
  const row = encodePortfolio({ ...NOTHING_KEPT, assertions: [usual] });
  row.writeUInt8(row.readUInt8(2 + 34) | 0x10, 2 + 34);
  const note = (letter: string, text: string) =>
    Buffer.concat([Buffer.of(0, 0), Buffer.from(letter), Buffer.of(text.length), Buffer.from(text)]);
  for (const bytes of [row, note('z', ''), note('a', '[1]'), note('a', 'by hand'), Buffer.from('by hand')])
    expect(() => decodePortfolio(bytes)).toThrow(RecordError);
});

describe('a contact', () => {
  const vault = createVault(randomBytes(32));
  const lou = asEarnerKey('lou');
  const contact = fc.record({ address: fc.string(), name: fc.option(fc.string()) });
  test('comes back under its earner alone, and is read by nobody else', () => {
    fc.assert(
      fc.property(contact, (one) => {
        const sealed = sealContact(vault, lou, one);
        expect(openContact(vault, lou, sealed)).toEqual(one);
        expect(() => openContact(vault, asEarnerKey('max'), sealed)).toThrow(VaultError);
        expect(() => openContact(createVault(randomBytes(32)), lou, sealed)).toThrow(VaultError);
      }),
    );
  });
  test('is written anew only when it says something else; a name once known stays', () => {
    const known = sealContact(vault, lou, { address: 'lou@example.org', name: 'Lou' });
    expect(updatedContact(vault, lou, known, { address: 'lou@example.org', name: null })).toBe(known);
    const moved = updatedContact(vault, lou, known, { address: 'Lou@example.org', name: null });
    expect(openContact(vault, lou, moved)).toEqual({ address: 'Lou@example.org', name: 'Lou' });
    const mended = updatedContact(vault, lou, Buffer.from('no'), { address: 'lou@example.org', name: null });
    expect(openContact(vault, lou, mended)).toEqual({ address: 'lou@example.org', name: null });
  });
});

describe('the book of badges', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await testRedis();
  });
  afterAll(() => redis.close());
  const badge = { clientId: asClientId('P1'), badgeId: asBadgeId('B1') };

  test('a process learns what another one entered, and reads on', async () => {
    const [one, other] = [1, 2].map(() => createBadgeBook(redis.connection, `${redis.prefix}a`));
    if (one === undefined || other === undefined) throw new Error('two books');
    const number = (await one.enter(badge)) ?? 0;
    expect(number).toBe(badgeNumberOf(badge));
    const bytes = encodePortfolio({ ...NOTHING_KEPT, assertions: [{ ...usual, badge: number }] });
    expect(() => earnerFileOf(bytes, other)).toThrow(UnknownBadge);
    const { assertions } = await withBook(other, () => earnerFileOf(bytes, other));
    expect(assertions).toEqual([expect.objectContaining(badge)]);
  });

  test('a number that stands for another badge is never used', async () => {
    const prefix = `${redis.prefix}b`;
    await redis.connection.hset(`${prefix}:badges`, badgeNumberOf(badge), '["P9","B9"]');
    expect(await createBadgeBook(redis.connection, prefix).enter(badge)).toBeNull();
  });

  test('what no book knows is not read as anything', async () => {
    const book = createBadgeBook(redis.connection, `${redis.prefix}c`);
    const bytes = encodePortfolio({ ...NOTHING_KEPT, assertions: [usual] });
    await expect(withBook(book, () => earnerFileOf(bytes, book))).rejects.toThrow(UnknownBadge);
  });
});

test('what is generated is of the usual shape and of others', () => {
  const sizes = fc
    .sample(keptAssertion, 500)
    .map((one) => encodePortfolio({ ...NOTHING_KEPT, assertions: [one] })[1]);
  expect(
    Math.min(sizes.filter((rows) => rows === 1).length, sizes.filter((rows) => rows === 0).length),
  ).toBeGreaterThan(50);
});
