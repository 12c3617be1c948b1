import { takeOverAccount } from '../audit/former.js';
import { asClientId, asEarnerKey, asEventId, type EarnerKey } from '../ids.js';
import { formerLedgerKey } from '../issuing/former.js';
import { beginTakeOver, endTakeOver } from '../platform/key-guard.js';
import { NotHeld, type Mark, type Replicas } from '../platform/replicas.js';
import { scanKeys } from '../platform/scan.js';
import type { Vault } from '../platform/vault.js';
import { createBadgeBook } from '../portfolio/badge-book.js';
import { formerPortfolioKey } from '../portfolio/former.js';
import { createSeenEvents } from '../portfolio/seen-events.js';
import { formerRecordKey } from '../record/key.js';
import { lookForFormerWorkers, type FormerWorkers, type LookingForWorkers } from './former-workers.js';
import { setAsideKey, takeOverEarner } from './take-over-earner.js';

/** What taking over needs to know. */
export interface TakeOver extends LookingForWorkers {
  /** Of the keys. */
  readonly prefix: string;
  readonly vault: Vault;
  /** Whose days are counted. */
  readonly scheme: { readonly timeZone: string };
  readonly replicas: Pick<Replicas, 'mark' | 'untilHeld'>;
}

/** What was found in the form of an older Palier, and stands in today's now. */
export interface TakenOver {
  readonly earners: number;
  readonly clients: number;
  /** Of the account. */
  readonly entries: number;
  /** Entries that stay as they are: of a later version, or about somebody whose record cannot be read. */
  readonly entriesLeft: number;
  /** What stands there of them cannot be read. It stays, and nobody is served under these keys. */
  readonly unreadable: readonly EarnerKey[];
}

/** How many earners at a time: enough to fill the wire. */
const TOGETHER = 100;

/**
 * Before a worker begins: what an older Palier kept of people and of events is brought into today's form.
 * May be stopped anywhere, and done by several at a time. Where there is nothing it costs one walk through the
 * names of all keys. Nothing is brought over while an older worker is at work: it would not find it any more. Should
 * one have been at work meanwhile, or another Redis server have taken over, all is walked through once more.
 * @throws KeyChanged, FormerWorkersStay; the signal's reason
 */
export async function takeOver(taking: TakeOver): Promise<TakenOver> {
  const { redis, prefix, vault, log, replicas } = taking;
  const total = { earners: 0, clients: 0, entries: 0 };
  for (;;) {
    const mark = replicas.mark();
    const mayBeFormer = await beginTakeOver(redis, prefix, vault);
    const taken = await takeOverAll(taking, mayBeFormer ? lookForFormerWorkers(taking) : NONE);
    total.earners += taken.earners;
    total.clients += taken.clients;
    total.entries += taken.entries;
    // Said only where it will still be so: nobody looks for anything of a former form afterwards.
    if (!taken.isToBeRepeated && (await isHeld(taking, mark))) {
      await endTakeOver(redis, prefix, vault);
      tellWhatStays(log, taken);
      return { ...total, entriesLeft: taken.entriesLeft, unreadable: taken.unreadable };
    }
    taking.signal.throwIfAborted();
    log.warn({ earners: taken.earners }, 'looking once more for what an older Palier kept');
  }
}

function tellWhatStays(
  log: TakeOver['log'],
  { unreadable, entriesLeft }: Pick<TakenOver, 'unreadable' | 'entriesLeft'>,
): void {
  for (const earner of unreadable)
    log.error(
      { earner },
      'what an older Palier kept of this earner cannot be read: nothing is given to them',
    );
  if (entriesLeft > 0)
    log.warn(
      { entries: entriesLeft },
      'entries of the former account stay where they were, and are not shown: a later Palier wrote them, or they are about somebody whose record cannot be read',
    );
}

/** Where all was taken over before, none can have started since. */
const NONE: FormerWorkers = { untilNone: async () => {}, wereSeen: async () => false };

async function isHeld({ replicas, log }: TakeOver, mark: Mark): Promise<boolean> {
  try {
    await replicas.untilHeld(mark);
    return true;
  } catch (err) {
    if (!(err instanceof NotHeld)) throw err;
    log.warn({ err }, 'what was taken over may be lost with a Redis server');
    return false;
  }
}

async function takeOverAll(
  taking: TakeOver,
  formerWorkers: FormerWorkers,
): Promise<TakenOver & { readonly isToBeRepeated: boolean }> {
  const { redis, prefix, vault, scheme, signal } = taking;
  const book = createBadgeBook(redis, prefix);
  const unreadable = new Set<EarnerKey>();
  const done = new Set<EarnerKey>();
  const takeAll = async (earners: readonly EarnerKey[]): Promise<void> => {
    signal.throwIfAborted();
    await formerWorkers.untilNone();
    const taken = await Promise.all(
      earners.map((earner) => takeOverEarner({ redis, prefix, vault, book }, earner)),
    );
    for (const [at, earner] of earners.entries()) {
      if (taken[at] === 'taken') done.add(earner);
      if (taken[at] === 'unreadable') unreadable.add(earner);
    }
  };
  // Seen before the walk, an older worker does no harm.
  await formerWorkers.wereSeen();
  for await (const earners of formerEarners(taking)) await takeAll(earners);
  // Once more: a Redis that was emptied meanwhile has forgotten them.
  await book.enterAll();
  const clients = await takeOverEvents(taking);
  // Last: what is told of a person goes into their record.
  const entries = await takeOverAccount({
    redis,
    prefix,
    signal,
    ...formerWorkers,
    timeZone: scheme.timeZone,
  });
  return {
    earners: done.size,
    clients,
    entries: entries.taken,
    entriesLeft: entries.left,
    unreadable: [...unreadable].toSorted(),
    isToBeRepeated: await formerWorkers.wereSeen(),
  };
}

/** Whom an older Palier kept something of, some at a time; last, who was set aside. */
async function* formerEarners({ redis, prefix }: TakeOver): AsyncIterable<readonly EarnerKey[]> {
  for (const former of [formerRecordKey, formerPortfolioKey, formerLedgerKey]) {
    const [start = '', end = ''] = former(prefix, asEarnerKey('*')).split('*');
    for await (const keys of scanKeys(redis, `${start}*${end}`))
      for (let at = 0; at < keys.length; at += TOGETHER)
        yield keys.slice(at, at + TOGETHER).map((key) => asEarnerKey(key.slice(start.length, -end.length)));
  }
  yield (await redis.smembers(setAsideKey(prefix))).map(asEarnerKey);
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
