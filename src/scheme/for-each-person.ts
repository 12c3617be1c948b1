import type { BadgeId, EarnerKey } from '../ids.js';
import type { AwardState } from '../earners/record.js';
import { RuleFault } from '../rules/evaluate.js';
import type { PersonFacts } from '../rules/plan.js';
import { iteratePeople, type PeopleSources } from '../earners/people.js';
import type { Person } from '../earners/person.js';

/** Told how many addresses were looked at, of how many. */
export type Report = (done: number, total: number) => void;

/**
 * Has everybody looked at, once.
 * @returns those who could not be, sorted: what Redis holds of them, or a rule for them, cannot be read
 * @throws the signal's reason once it is aborted
 */
export async function forEachPerson(
  sources: PeopleSources,
  look: (person: PersonFacts) => void,
  report: Report,
  signal: AbortSignal,
): Promise<readonly EarnerKey[]> {
  const left: EarnerKey[] = [];
  const unreadable = (earner: EarnerKey): void => void left.push(earner);
  for await (const people of iteratePeople(sources, signal, { unreadable, progress: report }))
    for (const person of people)
      try {
        look(factsOf(person));
      } catch (error) {
        if (!(error instanceof RuleFault)) throw error;
        unreadable(person.earner);
      }
  return left.toSorted();
}

/** States in which OBF is about to be told of an award, or may have been. */
const UNDER_WAY: ReadonlySet<AwardState> = new Set(['due', 'claimed', 'unknown', 'revoking']);
const REFUSED: ReadonlySet<AwardState> = new Set(['refused']);
const NONE: ReadonlySet<BadgeId> = new Set();

const factsOf = ({ earner, portfolio, lastSchemeGeneration, records }: Person): PersonFacts => ({
  earner,
  portfolio,
  lastSchemeGeneration: lastSchemeGeneration,
  inFlight: badgesIn(records, UNDER_WAY),
  refused: badgesIn(records, REFUSED),
  isWaiting: records.some(({ record }) => record.state === 'due'),
});

/** Of most people, none. */
function badgesIn(records: Person['records'], states: ReadonlySet<AwardState>): ReadonlySet<BadgeId> {
  const found = records.filter(({ record }) => states.has(record.state));
  return found.length === 0 ? NONE : new Set(found.map(({ badgeId }) => badgeId));
}
