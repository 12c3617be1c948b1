import fc from 'fast-check';
import { asEarnerKey } from '../../src/ids.js';
import { KeyList } from '../../src/rules/plan.js';

const key = fc.oneof(fc.stringMatching(/^[\w-]{22}$/), fc.stringMatching(/^[a-zé€]{0,3}$/)).map(asEarnerKey);

test('everybody who was added is there, in order, and as many are counted', () => {
  fc.assert(
    fc.property(fc.uniqueArray(key, { maxLength: 300 }), fc.nat({ max: 9 }), (all, few) => {
      const keys = new KeyList();
      for (const one of all) keys.add(one);
      expect([...keys]).toEqual(all.toSorted());
      expect(keys.length).toBe(all.length);
      expect(keys.first(few)).toEqual(all.toSorted().slice(0, few));
      const some = new KeyList(few);
      for (const one of all) some.add(one);
      expect([...some]).toEqual(all.slice(0, few).toSorted());
      expect(some.length).toBe(all.length);
    }),
  );
});
