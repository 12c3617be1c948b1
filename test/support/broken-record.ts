import { asEarnerKey } from '../../src/ids.js';
import type { RedisConnection } from '../../src/platform/redis.js';
import { decodePortfolio, encodePortfolio } from '../../src/portfolio/codec.js';
import { amendRecord } from '../../src/record/amend.js';
import { recordKey } from '../../src/record/key.js';

/** What a hand, or a later Palier, may leave in a part of an earner's record; the other stays as it is. */
const BREAKS = { portfolio: Buffer.from('by hand'), ledger: Buffer.from('\x09later') };

/** @param prefix of the keys */
export const breakRecord = (
  redis: RedisConnection,
  prefix: string,
  earner: string,
  part: keyof typeof BREAKS,
): Promise<void> =>
  amendRecord(redis, recordKey(prefix, asEarnerKey(earner)), (record) => ({
    ...record,
    [part]: BREAKS[part],
  }));

/** Puts something in the place of the address that no vault opens. */
export const breakContact = (redis: RedisConnection, prefix: string, earner: string): Promise<void> =>
  amendRecord(redis, recordKey(prefix, asEarnerKey(earner)), (record) => {
    const kept = decodePortfolio(record.portfolio);
    return { ...record, portfolio: encodePortfolio({ ...kept, contact: Buffer.from('not sealed by us') }) };
  });
