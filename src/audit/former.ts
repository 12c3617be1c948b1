import { setTimeout as pause } from 'node:timers/promises';
import { asEventId } from '../ids.js';
import { takeLock, type Lock } from '../platform/lock.js';
import type { RedisConnection } from '../platform/redis.js';
import { scanKeys } from '../platform/scan.js';
import { RecordError } from '../record/error.js';
import { decodeEntry } from './former-codec.js';
import { merged, pagesOf, type Placed } from './former-entries.js';
import { auditStore, type AuditStore } from './store.js';
import { notesOf } from './telling.js';
import type { AuditEntry } from './types.js';
import { writeEntries } from './writing.js';

/**
 * The account as an older Palier kept it: 16 streams of entries (`former-codec.ts`), each with hashes that led to
 * its people, its months and its counts; and hashes of events.
 */
const PARTS = Array.from({ length: 16 }, (_, part) => part);
export const formerStream = (prefix: string, part: number): string => `${prefix}:audit:{${part}}`;

const LOOK_EVERY_MS = 300;
/** So many entries are written before they are gone from their streams: in far less time than a lock lasts. */
const TOGETHER = 500;

/**
 * Writes the entries of an older Palier anew, in their order, some at a time, and each is gone from its stream
 * once it stands there. May be stopped anywhere, and begun by several: one of them does it, the others wait.
 * An entry about somebody whose record cannot be read stays where it is, until that is mended.
 * @returns how many entries
 * @throws the signal's reason
 */
export async function takeOverAccount(
  redis: RedisConnection,
  prefix: string,
  timeZone: string,
  signal: AbortSignal,
): Promise<number> {
  const lock = await lockWithin(redis, `${prefix}:audit:{log}:taking-over`, signal);
  try {
    return await takeOver(auditStore(redis, prefix, timeZone), lock, signal);
  } finally {
    await lock.giveBack();
  }
}

async function lockWithin(redis: RedisConnection, key: string, signal: AbortSignal): Promise<Lock> {
  for (;;) {
    const lock = await takeLock(redis, key);
    if (lock !== null) return lock;
    await pause(LOOK_EVERY_MS, undefined, { signal });
  }
}

async function takeOver(store: AuditStore, lock: Lock, signal: AbortSignal): Promise<number> {
  const { redis, prefix } = store;
  let [count, left] = [0, 0];
  const streams = PARTS.map((part) => placedIn(redis, prefix, part));
  for await (const page of merged(streams))
    for (let from = 0; from < page.length; from += TOGETHER) {
      signal.throwIfAborted();
      // Whoever took the lock from a process that stood still has all of it still to do.
      if (!(await lock.keep())) throw new Error('Another worker takes the account over');
      const some = page.slice(from, from + TOGETHER);
      const readable = await readableOf(store, some);
      await writeAnew(store, readable);
      await Promise.all(readable.map(({ stream, ms, nth }) => redis.xdel(stream, `${ms}-${nth}`)));
      count += readable.length;
      left += some.length - readable.length;
    }
  await removeTheRest(store, left === 0);
  return count;
}

interface Former extends Placed {
  readonly stream: string;
}

async function* placedIn(
  redis: RedisConnection,
  prefix: string,
  part: number,
): AsyncGenerator<readonly Former[]> {
  const stream = formerStream(prefix, part);
  for await (const page of pagesOf(redis, stream, { fromMs: 0 }))
    yield page.map((one) => ({ ...one, stream }));
}

/** Without those of whom something stands in Redis that no note can be added to. */
async function readableOf(store: AuditStore, page: readonly Former[]): Promise<readonly Former[]> {
  const readable = await Promise.all(
    page.map(async (one) => {
      const earner = decodeEntry(one.fields)?.earner ?? null;
      if (earner === null) return true;
      try {
        return (await notesOf(store, earner)).length >= 0;
      } catch (error) {
        if (!(error instanceof RecordError)) throw error;
        return false;
      }
    }),
  );
  return page.filter((_, at) => readable[at]);
}

/** As of when it was written: it is looked for there. What a later version wrote, and nobody reads, goes. */
async function writeAnew(store: AuditStore, page: readonly Former[]): Promise<void> {
  const places = new Map<AuditEntry, Former>();
  for (const one of page) {
    const entry = decodeEntry(one.fields);
    if (entry !== null) places.set(entry, one);
  }
  await writeEntries(store, [...places.keys()], {
    writtenMs: (entry) => places.get(entry)?.ms ?? 0,
    identityOf: (entry) => identityOf(places.get(entry)),
  });
}

/** Where it stood: what makes an entry about nobody the same one when it is written again. */
const identityOf = (one: Former | undefined): string =>
  one === undefined ? '' : `${one.stream} ${one.ms}-${one.nth}`;

/**
 * That an event is known stays, of whomever it gave its award to.
 * @param isAll nothing was left in the streams
 */
async function removeTheRest(store: AuditStore, isAll: boolean): Promise<void> {
  const { redis, prefix } = store;
  for await (const keys of scanKeys(redis, `${prefix}:audit:*`))
    for (const key of keys) {
      const name = key.slice(prefix.length);
      if (/^:audit:events:\{\d+\}$/.test(name)) await keepEvents(store, key);
      else if (isAll && /^:audit:\{\d+\}(:|$)/.test(name)) await redis.unlink(key);
    }
}

async function keepEvents({ redis, given }: AuditStore, key: string): Promise<void> {
  for (const event of await redis.hkeys(key)) await given.note(asEventId(event), []);
  await redis.unlink(key);
}
