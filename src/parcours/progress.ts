import type { Assertion } from '../earners/record.js';
import type { ClientId } from '../ids.js';
import { explainPerson, type Explained, type ExplainSources } from '../ops/shared/explain-person.js';
import { DEMANDS, FILTERS, type Tally } from '../rules/badges-condition.js';
import {
  type AwardVerdict,
  type BadgesResult,
  type ConditionResult,
  shortfall,
} from '../rules/evaluation.js';
import { abilityName, Formatter } from '../rules/explain/formatter.js';
import { isErasedSince, type ParcoursGrant } from './access.js';

/** One person's page in words, over all their linked addresses. */
export type Parcours = NonNullable<Awaited<ReturnType<typeof readParcours>>>;

/** Reads one person's page. @returns null for an unknown address, or one that was erased after the grant */
export async function readParcours(sources: ExplainSources, grant: ParcoursGrant) {
  const explained = await explainPerson(sources, grant.earner);
  if (explained === null) return null;
  const { person, scheme, evaluation } = explained;
  const address = person.addresses.find(({ key }) => key === grant.earner);
  if (address === undefined || isErasedSince(grant, address.record.tombstone)) return null;
  const names = new EarnerNames(scheme);
  return {
    today: names.day(evaluation.nowS).fr,
    addresses: person.addresses.flatMap(({ record }) => record.contact?.address ?? []),
    scheme,
    awards: evaluation.awards.map((verdict) => awardOf(explained, names, verdict)),
    /** Badges that do not count: why, and what to do. */
    excluded: excludedOf(explained, names),
  };
}

/** The scheme's names, without the ids of badges and organisations. */
class EarnerNames extends Formatter {
  partner(id: ClientId): string {
    return this.scheme.partnersById.get(id)?.name ?? 'un organisme qui ne participe pas';
  }

  /** Writes `« Prendre la parole », de Mission locale`. */
  badge({ badgeId, clientId }: Assertion): string {
    const enrolled = this.scheme.enrolments.get(badgeId);
    const name = enrolled?.clientId === clientId ? enrolled.name : null;
    return `${quotedBadge(name)}, de ${this.partner(clientId)}`;
  }
}

const quotedBadge = (name: string | null): string => `« ${name ?? 'Badge sans nom'} »`;

/** One person's progress towards one award. */
export type ParcoursAward = ReturnType<typeof awardOf>;

function awardOf(
  { background, suggestions, assertions }: Explained,
  names: EarnerNames,
  { award, status, tree, heldBy, earnedBy }: AwardVerdict,
) {
  const waiting = background.waiting.has(award.id);
  const history = background.history.get(award.badgeId);
  const sinceS = history?.sinceS ?? heldBy?.issuedOnS ?? null;
  const earnedThen = history?.earnedBy.flatMap((id) => assertions.get(id) ?? []);
  const suggestion = suggestions.get(award.id);
  return {
    award,
    status,
    /** Due by the new rules alone. */
    waiting,
    /** The status in a word or two. */
    state: status === 'held' ? 'Obtenu' : waiting ? 'Bientôt' : STATES[status],
    progress: status === 'held' ? { have: 1, need: 1 } : progressOf(tree),
    /** The day on which the award was issued; null: not held. */
    since: sinceS === null ? null : names.day(sinceS).fr,
    thanksTo: (earnedThen ?? earnedBy).map((one) => `${names.badge(one)}, le ${names.day(one.issuedOnS).fr}`),
    missing: missingOf(tree, names),
    /** Badges that would help, and their partners. */
    help: (suggestion?.badges ?? []).map(
      ({ name, clientId }) => `${quotedBadge(name)}, chez ${names.partner(clientId)}`,
    ),
    /** All badges enrolled today are not enough. */
    isBeyond: suggestion?.reach === 'beyond',
  };
}

const STATES = { due: 'En route', not_met: 'Pas encore', inactive: 'En pause', blocked: 'Retiré' };

/** Counts the steps done of a rule. A group adds up the conditions that it needs, the nearest ones first. */
function progressOf(rule: ConditionResult): Tally {
  if (rule.kind === 'holds') return { have: rule.met ? 1 : 0, need: 1 };
  if (rule.kind === 'badges') {
    const need = rule.condition.atLeast;
    return { have: Math.max(0, need - shortfall(rule).badges), need };
  }
  const nearestFirst = rule.of.map(progressOf).toSorted((a, b) => a.need - a.have - (b.need - b.have));
  return nearestFirst
    .slice(0, rule.need)
    .reduce((sum, { have, need }) => ({ have: sum.have + have, need: sum.need + need }));
}

/** Formats what a rule misses, in short French sentences; none for a rule that is met. */
function missingOf(rule: ConditionResult, names: EarnerNames): readonly string[] {
  if (rule.met) return [];
  if (rule.kind === 'holds') return [`Il vous manque le badge Région « ${names.awardName(rule.award)} ».`];
  if (rule.kind === 'badges') return missingBadgesOf(rule, names);
  const missing = rule.of.filter(({ met }) => !met).flatMap((one) => missingOf(one, names));
  if (rule.kind === 'all' || missing.length < 2) return missing;
  const count = rule.need - rule.have;
  const heading = count > 1 ? `Il suffit de ${count} de ces choses :` : 'Une seule de ces choses suffit :';
  return [heading, ...missing];
}

function missingBadgesOf({ condition, demands }: BadgesResult, { scheme }: EarnerNames): readonly string[] {
  const { competency: id, level: number, ability: abilityId } = condition.selector;
  const competency = id === undefined ? '' : ` « ${scheme.competencies.get(id)?.name ?? id} »`;
  const level = number === undefined ? '' : ` de niveau ${number}`;
  const ability = abilityId === undefined ? '' : ` (${abilityName(scheme, abilityId, id)})`;
  const sort = `${competency}${level}${ability}`;
  return [
    ...demands
      .filter(({ have, need }) => have < need)
      .map((demand) => DEMANDS[demand.name].earner(demand, { competency, sort })),
    ...FILTERS.flatMap(({ field, earner }) => {
      const count = condition[field];
      return count === undefined || earner === null ? [] : [earner(count)];
    }),
  ];
}

/** Formats each badge that does not count: why, and what to do about it. */
function excludedOf({ evaluation, unused }: Explained, names: EarnerNames): readonly string[] {
  const all = [
    ...evaluation.excluded,
    ...unused.map((assertion) => ({ assertion, reason: { why: 'no_rule_asks' as const } })),
  ];
  return all.map(({ assertion, reason }) => {
    const day = reason.why === 'expired' ? names.day(reason.expiresOnS).fr : '';
    const partner = names.partner(assertion.clientId);
    const why = EXCLUSIONS[reason.why].replaceAll('{partner}', partner).replaceAll('{day}', day);
    return `${names.badge(assertion)}, ${why}`;
  });
}

const AGAIN = "Demandez à {partner} s'il peut être remis de nouveau.";
const NOT_OFFERED =
  "n'a pas été proposé à la Région. {partner} peut demander à la Région de le prendre en compte.";

const EXCLUSIONS = {
  expired: `a expiré le {day}. ${AGAIN}`,
  revoked: 'a été retiré. Demandez à {partner} pourquoi.',
  future: "porte une date qui n'est pas encore venue. Il comptera à partir de cette date.",
  outside_enrolment: `a été remis hors de la période où ce badge compte. ${AGAIN}`,
  partner_inactive: "vient d'un organisme qui ne participe plus. Il reste à vous, mais ne compte pas ici.",
  no_rule_asks: "n'est demandé pour aucun badge Région. Il reste à vous.",
  not_enrolled: NOT_OFFERED,
  wrong_client: NOT_OFFERED,
};
