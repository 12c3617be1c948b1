import fc from 'fast-check';
import { MetNames } from '../../src/platform/met-names.js';

test('a name is new once', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 4 })), (names) => {
      const [met, known] = [new MetNames(), new Set<string>()];
      for (const name of names) {
        expect(met.has(name)).toBe(known.has(name));
        expect(met.add(name)).toBe(!known.has(name));
        known.add(name);
      }
    }),
  );
});

test('of three hundred thousand that are much alike, none is taken for another', () => {
  const met = new MetNames();
  let fresh = 0;
  for (let at = 0; at < 300_000; at += 1)
    if (met.add(`palier:p:{k${String(at).padStart(21, '0')}}`)) fresh += 1;
  expect(fresh).toBe(300_000);
  expect(met.add('palier:p:{k000000000000000300000}')).toBe(true);
  expect(met.add('palier:p:{k000000000000000300000}')).toBe(false);
});
