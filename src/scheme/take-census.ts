import type { EarnerKey } from '../ids.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import { countPopulation } from '../rules/population-stats.js';
import { evaluate } from '../rules/evaluate.js';
import type { PersonFacts } from '../rules/plan.js';
import type { CensusStore, StoredCensus } from './census-store.js';
import { lookAtEverybody } from '../workers/look-at-everybody.js';
import type { PeopleSources } from '../earners/people.js';
import type { Schemes } from './schemes.js';

export interface CensusParts {
  readonly people: PeopleSources;
  readonly schemes: Pick<Schemes, 'now'>;
  readonly census: CensusStore;
  readonly clock: Clock;
}

/**
 * Looks at everybody by the rules that new facts are judged by, and keeps what came of it, so that nobody
 * else has to: for a job of the night. May be repeated.
 * @param underWay told of everybody to whom an award is on its way
 * @throws the signal's reason once it is aborted: the last census stays
 */
export async function storeCensus(
  { people, schemes, census, clock }: CensusParts,
  signal: AbortSignal,
  underWay: (earner: EarnerKey) => void = () => undefined,
): Promise<StoredCensus> {
  const nowS = secondsOf(clock);
  const { scheme } = await schemes.now();
  const tally = countPopulation(scheme);
  const look = (person: PersonFacts): void => {
    tally.add(evaluate(scheme, person.portfolio, nowS));
    if (person.inFlight.size > 0) underWay(person.earner);
  };
  await lookAtEverybody(people, look, () => undefined, signal);
  const taken = tally.stats();
  const oneAway = new Map([...taken.byAward].map(([id, award]) => [id, award.oneAway] as const));
  const stored = { atS: nowS, version: taken.version, people: taken.people, oneAway };
  await census.write(stored);
  return stored;
}
