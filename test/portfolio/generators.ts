import fc from 'fast-check';
import { asAssertionId, asBadgeId, asClientId, asEarnerKey, asEventId } from '../../src/ids.js';
import type { KeptAssertion, KeptPortfolio } from '../../src/portfolio/kept.js';

/** Mostly as OBF makes them, now and then anything. */
const mostly = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 4, arbitrary: usual }, { weight: 1, arbitrary: other });

const obfId = mostly(fc.stringMatching(/^[\w-]{1,13}$/), fc.string());
export const assertionId = mostly(
  fc.stringMatching(/^[0-9a-f]{40}$/),
  fc.oneof(fc.string(), fc.stringMatching(/^[0-9A-F]{40}$/), fc.stringMatching(/^[0-9a-f]{39}$/)),
).map(asAssertionId);
const badge = mostly<KeptAssertion['badge']>(
  fc.nat({ max: 2 ** 31 - 1 }).map((number) => number * 2 + 1),
  fc.record({ clientId: fc.string().map(asClientId), badgeId: fc.string().map(asBadgeId) }),
);
const HOUR_S = 3600;
const instant = fc.oneof(
  fc.integer({ min: 0, max: 600_000 }).map((hours) => hours * HOUR_S),
  fc.integer({ min: 1_500_000_000, max: 1_900_000_000 }),
  fc.constantFrom(0, 1, HOUR_S * 2 ** 20 - 1, HOUR_S * 2 ** 20, 2 ** 32 - 1, 2 ** 32),
  fc.maxSafeInteger().filter((value) => !Object.is(value, -0)),
);

export const keptAssertion: fc.Arbitrary<KeptAssertion> = fc.record({
  id: assertionId,
  badge,
  eventId: fc.option(obfId.map(asEventId), { freq: 5 }),
  issuedOnS: instant,
  expiresOnS: fc.option(instant),
  revoked: fc.boolean(),
});

const key = fc.stringMatching(/^[\w-]{22}$/);

export const keptPortfolio: fc.Arbitrary<KeptPortfolio> = fc.record({
  contact: fc.option(fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes))),
  assertions: fc.uniqueArray(keptAssertion, { selector: ({ id }) => id, maxLength: 40 }),
  linkedTo: fc.option(
    fc.oneof(
      key,
      key.map((one) => `erasing.${one}`),
    ),
  ),
  linked: fc.uniqueArray(key.map(asEarnerKey), { maxLength: 4 }),
  touched: fc.nat(),
  gone: fc.option(fc.constantFrom('1700000000', '1700000000 abcdefgh ABCDEFGH')),
});
