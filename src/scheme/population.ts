import { z } from 'zod';
import type { PeopleSources } from '../earners/people.js';
import { asAwardId, asSchemeVersion, type AwardId, type EarnerKey, type SchemeVersion } from '../ids.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import { evaluate } from '../rules/evaluate.js';
import type { PersonFacts } from '../rules/plan.js';
import { countPopulation } from '../rules/population-stats.js';
import { forEachPerson } from './for-each-person.js';
import type { Schemes } from './schemes.js';

/** Everyone was looked at, at some time, under some version of the scheme. */
export interface StoredPopulation {
  /** Unix seconds. */
  readonly atS: number;
  readonly version: SchemeVersion;
  readonly people: number;
  /** To how many people one more badge would give the award. */
  readonly oneAway: ReadonlyMap<AwardId, number>;
}

/** What the last count gave, so that nobody has to look at everybody for it. */
export interface PopulationStore {
  /** Null: there was none, or a Palier that we do not know took it. */
  read(): Promise<StoredPopulation | null>;
  write(population: StoredPopulation): Promise<void>;
}

const form = z.object({
  atS: z.number(),
  version: z.string().transform(asSchemeVersion),
  people: z.number(),
  oneAway: z.array(z.tuple([z.string().transform(asAwardId), z.number()])),
});

/** @param prefix of the keys */
export function createPopulationStore(redis: RedisConnection, prefix: string): PopulationStore {
  const key = `${prefix}:census`;
  return {
    async read() {
      const text = await redis.get(key);
      const read = text === null ? null : form.safeParse(JSON.parse(text));
      return read?.success === true ? { ...read.data, oneAway: new Map(read.data.oneAway) } : null;
    },
    async write({ oneAway, ...rest }) {
      await redis.set(key, JSON.stringify({ ...rest, oneAway: [...oneAway] }));
    },
  };
}

export interface PopulationParts {
  readonly people: PeopleSources;
  readonly schemes: Pick<Schemes, 'now'>;
  readonly census: PopulationStore;
  readonly clock: Clock;
}

/**
 * Looks at everybody by the rules that new facts are judged by, and keeps what came of it, so that nobody
 * else has to: for a job of the night. May be repeated.
 * @param inFlight receives everybody to whom an award is on its way
 * @throws the signal's reason once it is aborted: what was stored before stays
 */
export async function storePopulation(
  { people, schemes, census, clock }: PopulationParts,
  signal: AbortSignal,
  inFlight: (earner: EarnerKey) => void = () => undefined,
): Promise<StoredPopulation> {
  const nowS = secondsOf(clock);
  const { scheme } = await schemes.now();
  const tally = countPopulation(scheme);
  const look = (person: PersonFacts): void => {
    tally.add(evaluate(scheme, person.portfolio, nowS));
    if (person.inFlight.size > 0) inFlight(person.earner);
  };
  await forEachPerson(people, look, () => undefined, signal);
  const taken = tally.stats();
  const oneAway = new Map([...taken.byAward].map(([id, award]) => [id, award.oneAway] as const));
  const stored = { atS: nowS, version: taken.version, people: taken.people, oneAway };
  await census.write(stored);
  return stored;
}
