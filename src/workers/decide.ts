import type { EarnerKey } from '../ids.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import { judgeUnder, type Judgement, type Rules } from '../rules/change.js';
import { readPerson, type Person, type PersonSources } from './person.js';
import type { Schemes } from './schemes.js';

export interface Decision extends Judgement {
  readonly rules: Rules;
  readonly person: Person;
}

export interface DecidingSources extends PersonSources {
  readonly schemes: Pick<Schemes, 'now'>;
  readonly clock: Clock;
}

/**
 * Reads the person whom this address belongs to, and decides by the rules that hold at this instant.
 * @throws RuleFault
 */
export async function decide(sources: DecidingSources, earner: EarnerKey): Promise<Decision> {
  const [rules, person] = await Promise.all([sources.schemes.now(), readPerson(sources, earner)]);
  return { rules, person, ...judgeUnder(rules, person.portfolio, person.touched, secondsOf(sources.clock)) };
}
