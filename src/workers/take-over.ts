import { setTimeout as pause } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import { takeOverAccount } from '../audit/former.js';
import { asClientId, asEarnerKey, asEventId, type EarnerKey } from '../ids.js';
import { formerLedgerKey } from '../issuing/former.js';
import { beginTakeOver, endTakeOver } from '../platform/key-guard.js';
import type { Logger } from '../platform/logger.js';
import type { RedisConnection } from '../platform/redis.js';
import { scanKeys } from '../platform/scan.js';
import { scriptOf } from '../platform/script.js';
import type { Vault } from '../platform/vault.js';
import { createBadgeBook, type BadgeBook } from '../portfolio/badge-book.js';
import { formerPortfolioKey } from '../portfolio/former.js';
import { createSeenEvents } from '../portfolio/seen-events.js';
import { formerRecordKey, recordKey } from '../record/key.js';
import { WORKER_NAME } from './start.js';
import { takeOverEarner } from './take-over-earner.js';

/** What taking over needs to know. */
export interface TakeOver {
  readonly redis: RedisConnection;
  /** Of the keys. */
  readonly prefix: string;
  readonly vault: Vault;
  /** Whose days are counted. */
  readonly scheme: { readonly timeZone: string };
  readonly queues: Readonly<Record<string, Pick<Queue, 'getWorkers' | 'name'>>>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** What was found in the form of an older Palier, and stands in today's now. */
export interface TakenOver {
  readonly earners: number;
  readonly clients: number;
  /** Of the account. */
  readonly entries: number;
  /** What stands there of them cannot be read. It stays, and nobody is served under these keys. */
  readonly unreadable: readonly EarnerKey[];
}

/** KEYS: a key and its new name, which may have been given by another worker. */
const RENAME = scriptOf(`
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('RENAMENX', KEYS[1], KEYS[2]) end`);

/** How many earners at a time: enough to fill the wire. */
const TOGETHER = 100;
const LOOK_EVERY_MS = 2000;

/**
 * Before a worker begins: what an older Palier kept of people and of events is brought into today's form.
 * May be stopped anywhere, and done by several at a time. Where there is nothing it costs one walk through the
 * names of all keys. Nothing is brought over while an older worker is at work: it would not find it any more.
 * @throws KeyChanged; the signal's reason
 */
export async function takeOver(taking: TakeOver): Promise<TakenOver> {
  const { redis, prefix, vault, log } = taking;
  const mayBeFormer = await beginTakeOver(redis, prefix, vault);
  if (mayBeFormer) await untilNoFormerWorker(taking);
  const taken = await takeOverAll(taking, createBadgeBook(redis, prefix));
  await endTakeOver(redis, prefix, vault);
  for (const earner of taken.unreadable)
    log.error(
      { earner },
      'what an older Palier kept of this earner cannot be read: nothing is given to them',
    );
  return taken;
}

async function takeOverAll(taking: TakeOver, book: BadgeBook): Promise<TakenOver> {
  const { redis, prefix, vault, scheme, signal } = taking;
  await renameRecords(taking);
  const unreadable = new Set<EarnerKey>();
  const done = new Set<EarnerKey>();
  for (const former of [formerPortfolioKey, formerLedgerKey]) {
    const [start = '', end = ''] = former(prefix, asEarnerKey('*')).split('*');
    for await (const keys of scanKeys(redis, `${start}*${end}`))
      for (let at = 0; at < keys.length; at += TOGETHER) {
        signal.throwIfAborted();
        const earners = keys
          .slice(at, at + TOGETHER)
          .map((key) => asEarnerKey(key.slice(start.length, -end.length)));
        await Promise.all(
          earners.map(async (earner) => {
            if (await takeOverEarner({ redis, prefix, vault, book }, earner)) done.add(earner);
            else unreadable.add(earner);
          }),
        );
      }
  }
  // Once more: a Redis that was emptied meanwhile has forgotten them.
  await book.enterAll();
  return {
    earners: done.size,
    clients: await takeOverEvents(taking),
    // Last: what is told of a person goes into their record.
    entries: await takeOverAccount(redis, prefix, scheme.timeZone, signal),
    unreadable: [...unreadable].toSorted(),
  };
}

/** A record of before the account stood in it is read as it is, and has a shorter key now. */
async function renameRecords({ redis, prefix, signal }: TakeOver): Promise<void> {
  const [start = '', end = ''] = formerRecordKey(prefix, asEarnerKey('*')).split('*');
  for await (const keys of scanKeys(redis, `${start}*${end}`))
    for (let at = 0; at < keys.length; at += TOGETHER) {
      signal.throwIfAborted();
      const some = keys.slice(at, at + TOGETHER);
      await Promise.all(
        some.map((key) =>
          RENAME(redis, [key, recordKey(prefix, asEarnerKey(key.slice(start.length, -end.length)))], []),
        ),
      );
    }
}

/** Sets of ids: each is gone only once all of it is known in the new place, or it would be read again. */
async function takeOverEvents({ redis, prefix }: TakeOver): Promise<number> {
  const [start, end] = [`${prefix}:seen:{`, '}'];
  const seen = createSeenEvents(redis, prefix);
  let clients = 0;
  for await (const keys of scanKeys(redis, `${start}*${end}`))
    for (const key of keys) {
      const clientId = asClientId(key.slice(start.length, -end.length));
      await seen.addAll(clientId, (await redis.smembers(key)).map(asEventId));
      await redis.unlink(key);
      clients += 1;
    }
  return clients;
}

/** Older workers gave themselves no name. */
async function untilNoFormerWorker({ queues, log, signal }: TakeOver): Promise<void> {
  for (;;) {
    const found = (await Promise.all(Object.values(queues).map((queue) => formerWorkersOf(queue)))).flat();
    if (found.length === 0) return;
    log.warn({ workers: found.length }, 'waiting for the workers of an older Palier to stop');
    await pause(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** Where Redis does not list its clients, nothing is known: whoever runs it stops the older ones first. */
async function formerWorkersOf(queue: Pick<Queue, 'getWorkers'>): Promise<readonly string[]> {
  const workers = await queue.getWorkers();
  return workers.flatMap(({ rawname }) =>
    rawname === undefined || rawname.endsWith(`:w:${WORKER_NAME}`) ? [] : rawname,
  );
}
