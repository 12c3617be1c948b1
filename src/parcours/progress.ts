import type { z } from 'zod';
import type { Assertion } from '../earners/record.js';
import { explainPerson, type ExplainSources } from '../ops/shared/explain-person.js';
import { DEMAND_NAMES, NUMBER_NAMES } from '../rules/badges-condition.js';
import { EARNER_DEMANDS, EARNER_NUMBERS } from '../rules/explain/condition-words.js';
import { abilityName, Formatter } from '../rules/explain/formatter.js';
import type { explainSchema } from '../rules/explain/json.js';
import type { Competency, Scheme } from '../rules/types.js';
import { isErasedSince, type ParcoursGrant } from './access.js';

/** An explanation as `palier explain --json` prints it. */
export type ExplainJson = z.infer<typeof explainSchema>;
export type AwardJson = ExplainJson['awards'][number];
type RuleJson = AwardJson['rule'];
type Reason = ExplainJson['left_out'][number]['reason'];

/** What one person sees of themselves: all addresses that ops joined, as one. */
export type Parcours = NonNullable<Awaited<ReturnType<typeof readParcours>>>;

/** @returns null when nobody is known there, or they were erased after `grant` was given */
export async function readParcours(sources: ExplainSources, grant: ParcoursGrant) {
  const found = await explainPerson(sources, grant.earner);
  if (found === null) return null;
  const { person, scheme, json } = found;
  const own = person.addresses.find(({ key }) => key === grant.earner);
  if (own === undefined || isErasedSince(grant, own.record.tombstone)) return null;
  const names = namesOf(scheme);
  const badge = ({ id, clientId, badgeId, issuedOnS }: Assertion): readonly [string, string] => [
    id,
    `« ${names.badge(clientId, badgeId)} », de ${names.partner(clientId)}, le ${names.day(issuedOnS)}`,
  ];
  return {
    today: names.day(json.now_s),
    addresses: person.addresses.flatMap(({ record }) => record.contact?.address ?? []),
    competencies: [...scheme.competencies.values()],
    awards: json.awards,
    /** Badges that do not count: why, and what to do. */
    excluded: excludedOf(json, names),
    names,
    /** Badges by the ids of their assertions, in words. */
    badgeOf: new Map<string, string>(person.portfolio.assertions.map(badge)),
  };
}

export type SchemeNames = ReturnType<typeof namesOf>;

export function namesOf(scheme: Scheme) {
  const competencies: ReadonlyMap<string, Competency> = scheme.competencies;
  const partnerOf = (client: string) => scheme.partners.find(({ clientId }) => clientId === client);
  const formatter = new Formatter(scheme);
  return {
    competency: (id: string): string => competencies.get(id)?.name ?? id,
    ability: (competency: string | undefined, id: string): string => abilityName(scheme, id, competency),
    award: (id: string): string => scheme.awards.find((one) => one.id === id)?.name ?? id,
    badge: (client: string, badge: string): string =>
      partnerOf(client)?.badges.find((one) => one.badgeId === badge)?.name ?? 'Badge sans nom',
    partner: (client: string): string => partnerOf(client)?.name ?? 'un organisme qui ne participe pas',
    day: (atS: number): string => formatter.day(atS).fr,
  };
}

/** Pure. How far somebody is with one rule, in steps: of a choice the nearest way; of several conditions their sum. */
export function progressOf(rule: RuleJson): { readonly have: number; readonly need: number } {
  if (rule.kind === 'holds') return { have: rule.met ? 1 : 0, need: 1 };
  if (rule.kind === 'badges') {
    const tallies = DEMAND_NAMES.flatMap((name) => rule[name] ?? []);
    const missing = Math.max(...tallies.map(({ have, need }) => Math.max(0, need - have)));
    const { need } = rule.badges;
    return { have: Math.max(0, need - missing), need };
  }
  const nearest = rule.of.map(progressOf).toSorted((a, b) => a.need - a.have - (b.need - b.have));
  return nearest
    .slice(0, rule.need)
    .reduce((sum, { have, need }) => ({ have: sum.have + have, need: sum.need + need }));
}

/** Pure. What is still missing for a rule, in short French sentences; none: it is met. */
export function missingOf(rule: RuleJson, names: SchemeNames): readonly string[] {
  if (rule.met) return [];
  if (rule.kind === 'holds') return [`Il vous manque le badge Région « ${names.award(rule.award)} ».`];
  if (rule.kind !== 'badges') {
    const ways = rule.of.filter(({ met }) => !met).flatMap((one) => missingOf(one, names));
    if (rule.kind === 'all' || ways.length < 2) return ways;
    const lacking = rule.need - rule.have;
    const head = lacking > 1 ? `Il suffit de ${lacking} de ces choses :` : 'Une seule de ces choses suffit :';
    return [head, ...ways];
  }
  const { of } = rule;
  const competency = of.competency === undefined ? '' : ` « ${names.competency(of.competency)} »`;
  const level = of.level === undefined ? '' : ` de niveau ${of.level}`;
  const ability = of.ability === undefined ? '' : ` (${names.ability(of.competency, of.ability)})`;
  const sort = `${competency}${level}${ability}`;
  const demands = DEMAND_NAMES.flatMap((name) => {
    const tally = rule[name];
    return tally !== null && tally.have < tally.need
      ? [EARNER_DEMANDS[name](tally, { competency, sort })]
      : [];
  });
  const numbers = NUMBER_NAMES.flatMap((name) => {
    const count = rule[name];
    return count === null ? [] : (EARNER_NUMBERS[name]?.(count) ?? []);
  });
  return [...demands, ...numbers];
}

/** Pure. Of each badge that does not count: why, and what to do about it. */
export const excludedOf = ({ left_out: leftOut }: ExplainJson, names: SchemeNames): readonly string[] =>
  leftOut.map(({ assertion, reason }) => {
    const partner = names.partner(assertion.client);
    const day = reason.why === 'expired' ? names.day(reason.expires_on_s) : '';
    const why = EXCLUSIONS[reason.why].replaceAll('{partner}', partner).replaceAll('{day}', day);
    return `« ${names.badge(assertion.client, assertion.badge)} », de ${partner}, ${why}`;
  });

const AGAIN = "Demandez à {partner} s'il peut être remis de nouveau.";
const NOT_OFFERED =
  "n'a pas été proposé à la Région. {partner} peut demander à la Région de le prendre en compte.";

const EXCLUSIONS: Readonly<Record<Reason['why'], string>> = {
  expired: `a expiré le {day}. ${AGAIN}`,
  revoked: 'a été retiré. Demandez à {partner} pourquoi.',
  future: "porte une date qui n'est pas encore venue. Il comptera à partir de cette date.",
  outside_enrolment: `a été remis hors de la période où ce badge compte. ${AGAIN}`,
  partner_inactive: "vient d'un organisme qui ne participe plus. Il reste à vous, mais ne compte pas ici.",
  no_rule_asks: "n'est demandé pour aucun badge Région. Il reste à vous.",
  not_enrolled: NOT_OFFERED,
  wrong_client: NOT_OFFERED,
};

/** Pure. Where somebody is with one award, in a word or two. */
export function stateOf({ status, waiting }: Pick<AwardJson, 'status' | 'waiting'>): string {
  if (status === 'held') return 'Obtenu';
  if (waiting) return 'Bientôt';
  return { due: 'En route', not_met: 'Pas encore', inactive: 'En pause', blocked: 'Retiré' }[status];
}
