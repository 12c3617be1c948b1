import { asAwardId, asBadgeId, asEarnerKey } from '../../src/ids.js';
import type { Rules } from '../../src/rules/rollout.js';
import {
  changesNobody,
  costOf,
  type IssuingLimits,
  type PersonFacts,
  type Plan,
  planFor,
  startPlan,
} from '../../src/rules/plan.js';
import type { BadgesCondition } from '../../src/rules/badges-condition.js';
import type { Scheme } from '../../src/rules/types.js';
import { assertion, buildScheme, type SchemeSpec } from './scheme-builder.js';

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
  inFlight: new Set(),
  refused: new Set(),
});

function planOf(rules: Rules, people: readonly PersonFacts[]): Plan {
  const tally = startPlan(rules);
  for (const person of people) tally.add(person.earner, planFor(rules, person, NOW_S).planned);
  return tally.plan();
}
const told = ({ awards }: Plan) =>
  awards.map(({ award, removed, gains, losesRule }) => ({
    award: `${award.id} ${award.badgeId}`,
    removed,
    gains: [...gains],
    losesRule: [...losesRule],
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
  const plan = planOf(rulesOf(scheme, inForce), [holder, somebody(1)]);
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
  const plan = planOf(rulesOf(scheme, inForce), [somebody(2), somebody(3, 'R1'), somebody(0)]);
  expect(told(plan)).toMatchObject([{ gains: [], losesRule: [] }]);
  expect(plan.awards).toMatchObject([{ inactive: 1 }]);
  expect(changesNobody(plan)).toBe(true);
});

test('nothing has changed: nobody gains but those whom their award was never sent to', () => {
  const scheme = schemeOf({ one: { badge: 'R1', rule: atLeast(2) } });
  const left = somebody(2);
  const people = [left, somebody(3, 'R1'), { ...somebody(3), inFlight: new Set([asBadgeId('R1')]) }];
  const plan = planOf({ scheme, rollout: null }, people);
  expect(told(plan)).toMatchObject([{ gains: [left.earner], losesRule: [] }]);
  expect(plan.awards).toMatchObject([{ inFlight: 1 }]);
  expect(changesNobody(planOf({ scheme, rollout: null }, people.slice(1)))).toBe(true);
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
  const plan = planOf(
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
    const nothing = startPlan({ scheme: schemeOf({ one: { rule: atLeast(9) } }), rollout: null }).plan();
    expect(costOf(nothing, { ...limits, quotaLeft: 3 })).toMatchObject({
      issues: 0,
      calls: 0,
      atLeastS: 0,
      quotaShort: 0,
    });
  });
});
