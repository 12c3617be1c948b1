import { setTimeout as pause } from 'node:timers/promises';
import { asEventId } from '../ids.js';
import { takeLock, type Lock } from '../platform/lock.js';
import type { RedisConnection } from '../platform/redis.js';
import { scanKeys } from '../platform/scan.js';
import { scriptOf } from '../platform/script.js';
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
const formerStreams = (prefix: string): string => `${prefix}:audit:{`;
export const formerStream = (prefix: string, part: number): string => `${formerStreams(prefix)}${part}}`;

const LOOK_EVERY_MS = 300;
/** So many entries are written before they are gone from their streams: in far less time than a lock lasts. */
const TOGETHER = 500;

/** What taking the account over needs to know. */
export interface TakingAccountOver {
  readonly redis: RedisConnection;
  /** Of the keys. */
  readonly prefix: string;
  /** Whose days are counted. */
  readonly timeZone: string;
  readonly signal: AbortSignal;
  /** Resolves when no older process is at work. */
  readonly untilNone: () => Promise<void>;
}

/** How many entries. */
export interface AccountTakenOver {
  readonly taken: number;
  /** So many stay in their streams. */
  readonly left: number;
}

/**
 * Writes the entries of an older Palier anew, in their order, some at a time, and each is gone from its stream
 * once it stands there. May be stopped anywhere, and begun by several: one of them does it, the others wait.
 * An entry about somebody whose record cannot be read stays where it is, until that is mended; so does one that
 * this version has no word for.
 * @throws the signal's reason
 */
export async function takeOverAccount(taking: TakingAccountOver): Promise<AccountTakenOver> {
  const { redis, prefix, timeZone, signal, untilNone } = taking;
  const lock = await lockWithin(redis, `${prefix}:audit:{log}:taking-over`, signal);
  const goOn = async (): Promise<void> => {
    signal.throwIfAborted();
    await untilNone();
    // Whoever took the lock from a process that stood still has all of it still to do.
    if (!(await lock.keep())) throw new Error('Another worker takes the account over');
  };
  try {
    return await takeOver(auditStore(redis, prefix, timeZone), goOn);
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

/** @param goOn asked before each step. @throws when this is not to go on */
async function takeOver(store: AuditStore, goOn: () => Promise<void>): Promise<AccountTakenOver> {
  for (let count = 0; ;) {
    const { taken, left } = await takeOverStreams(store, goOn);
    count += taken;
    await settleThoseOfNobody(store);
    // An older process may have added some behind our back.
    if ((await removeTheRest(store, goOn)) <= left) return { taken: count, left };
  }
}

async function takeOverStreams(store: AuditStore, goOn: () => Promise<void>): Promise<AccountTakenOver> {
  const { redis, prefix } = store;
  let [taken, left] = [0, 0];
  const streams = PARTS.map((part) => placedIn(redis, prefix, part));
  for await (const page of merged(streams))
    for (let from = 0; from < page.length; from += TOGETHER) {
      await goOn();
      const some = page.slice(from, from + TOGETHER);
      const readable = await readableOf(store, some);
      await writeAnew(store, readable);
      await Promise.all(readable.map(({ stream, ms, nth }) => redis.xdel(stream, `${ms}-${nth}`)));
      taken += readable.length;
      left += some.length - readable.length;
    }
  return { taken, left };
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

/** Without what a later version wrote, and those of whom something stands in Redis that no note can be added to. */
async function readableOf(store: AuditStore, page: readonly Former[]): Promise<readonly Former[]> {
  const readable = await Promise.all(
    page.map(async (one) => {
      const entry = decodeEntry(one.fields);
      if (entry === null || entry.earner === null) return entry !== null;
      try {
        return (await notesOf(store, entry.earner)).length >= 0;
      } catch (error) {
        if (!(error instanceof RecordError)) throw error;
        return false;
      }
    }),
  );
  return page.filter((_, at) => readable[at]);
}

/** As of when it was written: it is looked for there. */
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

/** All entries about nobody are gone from their streams: none of them is written again. */
async function settleThoseOfNobody({ redis, prefix, layout }: AuditStore): Promise<void> {
  const held = await redis.hkeys(layout.pending);
  const ofNobody = held.filter((identity) => identity.startsWith(formerStreams(prefix)));
  if (ofNobody.length > 0) await redis.hdel(layout.pending, ...ofNobody);
}

/** KEYS: a stream of entries, and it or what led to them. In one step: an older process may add one just now. */
const REMOVE = scriptOf(`
if redis.call('XLEN', KEYS[1]) == 0 then redis.call('UNLINK', KEYS[2]) end`);

/**
 * That an event is known stays, of whomever it gave its award to; so does a stream in which something is left.
 * @returns how many entries are left
 */
async function removeTheRest(store: AuditStore, goOn: () => Promise<void>): Promise<number> {
  const { redis, prefix } = store;
  for await (const keys of scanKeys(redis, `${prefix}:audit:*`)) {
    await goOn();
    for (const key of keys) {
      const [, part] = /^:audit:\{(\d+)\}(?::|$)/.exec(key.slice(prefix.length)) ?? [];
      if (part !== undefined) await REMOVE(redis, [formerStream(prefix, Number(part)), key], []);
      else if (/^:audit:events:\{\d+\}$/.test(key.slice(prefix.length))) await keepEvents(store, key, goOn);
    }
  }
  const lengths = await Promise.all(PARTS.map((part) => redis.xlen(formerStream(prefix, part))));
  return lengths.reduce((sum, length) => sum + length, 0);
}

async function keepEvents(
  { redis, given }: AuditStore,
  key: string,
  goOn: () => Promise<void>,
): Promise<void> {
  const events = await redis.hkeys(key);
  for (let at = 0; at < events.length; at += TOGETHER) {
    await goOn();
    await Promise.all(events.slice(at, at + TOGETHER).map((event) => given.note(asEventId(event), [])));
  }
  await redis.unlink(key);
}
