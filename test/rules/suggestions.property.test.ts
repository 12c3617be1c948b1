import * as fc from 'fast-check';
import type { AwardId } from '../../src/ids.js';
import type { Assertion } from '../../src/earners/record.js';
import type { Portfolio } from '../../src/earners/portfolio.js';
import { evaluate } from '../../src/rules/evaluate.js';
import { type Suggestion, suggestions } from '../../src/rules/suggestions.js';
import type { Condition, Enrolment, Scheme } from '../../src/rules/types.js';
import type { Evaluation } from '../../src/rules/evaluation.js';
import { lackOf, naive, type NaiveResult, world, type World } from './model.js';
import { assertion } from './scheme-builder.js';
import { runs } from '../support/runs.js';

const FAR = 1_000_000;

/** Small enough for the naive evaluator, which tries every set of assertions. */
const smallWorld: fc.Arbitrary<World> = world.map((one) => ({
  ...one,
  portfolio: { ...one.portfolio, assertions: one.portfolio.assertions.slice(0, 5) },
}));

const issuedNow = (badge: Enrolment, nowS: number): Assertion =>
  assertion(badge.badgeId, badge.clientId, { id: `new ${badge.badgeId}`, issuedOnS: nowS });
const withBadge = ({ portfolio, nowS }: World, badge: Enrolment): Portfolio => ({
  ...portfolio,
  assertions: [...portfolio.assertions, issuedNow(badge, nowS)],
});
const canBeIssued = ({ scheme, nowS }: World): Enrolment[] =>
  scheme.partners
    .filter(({ active }) => active)
    .flatMap(({ badges }) => badges)
    .filter(
      ({ fromS, beforeS }) => (fromS === null || nowS >= fromS) && (beforeS === null || nowS < beforeS),
    );

type Lacks = ReadonlyMap<AwardId, number>;

/** How many badges must still come, in the words of the issue; the other awards as they were. */
function lack(condition: Condition, result: NaiveResult, lacks: Lacks): number {
  if (condition.kind === 'holds') return lacks.get(condition.award) ?? 0;
  if (condition.kind === 'badges') return lackOf(condition, result);
  const parts = condition.of.map((part, i) => lack(part, result.of?.[i] ?? { met: false }, lacks));
  const need = { all: parts.length, any: 1, at_least: 'atLeast' in condition ? condition.atLeast : 0 };
  return parts
    .toSorted((a, b) => a - b)
    .slice(0, need[condition.kind])
    .reduce((sum, part) => sum + part, 0);
}

function naiveLacks(scheme: Scheme, portfolio: Portfolio, nowS: number): Lacks {
  const lacks = new Map<AwardId, number>();
  for (const [i, verdict] of naive(scheme, portfolio, nowS).entries()) {
    const award = scheme.awards[i];
    if (award === undefined || verdict.status === 'held' || verdict.status === 'due') continue;
    lacks.set(award.id, verdict.status === 'not_met' ? lack(award.rule, verdict.tree, lacks) : FAR);
  }
  return lacks;
}

const statusOf = ({ awards }: Evaluation, id: AwardId): string | undefined =>
  awards.find(({ award }) => award.id === id)?.status;
const evaluated = ({ scheme, portfolio, nowS }: World): Evaluation => evaluate(scheme, portfolio, nowS);

test('told are the awards that are not met, and no others', () => {
  fc.assert(
    fc.property(world, (one) => {
      const evaluation = evaluated(one);
      const missing = evaluation.awards.filter(({ status }) => status === 'not_met');
      expect([...suggestions(one.scheme, evaluation).keys()]).toEqual(missing.map(({ award }) => award.id));
    }),
    { numRuns: runs(200) },
  );
});

/** The badges that are told of an award, and of those that it is told to be helped by. */
function toldOf(help: ReadonlyMap<AwardId, Suggestion>, id: AwardId): Set<string> {
  const { badges, awards } = help.get(id) ?? { badges: [], awards: [] };
  return new Set([...badges.map(({ badgeId }) => badgeId), ...toldOfAny(help, awards)]);
}
const toldOfAny = (help: ReadonlyMap<AwardId, Suggestion>, awards: readonly AwardId[]): Set<string> =>
  new Set(awards.flatMap((id) => [...toldOf(help, id)]));

/** By award: the badges with which alone less is missing, the other awards as they are, or with all that follows. */
function fewerWith({ scheme, portfolio, nowS }: World, badges: readonly Enrolment[]) {
  const before = naiveLacks(scheme, portfolio, nowS);
  const none = (): Map<AwardId, string[]> => new Map([...before.keys()].map((id) => [id, []]));
  const [alone, inAll] = [none(), none()];
  for (const badge of badges) {
    const more = withBadge({ scheme, portfolio, nowS }, badge);
    const lacksAfter = naiveLacks(scheme, more, nowS);
    const after = naive(scheme, more, nowS);
    for (const [i, { id, rule }] of scheme.awards.entries()) {
      const tree = after[i]?.tree ?? { met: false };
      const lacked = before.get(id) ?? 0;
      if (lack(rule, tree, before) < lacked) alone.get(id)?.push(badge.badgeId);
      if ((lacksAfter.get(id) ?? 0) < lacked) inAll.get(id)?.push(badge.badgeId);
    }
  }
  return { alone, inAll };
}

test('a badge is told exactly where, with it alone, less is missing; or with all that follows, and no award told says so', () => {
  fc.assert(
    fc.property(smallWorld, (one) => {
      const help = suggestions(one.scheme, evaluated(one));
      const possible = canBeIssued(one);
      const { alone, inAll } = fewerWith(one, possible);
      for (const [id, { badges, awards }] of help) {
        const through = toldOfAny(help, awards);
        const bothWays = (inAll.get(id) ?? []).filter((badge) => !through.has(badge));
        const expected = new Set([...(alone.get(id) ?? []), ...bothWays]);
        expect(badges).toEqual(possible.filter(({ badgeId }) => expected.has(badgeId)));
      }
    }),
    { numRuns: runs(300) },
  );
});

test('where one badge is missing, each one told makes the award due; one that is not told never does', () => {
  const seen = { completed: 0, through: 0 };
  fc.assert(
    fc.property(smallWorld, (one) => {
      const help = suggestions(one.scheme, evaluated(one));
      const before = naiveLacks(one.scheme, one.portfolio, one.nowS);
      for (const badge of canBeIssued(one)) {
        const after = evaluate(one.scheme, withBadge(one, badge), one.nowS);
        for (const [id, { badges }] of help) {
          const due = statusOf(after, id) === 'due';
          const told = badges.some(({ badgeId }) => badgeId === badge.badgeId);
          if (told && before.get(id) === 1) expect(due).toBe(true);
          if (due) expect(toldOf(help, id).has(badge.badgeId)).toBe(true);
          seen.completed += Number(told && due);
          seen.through += Number(!told && due);
        }
      }
    }),
    { numRuns: runs(300) },
  );
  expect(Math.min(seen.completed, seen.through)).toBeGreaterThan(0);
});

test('an award is told to help exactly where, were it held, less is missing; and only one that can come', () => {
  fc.assert(
    fc.property(smallWorld, (one) => {
      const { scheme, portfolio, nowS } = one;
      const before = naiveLacks(scheme, portfolio, nowS);
      const verdicts = naive(scheme, portfolio, nowS);
      for (const [id, { awards }] of suggestions(scheme, evaluated(one))) {
        const at = scheme.awards.findIndex((award) => award.id === id);
        const [award, tree] = [scheme.awards[at], verdicts[at]?.tree];
        if (award === undefined || tree === undefined) throw new Error('unreachable');
        const expected = [...before.keys()].filter((other) => {
          const held = new Map([...before, [other, 0] as const]);
          return lack(award.rule, tree, held) < lack(award.rule, tree, before);
        });
        const mayCome = expected.filter((other) => statusOf(evaluated(one), other) === 'not_met');
        expect(awards).toEqual(mayCome);
      }
    }),
    { numRuns: runs(300) },
  );
});

test('within reach is what all that is enrolled makes due; hindered, what it would, were nothing in the way', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(world, (one) => {
      const { scheme, portfolio, nowS } = one;
      const more = canBeIssued(one).map((badge) => issuedNow(badge, nowS));
      const all = { ...portfolio, assertions: [...portfolio.assertions, ...more] };
      const active = { ...scheme, awards: scheme.awards.map((award) => ({ ...award, active: true })) };
      const after = evaluate(scheme, all, nowS);
      const freed = evaluate(active, { ...all, blocked: [] }, nowS);
      for (const [id, { reach }] of suggestions(scheme, evaluated(one))) {
        const due = (evaluation: Evaluation) => statusOf(evaluation, id) === 'due';
        const expected = due(after) ? 'within' : due(freed) ? 'hindered' : 'beyond';
        expect({ id, reach }).toEqual({ id, reach: expected });
        seen.add(reach);
      }
    }),
    { numRuns: runs(500) },
  );
  expect(seen.size).toBe(3);
});
