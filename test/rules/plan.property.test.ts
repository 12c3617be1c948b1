import * as fc from 'fast-check';
import { asAwardId, asBadgeId, asEarnerKey, asSchemeVersion, type BadgeId } from '../../src/ids.js';
import { evaluate } from '../../src/rules/evaluate.js';
import { KeyList, type PersonFacts, planFor, type PlanKind, startPlan } from '../../src/rules/plan.js';
import { evaluateDuringRollout, type Rules } from '../../src/rules/rollout.js';
import type { Scheme } from '../../src/rules/types.js';
import { runs } from '../support/runs.js';
import { world } from './model.js';
import { assertion } from './scheme-builder.js';

/** One person, before rules that are to be in force, and those that are. */
interface Before {
  readonly rules: Rules;
  readonly person: PersonFacts;
  readonly nowS: number;
}
const AWARDS = ['A0', 'A1', 'A2', 'A3'];
const badgesOf = (ids: readonly string[]): ReadonlySet<BadgeId> =>
  new Set(ids.map((id) => asBadgeId(`R-${id}`)));

const before: fc.Arbitrary<Before> = fc
  .record({
    one: world,
    other: world,
    kind: fc.constantFrom('changed', 'changed', 'changed', 'same', 'unreadable'),
    underWay: fc.subarray(AWARDS, { maxLength: 1 }),
    refused: fc.subarray(AWARDS, { maxLength: 1 }),
    released: fc.subarray(AWARDS, { maxLength: 1 }),
    touched: fc.constantFrom(0, 2),
    /** The last award is in one of the two only. */
    without: fc.constantFrom('neither', 'neither', 'new', 'old'),
  })
  .map(({ one, other, kind, underWay, refused, released, touched, without }): Before => {
    const scheme = without === 'new' ? withoutLast(one.scheme) : one.scheme;
    const inForce = without === 'old' ? withoutLast(other.scheme) : other.scheme;
    const change = {
      inForce: kind === 'unreadable' ? null : { ...inForce, version: asSchemeVersion('v0') },
      released: new Set(released.map(asAwardId)),
      generation: 2,
      sinceS: 0,
    };
    return {
      rules: { scheme, rollout: kind === 'same' ? null : change },
      person: {
        earner: asEarnerKey('lou'),
        portfolio: one.portfolio,
        lastSchemeGeneration: touched,
        inFlight: badgesOf(underWay),
        refused: badgesOf(refused),
      },
      nowS: one.nowS,
    };
  });
const withoutLast = (scheme: Scheme): Scheme => ({ ...scheme, awards: scheme.awards.slice(0, -1) });

const plannedAs = ({ rules, person, nowS }: Before, kind: PlanKind, only: string | null = null): string[] =>
  planFor(rules, person, nowS, only === null ? null : asAwardId(only))
    .planned.filter((one) => one.kind === kind)
    .map(({ award }) => award.badgeId);
const standing = (scheme: Scheme, { person, nowS }: Before) =>
  evaluate(scheme, person.portfolio, nowS).awards;
const badgeIds = (verdicts: ReturnType<typeof standing>): string[] =>
  verdicts.map(({ award }) => award.badgeId);

test('who gains: everyone to whom the new rules give what is not on its way, nor refused', () => {
  fc.assert(
    fc.property(before, (one) => {
      const due = badgeIds(standing(one.rules.scheme, one).filter(({ status }) => status === 'due'));
      const { inFlight, refused } = one.person;
      const onItsWay = due.filter((id) => inFlight.has(asBadgeId(id)));
      const notWanted = due.filter((id) => !onItsWay.includes(id) && refused.has(asBadgeId(id)));
      expect(plannedAs(one, 'inFlight')).toEqual(onItsWay);
      expect(plannedAs(one, 'refused')).toEqual(notWanted);
      expect(plannedAs(one, 'gains')).toEqual(
        due.filter((id) => !onItsWay.includes(id) && !notWanted.includes(id)),
      );
    }),
    { numRuns: runs(400) },
  );
});

test('what stands in the way of those whose rule is met: a block, a switch', () => {
  fc.assert(
    fc.property(before, (one) => {
      for (const kind of ['blocked', 'inactive'] as const) {
        const met = standing(one.rules.scheme, one).filter((verdict) => verdict.met);
        expect(plannedAs(one, kind)).toEqual(badgeIds(met.filter(({ status }) => status === kind)));
      }
    }),
    { numRuns: runs(400) },
  );
});

test('who would no longer qualify: whoever holds it, met the rule in force, and does not meet the new one', () => {
  const tried = runs(3000, 1000);
  let lost = 0;
  fc.assert(
    fc.property(before, (one) => {
      const { scheme, rollout } = one.rules;
      const met = new Set(badgeIds(standing(scheme, one).filter((verdict) => verdict.met)));
      const heldBefore =
        rollout === null || rollout.inForce === null
          ? []
          : standing(rollout.inForce, one).filter((verdict) => verdict.status === 'held' && verdict.met);
      const expected = badgeIds(heldBefore).filter((id) => !met.has(id));
      lost += expected.length;
      expect(plannedAs(one, 'losesRule').toSorted()).toEqual(expected.toSorted());
    }),
    { numRuns: tried },
  );
  expect(lost).toBeGreaterThan(tried / 150);
});

/** The person holds these since. */
function given(one: Before, badges: readonly string[]): Before {
  const { portfolio } = one.person;
  const held = badges.map((id) => assertion(id, 'REGION', { id: `given ${id}`, issuedOnS: one.nowS }));
  return {
    ...one,
    person: { ...one.person, portfolio: { ...portfolio, held: [...portfolio.held, ...held] } },
  };
}

test('once all that was gained is held, nothing more is', () => {
  fc.assert(
    fc.property(before, (one) => {
      const gained = plannedAs(one, 'gains');
      const inForce: Before = { ...one, rules: { ...one.rules, rollout: null } };
      expect(plannedAs(given(inForce, gained), 'gains')).toEqual([]);
    }),
    { numRuns: runs(400) },
  );
});

/** Issued one after the other, as a worker would, until nothing is due that is not refused. */
function issuedInTurn(one: Before, only: string): string[] {
  const { scheme, rollout } = one.rules;
  const released = new Set([...(rollout?.released ?? []), asAwardId(only)]);
  const rules: Rules = { scheme, rollout: rollout === null ? null : { ...rollout, released } };
  const all: string[] = [];
  for (let now = one; ;) {
    const { portfolio, lastSchemeGeneration, refused } = now.person;
    const due = evaluateDuringRollout(rules, portfolio, lastSchemeGeneration, one.nowS).due.map(
      ({ award }) => award.badgeId,
    );
    const next = due.find((id) => !all.includes(id) && !refused.has(id));
    if (next === undefined) return all;
    all.push(next);
    now = given(now, [next]);
  }
}

test('one award alone: it, and what comes of it by the rules in force, to nobody but those who gain it', () => {
  const tried = runs(1500, 500);
  let followed = 0;
  fc.assert(
    fc.property(before, fc.constantFrom(...AWARDS), (one, only) => {
      const own = `R-${only}`;
      const gains = plannedAs(one, 'gains', only);
      if (!plannedAs(one, 'gains').includes(own)) return expect(gains).toEqual([]);
      const expected = issuedInTurn(one, only).filter((id) => !one.person.inFlight.has(asBadgeId(id)));
      if (expected.length > 1) followed += 1;
      expect(gains.toSorted()).toEqual(expected.toSorted());
    }),
    { numRuns: tried },
  );
  expect(followed).toBeGreaterThan(tried / 150);
});

test('a plan names everyone it is about, each once and in order, whatever order they came in', () => {
  const crowd = fc.tuple(before, fc.array(fc.tuple(before, fc.string({ minLength: 1, maxLength: 3 }))));
  fc.assert(
    fc.property(crowd, ([{ rules, nowS }, others]) => {
      const people = new Map(
        others.map(([{ person }, key]) => [key, { ...person, earner: asEarnerKey(key) }]),
      );
      const tallied = (keys: readonly string[]) => {
        const tally = startPlan(rules);
        for (const key of keys) {
          const person = people.get(key);
          if (person !== undefined) tally.add(person.earner, planFor(rules, person, nowS).planned);
        }
        return tally.plan();
      };
      const plan = tallied([...people.keys()]);
      expect(tallied([...people.keys()].toReversed())).toEqual(plan);
      expect(plan.people).toBe(people.size);
      for (const { award, ...told } of plan.awards)
        for (const kind of ['gains', 'losesRule'] as const) {
          const expected = [...people.values()].filter((person) =>
            plannedAs({ rules, person, nowS }, kind).includes(award.badgeId),
          );
          expect([...told[kind]]).toEqual(expected.map(({ earner }) => earner).toSorted());
        }
      const gaining = [...people.values()].filter(
        (person) => plannedAs({ rules, person, nowS }, 'gains').length > 0,
      );
      expect([...plan.gainers]).toEqual(gaining.map(({ earner }) => earner).toSorted());
    }),
    { numRuns: 100 },
  );
});

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
