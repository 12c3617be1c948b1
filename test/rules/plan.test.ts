import { asAwardId, asBadgeId, asEarnerKey, asSchemeVersion, type BadgeId } from '../../src/ids.js';
import { evaluateDuringRollout, type PendingRollout, type Rules } from '../../src/rules/rollout.js';
import {
  costOf,
  type IssuingLimits,
  type PersonFacts,
  type Plan,
  planFor,
  type PlanKind,
  startPlan,
} from '../../src/rules/plan.js';
import type { BadgesCondition } from '../../src/rules/badges-condition.js';
import type { Scheme } from '../../src/rules/types.js';
import { assertion, buildScheme, type SchemeSpec } from './scheme-builder.js';
import * as fc from 'fast-check';
import { evaluate, lostByRevocation } from '../../src/rules/evaluate.js';
import { runs } from '../support/runs.js';
import { world, type World } from './model.js';

describe('a plan, case by case', () => {
  const NOW_S = 1_760_000_000;
  const atLeast = (n: number): BadgesCondition => ({ kind: 'badges', atLeast: n, selector: {} });
  const schemeOf = (awards: SchemeSpec['awards']): Scheme =>
    buildScheme({ partners: { P1: { badges: { B1: {}, B2: {}, B3: {} } } }, awards });
  const rulesOf = (scheme: Scheme, inForce: Scheme): Rules => ({
    scheme,
    rollout: { inForce, released: new Set(), generation: 2, sinceS: 0 },
  });

  /** Somebody with so many badges of a partner, who holds these of the Région. */
  const somebody = (badges: number, ...held: string[]): PersonFacts => ({
    earner: asEarnerKey(`with-${badges}-${held.join()}`),
    portfolio: {
      assertions: Array.from({ length: badges }, (_, at) => assertion(`B${at + 1}`, 'P1')),
      held: held.map((id) => assertion(id, 'REGION')),
      blocked: [],
    },
    lastSchemeGeneration: 0,
    underWay: new Set(),
    refused: new Set(),
  });

  function planFrom(rules: Rules, people: readonly PersonFacts[]): Plan {
    const tally = startPlan(rules, null);
    for (const one of people) tally.add(one.earner, planFor(rules, one, NOW_S).planned);
    return tally.plan();
  }
  const told = ({ awards }: Plan) =>
    awards.map(({ award, removed, gains, losesRule }) => ({
      award: `${award.id} ${award.badgeId}`,
      removed,
      gains: gains.keys,
      losesRule: losesRule.keys,
    }));

  test('an award that is renamed is the same; one of another badge is another, and the former is removed', () => {
    const inForce = schemeOf({
      old: { badge: 'R1', rule: atLeast(2) },
      same: { badge: 'R2', rule: atLeast(2) },
    });
    const scheme = schemeOf({
      new: { badge: 'R1', rule: atLeast(3) },
      same: { badge: 'R9', rule: atLeast(2) },
    });
    const holder = somebody(2, 'R1', 'R2');
    const plan = planFrom(rulesOf(scheme, inForce), [holder, somebody(1)]);
    expect(told(plan)).toEqual([
      { award: 'new R1', removed: false, gains: [], losesRule: [holder.earner] },
      { award: 'same R9', removed: false, gains: [holder.earner], losesRule: [] },
      { award: 'same R2', removed: true, gains: [], losesRule: [holder.earner] },
    ]);
    expect(plan.people).toBe(2);
  });

  test('an award that is switched off gives nothing and takes nothing, and says who waits for it', () => {
    const scheme = schemeOf({ one: { badge: 'R1', rule: atLeast(1), active: false } });
    const inForce = schemeOf({ one: { badge: 'R1', rule: atLeast(3) } });
    const plan = planFrom(rulesOf(scheme, inForce), [somebody(2), somebody(3, 'R1'), somebody(0)]);
    expect(told(plan)).toMatchObject([{ gains: [], losesRule: [] }]);
    expect(plan.awards).toMatchObject([{ inactive: 1 }]);
  });

  test('nothing has changed: nobody gains but those whom their award was never sent to', () => {
    const scheme = schemeOf({ one: { badge: 'R1', rule: atLeast(2) } });
    const left = somebody(2);
    const people = [left, somebody(3, 'R1'), { ...somebody(3), underWay: new Set([asBadgeId('R1')]) }];
    const plan = planFrom({ scheme, rollout: null }, people);
    expect(told(plan)).toMatchObject([{ gains: [left.earner], losesRule: [] }]);
    expect(plan.awards).toMatchObject([{ underWay: 1 }]);
    const others = planFrom({ scheme, rollout: null }, people.slice(1));
    expect(told(others)).toMatchObject([{ gains: [], losesRule: [] }]);
  });

  test('one award put into force: what holds it follows, by the rule in force', () => {
    const holdsOne = { kind: 'holds', award: asAwardId('one') } as const;
    const rest = { two: { badge: 'R2', rule: holdsOne }, three: { badge: 'R3', rule: atLeast(1) } };
    const inForce = schemeOf({
      one: { badge: 'R1', rule: atLeast(3) },
      ...rest,
      three: { badge: 'R3', rule: atLeast(3) },
    });
    const scheme = schemeOf({ one: { badge: 'R1', rule: atLeast(2) }, ...rest });
    const rules = rulesOf(scheme, inForce);
    const gainedBy = (only: string | null) =>
      planFor(rules, somebody(2), NOW_S, only === null ? null : asAwardId(only)).planned.map(
        ({ award, kind }) => `${kind} ${award.id}`,
      );
    expect(gainedBy(null)).toEqual(['gains one', 'gains two', 'gains three']);
    expect(gainedBy('one')).toEqual(['gains one', 'gains two']);
    expect(gainedBy('three')).toEqual(['gains three']);
    expect(gainedBy('nothing')).toEqual([]);
  });

  describe('what it costs', () => {
    const gaining = (n: number): PersonFacts[] =>
      Array.from({ length: n }, (_, at) => ({ ...somebody(2), earner: asEarnerKey(`k${at}`) }));
    const plan = planFrom(
      {
        scheme: schemeOf({ one: { badge: 'R1', rule: atLeast(1) }, two: { badge: 'R2', rule: atLeast(2) } }),
        rollout: null,
      },
      [...gaining(1001), somebody(1)],
    );
    const limits: IssuingLimits = { batchMax: 500, maxRps: 8, quotaLeft: 2100, quotaFloor: 50 };

    test('each badge leaves in full calls; each call is looked before and read back after', () => {
      expect(costOf(plan, limits)).toEqual({
        issues: 2003,
        batches: new Map([
          ['R1', 3],
          ['R2', 3],
        ]),
        calls: 18,
        atLeastS: 3,
        quotaAfter: 97,
        quotaShort: 0,
      });
    });

    test.each([
      [2053, 0],
      [2052, 1],
      [10, 2043],
    ])('a quota of %d badges is short by %d: its floor is kept', (quotaLeft, quotaShort) => {
      expect(costOf(plan, { ...limits, quotaLeft })).toMatchObject({
        quotaShort,
        quotaAfter: quotaLeft - 2003,
      });
    });

    test('a quota that is not known; nothing to issue', () => {
      expect(costOf(plan, { ...limits, quotaLeft: null })).toMatchObject({ quotaShort: 0, quotaAfter: null });
      const nothing = planFrom({ scheme: schemeOf({ one: { rule: atLeast(9) } }), rollout: null }, []);
      expect(costOf(nothing, { ...limits, quotaLeft: 3 })).toMatchObject({
        issues: 0,
        calls: 0,
        atLeastS: 0,
        quotaShort: 0,
      });
    });
  });
});

describe('a plan for anybody', () => {
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
          underWay: badgesOf(underWay),
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

  test('who gains: everyone due by the new rules, unless it is on its way or refused', () => {
    fc.assert(
      fc.property(before, (one) => {
        const due = badgeIds(standing(one.rules.scheme, one).filter(({ status }) => status === 'due'));
        const { underWay, refused } = one.person;
        const onItsWay = due.filter((id) => underWay.has(asBadgeId(id)));
        const notWanted = due.filter((id) => !onItsWay.includes(id) && refused.has(asBadgeId(id)));
        expect(plannedAs(one, 'underWay')).toEqual(onItsWay);
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

  test('who would no longer qualify: holders who met the rule in force, and do not meet the new one', () => {
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
        const expected = issuedInTurn(one, only).filter((id) => !one.person.underWay.has(asBadgeId(id)));
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
          const tally = startPlan(rules, null);
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
            const keys = expected.map(({ earner }) => earner).toSorted();
            expect(told[kind]).toEqual({ count: keys.length, keys });
          }
        const gaining = [...people.values()].filter(
          (person) => plannedAs({ rules, person, nowS }, 'gains').length > 0,
        );
        expect(plan.gainers).toBe(gaining.length);
      }),
      { numRuns: 100 },
    );
  });
});

test('a plan that names few counts everybody, and keeps no more keys than it names', () => {
  const scheme = buildScheme({
    partners: { P1: { badges: { B1: {} } } },
    awards: { one: { badge: 'R1', rule: { kind: 'badges', atLeast: 1, selector: {} } } },
  });
  const tally = startPlan({ scheme, rollout: null }, null, 2);
  const planned = scheme.awards.map((award) => ({ award, kind: 'gains' as const }));
  for (const key of ['d', 'c', 'b', 'a']) tally.add(asEarnerKey(key), planned);
  const { people, gainers, awards } = tally.plan();
  expect({ people, gainers }).toEqual({ people: 4, gainers: 4 });
  expect(awards.map(({ gains }) => gains)).toEqual([{ count: 4, keys: ['c', 'd'] }]);
});

describe('a rollout', () => {
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

  test('without a change, and for people with something new, the new rules alone decide', () => {
    fc.assert(
      fc.property(changing, (one) => {
        expect(judged(one, 0, null)).toEqual(judged(one, 3));
        expect(dueIds(one, 3)).toEqual(dueUnder(one.scheme, one));
        expect(judged(one, 3).waiting.size).toBe(0);
      }),
    );
  });

  test('people known before are given what both rules give, and what was released; the rest waits', () => {
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
          byForce.map(({ id }) => id).filter((id) => !off.includes(id)),
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
});
