import type { EarnerKey } from '../ids.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import { evaluateDuringRollout, type PersonDecision, type Rules } from '../rules/rollout.js';
import { evaluate, lostByRevocation } from '../rules/evaluate.js';
import type { Award } from '../rules/types.js';
import { journalOf, readPerson, type Person, type PersonSources } from '../earners/person.js';
import type { Schemes } from '../scheme/schemes.js';

export interface Decision extends PersonDecision {
  readonly rules: Rules;
  readonly person: Person;
}

export interface DecidingSources extends PersonSources {
  readonly schemes: Pick<Schemes, 'now' | 'find'>;
  readonly clock: Clock;
}

/**
 * Reads the person whom this address belongs to, and decides by the rules that hold at this instant.
 * @throws RuleFault
 */
export async function decide(sources: DecidingSources, earner: EarnerKey): Promise<Decision> {
  const [rules, person] = await Promise.all([sources.schemes.now(), readPerson(sources, earner)]);
  const nowS = secondsOf(sources.clock);
  const judged = evaluateDuringRollout(rules, person.portfolio, person.lastSchemeGeneration, nowS);
  const lost = judged.lost.length === 0 ? [] : await lostAnyway(sources, person, judged.lost, nowS);
  return { rules, person, ...judged, lost };
}

/**
 * A rule made stricter takes nothing back, from whom a badge was revoked before it either: an award is lost
 * by revocation only if it is by the rules that it was given under as well.
 */
async function lostAnyway(
  { schemes }: DecidingSources,
  person: Person,
  lost: readonly Award[],
  nowS: number,
): Promise<readonly Award[]> {
  const { portfolio } = person;
  const entries = journalOf(person);
  const isLost = async ({ badgeId }: Award): Promise<boolean> => {
    const version = entries.findLast((one) => one.kind === 'issued' && one.badgeId === badgeId)?.version;
    const scheme = version === null || version === undefined ? null : await schemes.find(version);
    // Given by hand, or under rules that can no longer be read: today's must do.
    if (scheme === null) return true;
    const then = scheme.awards.find((award) => award.badgeId === badgeId);
    const ids = lostByRevocation(scheme, portfolio, evaluate(scheme, portfolio, nowS));
    return then !== undefined && ids.has(then.id);
  };
  const found = await Promise.all(lost.map(async (award) => ((await isLost(award)) ? [award] : [])));
  return found.flat();
}
