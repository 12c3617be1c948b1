import { pMapIterable } from 'p-map';
import { EMPTY_RECORD, RecordUnreadable, type EarnerRecord } from './record.js';
import type { EarnerStore } from './store.js';
import type { ClientId, EarnerKey } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
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
export interface IterationHooks {
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
  const readAhead = pMapIterable(chunksOf(earners), (keys) => readAll(earners, keys), AHEAD);
  for await (const asked of readAhead) {
    signal.throwIfAborted();
    const people: Person[] = [];
    for (const { key, record } of asked)
      try {
        const own = { key, record: readable(key, record) };
        if (own.record.linkedTo !== null) continue;
        const person = personOf(region, [own, ...(await linkedTo(earners, own))]);
        if (person.portfolio.assertions.length + person.portfolio.held.length > 0) people.push(person);
      } catch (error) {
        if (!(error instanceof RecordUnreadable)) throw error;
        unreadable(key, error);
      }
    yield people;
    done += asked.length;
    // Some may have come since they were counted.
    progress(done, Math.max(done, total));
  }
}

type Read = EarnerRecord | RecordUnreadable;
type Asked = readonly { readonly key: EarnerKey; readonly record: Read }[];

/** Of an address whose key Redis listed. */
function readable(key: EarnerKey, record: Read): EarnerRecord {
  if (record instanceof RecordUnreadable) throw record;
  if (record === EMPTY_RECORD) throw new RecordUnreadable(key, 'it is gone, or was not written by Palier');
  return record;
}

async function* chunksOf(earners: EarnerStore): AsyncIterable<readonly EarnerKey[]> {
  for await (const keys of earners.keys())
    for (let at = 0; at < keys.length; at += CHUNK) yield keys.slice(at, at + CHUNK);
}

async function readAll(earners: EarnerStore, keys: readonly EarnerKey[]): Promise<Asked> {
  const records = await earners.readMany(keys);
  return records.flatMap((record, at) => keys.slice(at, at + 1).map((key) => ({ key, record })));
}

/** @throws RecordUnreadable */
async function linkedTo(earners: EarnerStore, { record }: Address): Promise<readonly Address[]> {
  const read = await readAll(earners, record.linked);
  return read.map(({ key, record: found }) => {
    if (found instanceof RecordUnreadable) throw found;
    return { key, record: found };
  });
}
