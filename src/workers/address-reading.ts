import { Cluster } from 'ioredis';
import type { EarnerKey } from '../ids.js';
import { decodeLedger } from '../issuing/ledger-codec.js';
import type { RedisConnection } from '../platform/redis.js';
import type { BadgeBook } from '../portfolio/badge-book.js';
import { earnerFileOf, type EarnerFile } from '../portfolio/earner-file.js';
import { recordKey } from '../record/key.js';
import { splitRecord } from '../record/record.js';
import type { OwnRecord } from './compose.js';

/** What Redis answers of an address, not looked at yet: short, while it waits for its turn. */
export interface Asked {
  readonly key: EarnerKey;
  /** Null: nothing that we wrote. */
  readonly bytes: Buffer | null;
}

/** What is kept of one address: its portfolio, and its records in the ledger. */
export interface Address {
  readonly key: EarnerKey;
  readonly file: EarnerFile;
  readonly records: readonly OwnRecord[];
}

/** How many addresses one command asks for: Redis does nothing else meanwhile, for less than a millisecond. */
const TOGETHER = 100;

/** Asks for addresses in as few commands as may be: each has its own slot in a cluster. @param prefix of the keys */
export async function askFor(
  redis: RedisConnection,
  prefix: string,
  addresses: readonly EarnerKey[],
): Promise<readonly Asked[]> {
  const together = redis instanceof Cluster ? 1 : TOGETHER;
  const asked: Promise<readonly (Buffer | null)[]>[] = [];
  for (let at = 0; at < addresses.length; at += together)
    asked.push(redis.mgetBuffer(addresses.slice(at, at + together).map((key) => recordKey(prefix, key))));
  const found = (await Promise.all(asked)).flat();
  return addresses.map((key, at) => ({ key, bytes: found[at] ?? null }));
}

/** @throws RecordError when something of an unknown form stands there, UnknownBadge when `book` is to learn first */
export function addressIn({ key, bytes }: Asked, book: Pick<BadgeBook, 'find'>): Address {
  const { portfolio, ledger } = splitRecord(bytes);
  const records = [...decodeLedger(ledger)].map(([badgeId, record]) => ({ key, badgeId, record }));
  return { key, file: earnerFileOf(portfolio, book), records };
}
