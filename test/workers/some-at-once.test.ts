import fc from 'fast-check';
import { someAtOnce } from '../../src/workers/some-at-once.js';
import { runs } from '../support/runs.js';

test('each is done once, so many at a time; what fails is told once all that was begun has ended', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ turns: fc.nat({ max: 4 }), fails: fc.boolean() }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 5 }),
      async (all, atOnce) => {
        let [begun, underWay, most] = [0, 0, 0];
        const done = someAtOnce(all.entries(), atOnce, async ([at, { turns, fails }]) => {
          expect(at).toBe(begun);
          begun += 1;
          most = Math.max(most, (underWay += 1));
          for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
          underWay -= 1;
          if (fails) throw new Error(`number ${at}`);
        });
        const failing = all.findIndex(({ fails }) => fails);
        if (failing < 0) await done;
        else await expect(done).rejects.toThrow(/^number/);
        expect([underWay, most <= atOnce]).toEqual([0, true]);
        if (failing >= 0 && atOnce === 1) expect(begun).toBe(failing + 1);
        if (failing < 0) expect(begun).toBe(all.length);
        // What takes no turn at all may be done before the next is begun.
        if (failing < 0 && all.every(({ turns }) => turns > 0))
          expect(most).toBe(Math.min(atOnce, all.length));
      },
    ),
    { numRuns: runs(200) },
  );
});
