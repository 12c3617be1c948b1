import fc from 'fast-check';
import { byPlace, merged, type Placed } from '../../src/audit/former-entries.js';

async function* inPages(entries: readonly Placed[], size: number): AsyncGenerator<readonly Placed[]> {
  for (let at = 0; at < entries.length; at += size) yield entries.slice(at, at + size);
}

/** A stream as Redis has it: oldest first, none at another's place. */
const anyStream: fc.Arbitrary<readonly Placed[]> = fc
  .uniqueArray(fc.record({ ms: fc.nat(20), nth: fc.nat(3), fields: fc.constant([]) }), {
    maxLength: 30,
    comparator: (a, b) => byPlace(a, b) === 0,
  })
  .map((entries) => entries.toSorted(byPlace));

test('several streams are told as one, in the order of writing, each entry once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyStream, { maxLength: 6 }),
      fc.integer({ min: 1, max: 9 }),
      async (streams, size) => {
        const told: Placed[] = [];
        for await (const page of merged(streams.map((entries) => inPages(entries, size)))) {
          expect(page).not.toEqual([]);
          told.push(...page);
        }
        expect(told).toEqual(streams.flat().toSorted(byPlace));
      },
    ),
  );
});
