import { z } from 'zod';
import { iteratePeople, type PeopleSources } from '../earners/people.js';
import type { Person } from '../earners/person.js';
import type { AwardState } from '../earners/record.js';
import { asAwardId, asSchemeVersion, type BadgeId, type EarnerKey } from '../ids.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import { evaluate } from '../rules/evaluate.js';
import type { PersonFacts } from '../rules/plan.js';
import { countPopulation } from '../rules/population-stats.js';
import type { Schemes } from './schemes.js';

/** Receives how many addresses were looked at, of how many. */
export type Report = (done: number, total: number) => void;

/**
 * Has everybody looked at, once.
 * @returns those who could not be, sorted: what Redis holds of them cannot be read
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
    for (const person of people) look(factsOf(person));
  return left.toSorted();
}

/** States in which OBF is about to be told of an award, or may have been. */
const IN_FLIGHT: readonly AwardState[] = ['due', 'claimed', 'unknown', 'revoking'];

const factsOf = ({ earner, portfolio, lastSchemeGeneration, records }: Person): PersonFacts => ({
  earner,
  portfolio,
  lastSchemeGeneration,
  inFlight: badgesIn(records, IN_FLIGHT),
  refused: badgesIn(records, ['refused']),
  isWaiting: records.some(({ record }) => record.state === 'due'),
});

const badgesIn = (records: Person['records'], states: readonly AwardState[]): ReadonlySet<BadgeId> =>
  new Set(records.filter(({ record }) => states.includes(record.state)).map(({ badgeId }) => badgeId));

const form = z.object({
  /** When everyone was looked at, Unix seconds, and under which version of the scheme. */
  atS: z.number(),
  version: z.string().transform(asSchemeVersion),
  people: z.number(),
  /** To how many people one more badge would give the award. */
  oneAway: z
    .array(z.tuple([z.string().transform(asAwardId), z.number()]))
    .transform((pairs) => new Map(pairs)),
});
export type StoredPopulation = z.output<typeof form>;
export type PopulationStore = ReturnType<typeof createPopulationStore>;

/**
 * What the last count gave, so that nobody has to look at everybody for it.
 * @param prefix of the keys
 */
export function createPopulationStore(redis: RedisConnection, prefix: string) {
  const key = `${prefix}:census`;
  return {
    /** Null: there was none, or a Palier that we do not know took it. */
    async read(): Promise<StoredPopulation | null> {
      const text = await redis.get(key);
      return text === null ? null : (form.safeParse(JSON.parse(text)).data ?? null);
    },
    async write({ oneAway, ...rest }: StoredPopulation): Promise<void> {
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
 * Looks at everybody by the rules that new facts are judged by, and keeps what came of it: a job of the night. May be
 * repeated.
 * @param inFlight receives everybody with an award on its way
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
  const { byAward, ...taken } = tally.stats();
  const oneAway = new Map([...byAward].map(([id, award]) => [id, award.oneAway] as const));
  const stored = { atS: nowS, version: taken.version, people: taken.people, oneAway };
  await census.write(stored);
  return stored;
}
