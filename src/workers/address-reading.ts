import { createHash } from 'node:crypto';
import { Cluster } from 'ioredis';
import { asBadgeId, type EarnerKey } from '../ids.js';
import { ledgerKey, readRecord } from '../issuing/ledger.js';
import type { RedisConnection } from '../platform/redis.js';
import { CodecError } from '../portfolio/codec.js';
import { earnerFileKey, earnerFileOf, type EarnerFile } from '../portfolio/earner-file.js';
import type { OwnRecord } from './compose.js';
import { READ_ADDRESSES } from './people-script.js';

/** What Redis answers of an address, not looked at yet: short, while it waits for its turn. */
export interface Asked {
  readonly key: EarnerKey;
  readonly text: string;
}

/** What is kept of one address: its portfolio, and its records in the ledger. */
export interface Address {
  readonly key: EarnerKey;
  readonly file: EarnerFile;
  readonly records: readonly OwnRecord[];
}

/** How many addresses one command asks for: Redis does nothing else meanwhile, for less than a millisecond. */
const TOGETHER = 50;

/** Asks for addresses in as few commands as may be: each has its own slot in a cluster. @param prefix of the keys */
export async function askFor(
  redis: RedisConnection,
  prefix: string,
  addresses: readonly EarnerKey[],
): Promise<readonly Asked[]> {
  const together = redis instanceof Cluster ? 1 : TOGETHER;
  const asked: Promise<readonly string[]>[] = [];
  for (let at = 0; at < addresses.length; at += together) {
    const some = addresses.slice(at, at + together);
    asked.push(
      ask(
        redis,
        some.flatMap((key) => [earnerFileKey(prefix, key), ledgerKey(prefix, key)]),
      ),
    );
  }
  const texts = (await Promise.all(asked)).flat();
  return addresses.map((key, at) => ({ key, text: texts[at] ?? '' }));
}

const SHA = createHash('sha1').update(READ_ADDRESSES).digest('hex');

async function ask(redis: RedisConnection, keys: readonly string[]): Promise<readonly string[]> {
  try {
    return textsIn(await redis.evalsha(SHA, keys.length, ...keys));
  } catch (error) {
    // This node has not seen the script yet, or was started anew.
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return textsIn(await redis.eval(READ_ADDRESSES, keys.length, ...keys));
  }
}

const textsIn = (answer: unknown): readonly string[] => (Array.isArray(answer) ? answer.map(String) : []);

/** @throws CodecError, LedgerError when something of an unknown form stands there */
export function addressIn({ key, text }: Asked): Address {
  const lines = text.split('\n');
  const head = lines[0] ?? '';
  const own = Number.parseInt(head, 10);
  // A line break within a field would move all that follows.
  if (head !== `${own} ${lines.length - 1}`)
    throw new CodecError(`What Redis holds of ${key} cannot be told apart`);
  const records: OwnRecord[] = [];
  for (let at = own + 1; at < lines.length; at += 2)
    records.push({ key, badgeId: asBadgeId(lines[at] ?? ''), record: readRecord(lines[at + 1] ?? '') });
  return { key, file: earnerFileOf(lines, 1, own + 1), records };
}
