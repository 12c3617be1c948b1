import type { z } from 'zod';
import { DEMAND_NAMES } from '../rules/badges-condition.js';
import { EARNER_DEMANDS, EARNER_NUMBERS } from '../rules/explain/condition-words.js';
import { abilityName } from '../rules/explain/formatter.js';
import type { explainSchema } from '../rules/explain/json.js';
import type { Competency, Scheme } from '../rules/types.js';

/** An explanation as `palier explain --json` prints it. */
export type ExplainJson = z.infer<typeof explainSchema>;
export type AwardJson = ExplainJson['awards'][number];
type RuleJson = AwardJson['rule'];
type NeverCountsJson = ExplainJson['left_out'][number];

/** How far somebody is with one rule: `have` of `need` steps. */
export interface Progress {
  readonly have: number;
  readonly need: number;
}

/** What a sentence may call things by. */
export interface Names {
  readonly competency: (id: string) => string;
  readonly ability: (competency: string | undefined, id: string) => string;
  readonly award: (id: string) => string;
  readonly badge: (client: string, badge: string) => string;
  readonly partner: (client: string) => string;
}

export function namesOf(scheme: Scheme): Names {
  const competencies: ReadonlyMap<string, Competency> = scheme.competencies;
  const awardOf = (id: string) => scheme.awards.find((one) => one.id === id);
  const partnerOf = (client: string) => scheme.partners.find(({ clientId }) => clientId === client);
  return {
    competency: (id) => competencies.get(id)?.name ?? id,
    ability: (competency, id) => abilityName(scheme, id, competency),
    award: (id) => awardOf(id)?.name ?? id,
    badge: (client, badge) =>
      partnerOf(client)?.badges.find((one) => one.badgeId === badge)?.name ?? 'Badge sans nom',
    partner: (client) => partnerOf(client)?.name ?? 'un organisme qui ne participe pas',
  };
}

/** Pure. Of a choice the nearest way; of several conditions their sum. */
export function progressOf(rule: RuleJson): Progress {
  if (rule.kind === 'holds') return { have: rule.met ? 1 : 0, need: 1 };
  if (rule.kind === 'badges') {
    const tallies = DEMAND_NAMES.flatMap((name) => rule[name] ?? []);
    const missing = Math.max(...tallies.map(({ have, need }) => Math.max(0, need - have)));
    const { need } = rule.badges;
    return { have: Math.max(0, need - missing), need };
  }
  const nearest = rule.of.map(progressOf).toSorted((a, b) => a.need - a.have - (b.need - b.have));
  const sum = { have: 0, need: 0 };
  for (const { have, need } of nearest.slice(0, rule.need)) {
    sum.have += have;
    sum.need += need;
  }
  return sum;
}

/** Pure. What is still missing for a rule, in short French sentences; none: it is met. */
export function missingOf(rule: RuleJson, names: Names): readonly string[] {
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
  const { within_months: months } = rule;
  return [...demands, ...(months === null ? [] : [EARNER_NUMBERS.within_months(months)])];
}

/** Pure. Of each badge that does not count: why, and what to do about it. @param day an instant, Unix seconds, as people say it */
export const excludedOf = (
  { left_out: leftOut }: ExplainJson,
  names: Names,
  day: (atS: number) => string,
): readonly string[] =>
  leftOut.map(({ assertion, reason }) => {
    const partner = names.partner(assertion.client);
    const [why, advice] = reasonOf(reason, partner, day);
    return `« ${names.badge(assertion.client, assertion.badge)} », de ${partner}, ${why}. ${advice}`;
  });

function reasonOf(
  reason: NeverCountsJson['reason'],
  partner: string,
  day: (atS: number) => string,
): readonly [why: string, advice: string] {
  switch (reason.why) {
    case 'expired':
      return [
        `a expiré le ${day(reason.expires_on_s)}`,
        `Demandez à ${partner} s'il peut être remis de nouveau.`,
      ];
    case 'revoked':
      return ['a été retiré', `Demandez à ${partner} pourquoi.`];
    case 'future':
      return ["porte une date qui n'est pas encore venue", 'Il comptera à partir de cette date.'];
    case 'outside_enrolment':
      return [
        'a été remis hors de la période où ce badge compte',
        `Demandez à ${partner} s'il peut être remis de nouveau.`,
      ];
    case 'partner_inactive':
      return ['vient d\u2019un organisme qui ne participe plus', 'Il reste à vous, mais ne compte pas ici.'];
    case 'no_rule_asks':
      return ["n'est demandé pour aucun badge Région", 'Il reste à vous.'];
    case 'not_enrolled':
    case 'wrong_client':
      return [
        "n'a pas été proposé à la Région",
        `${partner} peut demander à la Région de le prendre en compte.`,
      ];
  }
}

/** Pure. Where somebody is with one award, in a word or two. */
export function stateOf({ status, waiting }: Pick<AwardJson, 'status' | 'waiting'>): string {
  if (status === 'held') return 'Obtenu';
  if (waiting) return 'Bientôt';
  return { due: 'En route', not_met: 'Pas encore', inactive: 'En pause', blocked: 'Retiré' }[status];
}
