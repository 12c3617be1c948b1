import { asAssertionId, asAwardId, asBadgeId, asClientId, asSchemeVersion } from '../../src/ids.js';
import type { Assertion } from '../../src/earners/record.js';
import type { Award, Competency, Condition, Enrolment, Partner, Scheme } from '../../src/rules/types.js';

export interface BadgeSpec {
  competency?: string;
  level?: number;
  ability?: string | null;
  fromS?: number | null;
  beforeS?: number | null;
  /** Badges of one family count once; by default each is its own. */
  family?: string;
}

export interface SchemeSpec {
  timeZone?: string;
  partners: Record<string, { name?: string; active?: boolean; badges: Record<string, BadgeSpec> }>;
  awards: Record<
    string,
    Partial<Omit<Award, 'id' | 'badgeId' | 'rule'>> & { badge?: string; rule: Condition }
  >;
  competencies?: Record<string, { name: string; abilities?: Record<string, string> }>;
}

const partnerOf = ([id, { name, active = true, badges }]: [
  string,
  SchemeSpec['partners'][string],
]): Partner => ({
  clientId: asClientId(id),
  name: name ?? `Partner ${id}`,
  secretEnv: null,
  active,
  badges: Object.entries(badges).map(([badge, spec]) => enrolment(id, badge, spec)),
});

const enrolment = (client: string, badge: string, spec: BadgeSpec): Enrolment => ({
  badgeId: asBadgeId(badge),
  clientId: asClientId(client),
  name: `Badge ${badge}`,
  competency: spec.competency ?? 'com',
  level: spec.level ?? 1,
  ability: spec.ability ?? null,
  fromS: spec.fromS ?? null,
  beforeS: spec.beforeS ?? null,
  replaces: [],
  family: spec.family ?? badge,
});

const awardOf = ([id, { badge, rule, ...rest }]: [string, SchemeSpec['awards'][string]]): Award => ({
  id: asAwardId(id),
  badgeId: asBadgeId(badge ?? `R-${id}`),
  name: `Award ${id}`,
  competency: null,
  level: null,
  active: true,
  onLoss: 'flag',
  rule,
  ...rest,
});

/** A scheme by hand, past all checks: for rules that are generated. Awards stand in the order given. */
export function buildScheme(spec: SchemeSpec): Scheme {
  const partners = Object.entries(spec.partners).map(partnerOf);
  const competencies = Object.entries(spec.competencies ?? {}).map(([id, { name, abilities = {} }]) => ({
    id,
    name,
    abilities: new Map(Object.entries(abilities)),
  }));
  const scheme: Omit<Scheme, symbol> = {
    name: 'Test',
    version: asSchemeVersion('v1'),
    source: { scheme: '', partners: '' },
    timeZone: spec.timeZone ?? 'Europe/Paris',
    competencies: new Map(competencies.map((one): [string, Competency] => [one.id, one])),
    awards: Object.entries(spec.awards).map(awardOf),
    partners,
    enrolments: new Map(partners.flatMap(({ badges }) => badges).map((badge) => [badge.badgeId, badge])),
    partnersById: new Map(partners.map((partner) => [partner.clientId, partner])),
  };
  // Only parseScheme makes a Scheme; tests of what is behind it may.
  return scheme as Scheme;
}

export interface AssertionSpec {
  id?: string;
  client?: string;
  issuedOnS?: number;
  expiresOnS?: number | null;
  revoked?: boolean;
  /** OBF shows it no more. */
  vanished?: boolean | undefined;
}

/** An assertion of a badge; its id says what it is, unless given. */
export function assertion(badge: string, client: string, spec: AssertionSpec = {}): Assertion {
  const issuedOnS = spec.issuedOnS ?? 1_700_000_000;
  return {
    id: asAssertionId(spec.id ?? `${badge}@${issuedOnS}`),
    clientId: asClientId(client),
    badgeId: asBadgeId(badge),
    eventId: null,
    issuedOnS,
    expiresOnS: spec.expiresOnS ?? null,
    revoked: spec.revoked ?? false,
    ...(spec.vanished === true ? { vanished: true } : {}),
  };
}
