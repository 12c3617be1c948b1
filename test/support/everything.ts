import { decodeNotes } from '../../src/audit/notes.js';
import { decodeRow } from '../../src/audit/row.js';
import { asEarnerKey } from '../../src/ids.js';
import { decodeLedger } from '../../src/issuing/ledger-codec.js';
import type { RedisConnection } from '../../src/platform/redis.js';
import { decodePortfolio } from '../../src/portfolio/codec.js';
import { RecordError } from '../../src/record/error.js';
import { splitRecord } from '../../src/record/record.js';
import { keysOf, withRedisAt } from './redis.js';

/** Every key and value under a prefix, as one text: what a thief of Redis would read. */
export async function everythingIn(url: string, prefix: string): Promise<string> {
  return withRedisAt(url, async (redis) => {
    const parts: string[] = [];
    for await (const keys of keysOf(redis, prefix)) parts.push(...(await everythingOf(redis, keys)));
    return parts.join('\n');
  });
}

/** These keys, and after each its value. */
export async function everythingOf(redis: RedisConnection, keys: readonly string[]): Promise<string[]> {
  const parts: string[] = [];
  for (const key of keys) parts.push(key, await dump(redis, key));
  return parts;
}

async function dump(redis: RedisConnection, key: string): Promise<string> {
  switch (await redis.type(key)) {
    case 'hash':
      return JSON.stringify(await redis.hgetall(key));
    case 'list':
      return JSON.stringify((await redis.lrangeBuffer(key, 0, -1)).map(saidInItem));
    case 'set':
      return JSON.stringify(await redis.smembers(key));
    case 'zset':
      return JSON.stringify(await redis.zrange(key, '0', '-1'));
    case 'stream':
      return JSON.stringify(await redis.xrange(key, '-', '+'));
    default:
      return /[^:]\{[^{}]+\}$/.test(key)
        ? readableRecord(await redis.getBuffer(key))
        : ((await redis.get(key)) ?? '');
  }
}

/** A row of the account with its keys as they are spelled elsewhere: in their bytes a sign may stand by chance. */
function saidInItem(bytes: Buffer): unknown {
  return decodeRow(bytes) ?? bytes.toString();
}

/** All that an earner's record says to whoever has not the key, ids included; of what is sealed, what looks like text. */
function readableRecord(bytes: Buffer | null): string {
  try {
    return saidIn(bytes);
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    return bytes?.toString('base64') ?? '';
  }
}

function saidIn(bytes: Buffer | null): string {
  const { portfolio, ledger, account } = splitRecord(bytes);
  const { contact, ...kept } = decodePortfolio(portfolio);
  const sealed = contact?.toString('latin1').match(/[ -~]{8,}/g) ?? (contact === null ? null : []);
  const records = Object.fromEntries(decodeLedger(ledger));
  const notes = decodeNotes(account, asEarnerKey('whoever'));
  const said = Object.entries({ sealed, ...kept, records, notes });
  return JSON.stringify(Object.fromEntries(said.filter(([, value]) => !isEmpty(value))));
}

const isEmpty = (value: unknown): boolean =>
  value === null || value === 0 || (Array.isArray(value) && value.length === 0);
