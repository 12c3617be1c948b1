import * as fc from 'fast-check';
import { asAwardId, asSchemeVersion } from '../../src/ids.js';
import { evaluateDuringRollout, type PendingRollout } from '../../src/rules/rollout.js';
import { evaluate, lostByRevocation } from '../../src/rules/evaluate.js';
import type { Scheme } from '../../src/rules/types.js';
import { world, type World } from './model.js';
import { runs } from '../support/runs.js';

/** One person, before two schemes: the files as they are now, and what is in force. */
interface Changing extends World {
  inForce: Scheme;
  released: readonly string[];
}
const changing: fc.Arbitrary<Changing> = fc
  .record({ one: world, other: world, released: fc.subarray(['A0', 'A1', 'A2', 'A3']) })
  .map(({ one, other, released }) => ({
    ...one,
    inForce: { ...other.scheme, version: asSchemeVersion('v0') },
    released,
  }));

const change = ({ inForce, released }: Changing): PendingRollout => ({
  inForce,
  released: new Set(released.map(asAwardId)),
  generation: 3,
  sinceS: 0,
});
const dueUnder = (scheme: Scheme, { portfolio, nowS }: World): string[] =>
  evaluate(scheme, portfolio, nowS)
    .awards.filter(({ status }) => status === 'due')
    .map(({ award }) => award.id);
const judged = (one: Changing, touched: number, of: PendingRollout | null = change(one)) =>
  evaluateDuringRollout({ scheme: one.scheme, rollout: of }, one.portfolio, touched, one.nowS);
const dueIds = (one: Changing, touched: number): string[] =>
  judged(one, touched).due.map(({ award }) => award.id);

test('without a change, and for whoever has something new, the new rules alone decide', () => {
  fc.assert(
    fc.property(changing, (one) => {
      expect(judged(one, 0, null)).toEqual(judged(one, 3));
      expect(dueIds(one, 3)).toEqual(dueUnder(one.scheme, one));
      expect(judged(one, 3).waiting.size).toBe(0);
    }),
  );
});

test('whoever was there before is given what both rules give, and what was released; the rest waits', () => {
  fc.assert(
    fc.property(changing, (one) => {
      const before = dueUnder(one.inForce, one);
      const now = dueUnder(one.scheme, one);
      const { due, waiting } = judged(one, 2);
      const given = due.map(({ award }) => award.id as string);
      expect([...waiting, ...given].toSorted()).toEqual(now.toSorted());
      for (const id of given) expect([...before, ...one.released]).toContain(id);
      // None of them rests on an award that waits; and every other that may be given, and does not, is.
      const awards = one.scheme.awards.map((award) => ({
        ...award,
        active: award.active && !waiting.has(award.id),
      }));
      expect(dueUnder({ ...one.scheme, awards }, one)).toEqual(given);
    }),
    { numRuns: runs(500) },
  );
});

test('an award names the version that gave it', () => {
  fc.assert(
    fc.property(changing, (one) => {
      for (const { award, version } of judged(one, 0).due)
        expect(version).toBe(one.released.includes(award.id) ? one.scheme.version : one.inForce.version);
    }),
  );
});

test('what is lost, and what a switched-off award loses: nothing', () => {
  fc.assert(
    fc.property(changing, (one) => {
      const { lost } = judged(one, 0);
      const byForce = lostByRevocation(
        one.inForce,
        one.portfolio,
        evaluate(one.inForce, one.portfolio, one.nowS),
      );
      const off = one.scheme.awards.filter(({ active }) => !active).map(({ id }) => id);
      expect(lost.map(({ id }) => id)).toEqual(
        one.inForce.awards.map(({ id }) => id).filter((id) => byForce.has(id) && !off.includes(id)),
      );
    }),
    { numRuns: runs(500) },
  );
});

test('rules in force that can no longer be read give nothing', () => {
  fc.assert(
    fc.property(changing, (one) => {
      const { due, lost } = judged(one, 0, { ...change(one), inForce: null, released: new Set() });
      expect([due, lost]).toEqual([[], []]);
    }),
  );
});
