import * as fc from 'fast-check';
import { asAwardId, asBadgeId, asClientId } from '../../src/ids.js';
import type { Assertion } from '../../src/earners/record.js';
import type { Portfolio } from '../../src/earners/portfolio.js';
import type { BadgesCondition, Condition, Scheme, Selector } from '../../src/rules/types.js';
import { assertion, buildScheme, type BadgeSpec } from './scheme-builder.js';

/** A scheme, a portfolio and a clock, small enough that everything meets everything else. */
export interface World {
  scheme: Scheme;
  portfolio: Portfolio;
  nowS: number;
}

const CLIENTS = ['P1', 'P2', 'P3'];
const BADGES = ['B0', 'B1', 'B2', 'B3', 'B4', 'B5', 'B6', 'B7'];
const AWARDS = ['A0', 'A1', 'A2', 'A3'];
const ABILITIES = ['a', 'b', 'c'];
const COMPETENCIES = ['com', 'org'];

const at = (iso: string): number => Date.parse(iso) / 1000;

/** The end of a month, the day after a change of hour, the 29th of February: the clocks worth trying. */
const nowS = fc.constantFrom(
  ...['2026-03-31T08:30:00Z', '2026-03-30T00:10:00Z', '2024-02-29T23:30:00Z', '2025-10-26T12:00:00Z'].map(at),
);
/** Midnights of Paris that are bounds for those clocks. */
const MIDNIGHTS = [
  '2023-12-30T23:00:00Z',
  '2024-02-28T23:00:00Z',
  '2025-10-24T22:00:00Z',
  '2025-12-30T23:00:00Z',
  '2026-02-27T23:00:00Z',
  '2026-03-28T23:00:00Z',
].map(at);
const bound = fc.constantFrom(...MIDNIGHTS);
const issuedOnS = fc
  .tuple(bound, fc.constantFrom(0, 0, -1, 1, 3600, -86_400, 86_400))
  .map(([s, off]) => s + off);

const rarely = <T>(arbitrary: fc.Arbitrary<T>, otherwise: T, weight = 6): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(otherwise) }, { weight: 1, arbitrary });

const selector: fc.Arbitrary<Selector> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  {
    weight: 2,
    arbitrary: fc.record(
      { competency: fc.constantFrom(...COMPETENCIES), level: fc.constantFrom(1, 2) },
      { requiredKeys: [] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      {
        competency: fc.constantFrom(...COMPETENCIES),
        level: fc.constantFrom(1, 2),
        ability: fc.constantFrom(...ABILITIES),
        issuers: fc.subarray(CLIENTS, { minLength: 1 }).map((ids) => ids.map(asClientId)),
        badges: fc.subarray(BADGES, { minLength: 3 }).map((ids) => ids.map(asBadgeId)),
      },
      { requiredKeys: [] },
    ),
  },
);

const small = fc.integer({ min: 1, max: 3 });
const demands = fc.oneof(
  { weight: 2, arbitrary: fc.constant({}) },
  {
    weight: 3,
    arbitrary: fc.record(
      { issuers: small, perIssuer: fc.integer({ min: 1, max: 2 }), abilities: small },
      { requiredKeys: [] },
    ),
  },
);
const dates = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.record(
      { issuedFromS: bound, issuedBeforeS: bound, withinMonths: fc.constantFrom(1, 3, 24) },
      { requiredKeys: [] },
    ),
  },
);

const badgesCondition: fc.Arbitrary<BadgesCondition> = fc
  .tuple(small, selector, demands, dates)
  .map(([atLeast, picked, more, when]) => ({ kind: 'badges', atLeast, selector: picked, ...more, ...when }));

/** A rule that holds only awards before its own, as every parsed scheme has it. */
const rule = (index: number, depth = 2): fc.Arbitrary<Condition> => {
  const earlier = AWARDS.slice(0, index).map(asAwardId);
  const holds = (): fc.Arbitrary<Condition> =>
    fc.constantFrom(...earlier).map((award) => ({ kind: 'holds', award }));
  const leaf: fc.Arbitrary<Condition> =
    earlier.length === 0
      ? badgesCondition
      : fc.oneof({ weight: 2, arbitrary: badgesCondition }, { weight: 1, arbitrary: holds() });
  if (depth === 0) return leaf;
  const of = fc.array(rule(index, depth - 1), { minLength: 1, maxLength: 3 });
  const group: fc.Arbitrary<Condition> = fc.oneof(
    fc.tuple(fc.constantFrom('all' as const, 'any' as const), of).map(([kind, list]) => ({ kind, of: list })),
    fc.tuple(small, of).map(([n, list]) => ({
      kind: 'at_least' as const,
      atLeast: Math.min(n, list.length),
      of: list,
    })),
  );
  return fc.oneof({ weight: 2, arbitrary: leaf }, { weight: 1, arbitrary: group });
};

const badge = fc.record({
  client: fc.constantFrom(...CLIENTS),
  competency: fc.constantFrom(...COMPETENCIES),
  level: fc.constantFrom(1, 2),
  ability: fc.constantFrom(null, ...ABILITIES),
  fromS: rarely(bound, null),
  beforeS: rarely(bound, null),
  version: fc.integer({ min: 0, max: 3 }),
});

const scheme: fc.Arbitrary<Scheme> = fc
  .record({
    timeZone: fc.constantFrom('Europe/Paris', 'America/Cayenne', 'Pacific/Noumea'),
    badges: fc.array(badge, { minLength: BADGES.length, maxLength: BADGES.length }),
    clients: fc.array(rarely(fc.constant(false), true, 8), { minLength: 3, maxLength: 3 }),
    awards: fc.array(rarely(fc.constant(false), true), { minLength: 4, maxLength: 4 }),
    rules: fc.tuple(rule(0), rule(1), rule(2), rule(3)),
  })
  .map(({ timeZone, badges, clients, awards, rules }) => {
    const ofClient = (id: string): Record<string, BadgeSpec> =>
      Object.fromEntries(
        badges.flatMap(({ client, version, ...spec }, i) =>
          client === id ? [[BADGES[i] ?? '', { ...spec, family: `${id}/${version}` }]] : [],
        ),
      );
    return buildScheme({
      timeZone,
      partners: Object.fromEntries(
        CLIENTS.map((id, i) => [id, { active: clients[i] ?? true, badges: ofClient(id) }]),
      ),
      awards: Object.fromEntries(
        rules.map((one, i) => [AWARDS[i], { rule: one, active: awards[i] ?? true }]),
      ),
    });
  });

/** One assertion of an enrolled badge (now and then of another, or by the wrong client). */
export const someAssertion = (of: Scheme, now: number): fc.Arbitrary<Assertion> =>
  fc
    .record({
      badge: rarely(fc.constant('BX'), null, 15).chain((odd) =>
        odd === null ? fc.constantFrom(...BADGES) : fc.constant(odd),
      ),
      stranger: rarely(fc.constantFrom(...CLIENTS), null, 10),
      issuedOnS,
      expiresOnS: rarely<number | null>(fc.constantFrom(now - 1, now, now + 1, now + 86_400), null, 4),
      revoked: rarely(fc.constant(true), false, 9),
    })
    .map(({ badge: id, stranger, ...spec }) =>
      assertion(id, stranger ?? of.enrolments.get(asBadgeId(id))?.clientId ?? 'P1', spec),
    );

const regionBadge = (now: number): fc.Arbitrary<Assertion> =>
  fc
    .record({
      award: fc.constantFrom(...AWARDS),
      issuedOnS,
      expiresOnS: rarely<number | null>(fc.constantFrom(now - 1, now, now + 1), null, 2),
      revoked: rarely(fc.constant(true), false, 3),
    })
    .map(({ award, ...spec }) => assertion(`R-${award}`, 'REGION', spec));

const numbered = (prefix: string, list: readonly Assertion[]): Assertion[] =>
  list.map((one, i) => assertion(one.badgeId, one.clientId, { ...one, id: `${prefix}${i}` }));

const portfolio = (of: Scheme, now: number): fc.Arbitrary<Portfolio> =>
  fc
    .record({
      assertions: fc.array(someAssertion(of, now), { maxLength: 9, size: 'max' }),
      held: fc.array(regionBadge(now), { maxLength: 2 }),
      blocked: rarely(fc.subarray(AWARDS, { maxLength: 2 }), [], 2),
      /** Which assertions come a second time, revoked since. */
      again: rarely(fc.array(fc.nat({ max: 8 }), { maxLength: 1 }), [], 4),
    })
    .map(({ assertions, held, blocked, again }) => {
      const first = numbered('a', assertions);
      const since = first.filter((_, i) => again.includes(i)).map((one) => ({ ...one, revoked: true }));
      return {
        assertions: [...first, ...since],
        held: numbered('r', held),
        blocked: blocked.map((id) => asBadgeId(`R-${id}`)),
      };
    });

export const world: fc.Arbitrary<World> = fc
  .tuple(scheme, nowS)
  .chain(([of, now]) =>
    portfolio(of, now).map((mine): World => ({ scheme: of, portfolio: mine, nowS: now })),
  );
