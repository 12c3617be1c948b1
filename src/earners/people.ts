import { pMapIterable } from 'p-map';
import { EMPTY_RECORD, readable, RecordUnreadable } from './record.js';
import type { EarnerStore } from './store.js';
import type { ClientId, EarnerKey } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import { chunked } from '../platform/redis-commands.js';
import { personOf, type Address, type Person } from './person.js';

/** Where everybody is read from. */
export interface PeopleSources {
  readonly redis: RedisConnection;
  /** Of the keys. */
  readonly prefix: string;
  /** The Région's own OBF client. */
  readonly region: ClientId;
  readonly earners: EarnerStore;
}

/** Callbacks of an iteration over everybody. */
interface IterationHooks {
  /** Called for an unreadable record; the others go on. */
  readonly unreadable?: (earner: EarnerKey, error: unknown) => void;
  /** How many addresses were looked at so far, of how many. */
  readonly progress?: (done: number, total: number) => void;
}

/** How many addresses are looked at together. */
const CHUNK = 100;
/** How many such chunks are on the wire, or wait to be looked at: Redis works while we judge. */
const AHEAD = { concurrency: 4 };

/**
 * Everybody, some at a time, each person once, as `readPerson` would read them: an address that was linked
 * to another is read with its person. The next ones are on their way while these are looked at. Who is given a
 * first badge meanwhile may be missed, and who has no badge at all is passed over.
 * @throws the signal's reason once it is aborted; what Redis answers when it cannot go on
 */
export async function* iteratePeople(
  sources: Pick<PeopleSources, 'earners' | 'region'>,
  signal: AbortSignal,
  { unreadable = () => undefined, progress = () => undefined }: IterationHooks = {},
): AsyncIterable<readonly Person[]> {
  const { earners, region } = sources;
  const total = await earners.count();
  let done = 0;
  const readAhead = pMapIterable(chunksOf(earners), (keys) => earners.readMany(keys), AHEAD);
  for await (const records of readAhead) {
    signal.throwIfAborted();
    const people: Person[] = [];
    for (const [key, read] of records)
      try {
        const record = readable(read);
        if (record === EMPTY_RECORD)
          throw new RecordUnreadable(key, 'it is gone, or was not written by Palier');
        if (record.linkedTo !== null) continue;
        const person = personOf(region, [{ key, record }, ...(await addressesOf(earners, record.linked))]);
        if (person.portfolio.assertions.length + person.portfolio.held.length > 0) people.push(person);
      } catch (error) {
        if (!(error instanceof RecordUnreadable)) throw error;
        unreadable(key, error);
      }
    yield people;
    done += records.size;
    // Some may have come since they were counted.
    progress(done, Math.max(done, total));
  }
}

async function* chunksOf(earners: EarnerStore): AsyncIterable<readonly EarnerKey[]> {
  for await (const keys of earners.keys()) yield* chunked(keys, CHUNK);
}

/** @throws RecordUnreadable */
async function addressesOf(earners: EarnerStore, keys: readonly EarnerKey[]): Promise<readonly Address[]> {
  const records = await earners.readMany(keys);
  return [...records].map(([key, read]) => ({ key, record: readable(read) }));
}
