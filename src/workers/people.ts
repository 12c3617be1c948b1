import { setImmediate } from 'node:timers/promises';
import type { ClientId, EarnerKey } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import { countKeys, scanKeys } from '../platform/scan.js';
import { createBadgeBook, type BadgeBook } from '../portfolio/badge-book.js';
import { withBook } from '../portfolio/earner-file.js';
import { RecordError } from '../record/error.js';
import { anyRecord, earnerOfKey } from '../record/key.js';
import { addressIn, askFor, type Address, type Asked } from './address-reading.js';
import { compose } from './compose.js';
import type { Person } from './person.js';

/** Where everybody is read from. */
export interface PeopleSources {
  readonly redis: RedisConnection;
  /** Of the keys. */
  readonly prefix: string;
  /** The Région's own OBF client. */
  readonly region: ClientId;
}

/** A person, but for what only matters when something is sent. */
export type PersonSeen = Omit<Person, 'whose'>;

/** What whoever reads everybody is told meanwhile. */
export interface Telling {
  /** Of somebody of whom Redis holds what cannot be read: the others go on. */
  readonly unreadable?: (earner: EarnerKey, error: unknown) => void;
  /** How many addresses were looked at so far, of how many. */
  readonly progress?: (done: number, total: number) => void;
}

/** How many addresses are looked at together. */
const CHUNK = 100;
/** How many such chunks are on the wire, or wait to be looked at: Redis works while we judge. */
const AHEAD = 4;

/**
 * Everybody, some at a time, each person once, as `readPerson` would read them: an address that was linked
 * to another is read with its person. The next ones are on their way while these are looked at; of the
 * others some sixteen bytes are in memory. Who is given a first badge meanwhile may be missed, and who has no badge
 * at all in the portfolio is passed over.
 * @throws the signal's reason once it is aborted; what Redis answers when it cannot go on
 */
export async function* peopleIn(
  sources: PeopleSources,
  signal: AbortSignal,
  { unreadable = () => undefined, progress = () => undefined }: Telling = {},
): AsyncIterable<readonly PersonSeen[]> {
  const total = await countKeys(sources.redis, anyRecord(sources.prefix));
  const book = createBadgeBook(sources.redis, sources.prefix);
  let done = 0;
  for await (const asked of askedAhead(sources, signal)) {
    signal.throwIfAborted();
    const people: PersonSeen[] = [];
    for (const one of asked)
      try {
        const own = await readableAddress(one, book);
        if (own.file.linkedTo !== null) continue;
        const others = own.file.linked.length === 0 ? [] : await linkedTo(own, sources, book);
        const person = personOf(sources.region, own, others);
        if (person !== null) people.push(person);
      } catch (error) {
        if (!(error instanceof RecordError)) throw error;
        unreadable(one.key, error);
      }
    yield people;
    done += asked.length;
    // Some may have come since they were counted.
    progress(done, Math.max(done, total));
  }
}

/** Of every address that anything is held of, each once. */
async function* addressKeys(
  { redis, prefix }: PeopleSources,
  signal: AbortSignal,
): AsyncIterable<readonly EarnerKey[]> {
  for await (const keys of scanKeys(redis, anyRecord(prefix))) {
    signal.throwIfAborted();
    const earners = keys.map((key) => earnerOfKey(prefix, key));
    for (let at = 0; at < earners.length; at += CHUNK) yield earners.slice(at, at + CHUNK);
  }
}

/** Every address, in chunks, some of which are asked for before they are wanted. */
async function* askedAhead(sources: PeopleSources, signal: AbortSignal): AsyncIterable<readonly Asked[]> {
  const waiting: Promise<readonly Asked[]>[] = [];
  for await (const keys of addressKeys(sources, signal)) {
    const asked = askFor(sources.redis, sources.prefix, keys);
    // Whoever waits for it is told; nobody does any more when an earlier one failed.
    asked.catch(() => undefined);
    waiting.push(asked);
    if (waiting.length <= AHEAD) continue;
    // What was asked for leaves for Redis before the work on an earlier answer begins.
    await setImmediate();
    yield* await Promise.all(waiting.splice(0, 1));
  }
  for (const asked of waiting) yield await asked;
}

/** Of an address whose key Redis listed. */
async function readableAddress(asked: Asked, book: BadgeBook): Promise<Address> {
  if (asked.bytes === null)
    throw new RecordError(`What Redis holds of ${asked.key} is gone, or was not written by Palier`);
  return withBook(book, () => addressIn(asked, book));
}

async function linkedTo(
  { file }: Address,
  { redis, prefix }: PeopleSources,
  book: BadgeBook,
): Promise<readonly Address[]> {
  const asked = await askFor(redis, prefix, file.linked);
  return Promise.all(asked.map((one) => withBook(book, () => addressIn(one, book))));
}

/** @returns null for somebody of whom there is no badge at all */
function personOf(region: ClientId, own: Address, others: readonly Address[]): PersonSeen | null {
  const addresses = [own, ...others];
  const records = addresses.flatMap((address) => address.records);
  const assertions = addresses.flatMap(({ file }) => file.assertions);
  const portfolio = compose(region, assertions, records);
  if (portfolio.assertions.length + portfolio.held.length === 0) return null;
  const touched = Math.max(...addresses.map(({ file }) => file.touched));
  return { earner: own.key, keys: addresses.map(({ key }) => key), portfolio, records, touched };
}
