import * as fc from 'fast-check';
import { coverAbilities, type Carrier } from '../../src/rules/choice.js';
import { runs } from '../support/runs.js';

const carrier: fc.Arbitrary<Carrier<string>> = fc.record({
  partner: fc.constantFrom('P', 'Q', 'R'),
  abilities: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 3 }),
});

/** The most abilities, by trying for each carrier every one of its abilities, and none. */
function most(
  [first, ...rest]: readonly Carrier<string>[],
  seats: number,
  taken: Carrier<string>[] = [],
  covered: string[] = [],
): number {
  if (first === undefined) return covered.length;
  const without = most(rest, seats, taken, covered);
  if (taken.filter(({ partner }) => partner === first.partner).length >= seats) return without;
  const open = first.abilities.filter((ability) => !covered.includes(ability));
  return Math.max(
    without,
    ...open.map((ability) => most(rest, seats, [...taken, first], [...covered, ability])),
  );
}

test('as many abilities are covered as can be, and no partner gives more than its seats', () => {
  fc.assert(
    fc.property(
      fc.array(carrier, { maxLength: 7, size: 'max' }),
      fc.integer({ min: 1, max: 3 }),
      (carriers, seats) => {
        const cover = [...coverAbilities(carriers, seats)];
        expect(cover).toHaveLength(most(carriers, seats));
        expect(new Set(cover.map(([, ability]) => ability)).size).toBe(cover.length);
        for (const [one, ability] of cover) {
          expect(one.abilities).toContain(ability);
          expect(cover.filter(([{ partner }]) => partner === one.partner).length).toBeLessThanOrEqual(seats);
        }
      },
    ),
    { numRuns: runs(1500) },
  );
});

test('a long chain of moves is found', () => {
  const carriers = Array.from({ length: 300 }, (_, i) => ({
    partner: `P${i}`,
    abilities: [`a${i}`, `a${i + 1}`],
  }));
  carriers.push({ partner: 'last', abilities: ['a0'] });
  expect(coverAbilities(carriers, 1).size).toBe(301);
});
