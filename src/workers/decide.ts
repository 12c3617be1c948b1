import { journalOf, readPerson, type Person, type PersonSources } from '../earners/person.js';
import type { EarnerKey } from '../ids.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import { evaluate, lostByRevocation } from '../rules/evaluate.js';
import { evaluateDuringRollout } from '../rules/rollout.js';
import type { Award } from '../rules/types.js';
import type { Schemes } from '../scheme/schemes.js';

export interface DecidingSources extends PersonSources {
  readonly schemes: Pick<Schemes, 'now' | 'find'>;
  readonly clock: Clock;
}

export type Decision = Awaited<ReturnType<typeof decide>>;

/** Reads the person whom this address belongs to, and judges them by the rules that hold at this instant. */
export async function judge({ schemes, clock, ...sources }: DecidingSources, earner: EarnerKey) {
  const [rules, person] = await Promise.all([schemes.now(), readPerson(sources, earner)]);
  const { portfolio, lastSchemeGeneration } = person;
  const judged = evaluateDuringRollout(rules, portfolio, lastSchemeGeneration, secondsOf(clock));
  return { rules, person, ...judged };
}

/**
 * As `judge`. A rule made stricter takes nothing back, from somebody who lost a badge before it either: an award is lost
 * by revocation only if it is by the rules that it was given under as well.
 */
export async function decide(sources: DecidingSources, earner: EarnerKey) {
  const judged = await judge(sources, earner);
  const isLost = await Promise.all(judged.lost.map((award) => isLostAnyway(sources, judged.person, award)));
  return { ...judged, lost: judged.lost.filter((_, at) => isLost[at]) };
}

async function isLostAnyway(
  { schemes, clock }: DecidingSources,
  person: Person,
  { badgeId }: Award,
): Promise<boolean> {
  const { portfolio } = person;
  const issued = journalOf(person).findLast((one) => one.kind === 'issued' && one.badgeId === badgeId);
  const version = issued?.version ?? null;
  const scheme = version === null ? null : await schemes.find(version);
  // Given by hand, or under rules that can no longer be read: today's must do.
  if (scheme === null) return true;
  const then = scheme.awards.find((award) => award.badgeId === badgeId);
  const lost = lostByRevocation(scheme, portfolio, evaluate(scheme, portfolio, secondsOf(clock)));
  return then !== undefined && lost.includes(then);
}
