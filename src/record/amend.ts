import type { RedisConnection } from '../platform/redis.js';
import { scriptOf } from '../platform/script.js';
import { RecordError } from './error.js';
import { joinRecord, splitRecord, type EarnerRecord } from './record.js';

/**
 * Puts a text in the place of the one that was read, and only if it still stands there; '' stands for
 * "nothing", before and after. KEYS: the record. ARGV: as it was read, as it is to be. Returns 1 when done.
 */
const COMPARE_AND_SET = scriptOf(`
local now = redis.call('GET', KEYS[1]) or ''
if now ~= ARGV[1] then return 0 end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[2])
end
return 1`);

/** @returns whether it was done: what was read stood there still. Null: nothing */
export const replaceRecord = async (
  redis: RedisConnection,
  key: string,
  read: Buffer | null,
  to: Buffer | null,
): Promise<boolean> => (await COMPARE_AND_SET(redis, [key], [read ?? '', to ?? ''])) === 1;

/** Of those who write one record at the same time, one always succeeds; this many times in a row means a fault. */
const MAX_TRIES = 200;

/**
 * Puts what `how` makes of a record in its place, and only if nobody changed anything in it meanwhile: then
 * `how` is asked again. It gives back the very record where there is nothing to change.
 */
export async function amendRecord(
  redis: RedisConnection,
  key: string,
  how: (record: EarnerRecord) => EarnerRecord,
): Promise<void> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const read = await redis.getBuffer(key);
    const from = splitRecord(read);
    const to = how(from);
    if (to === from) return;
    if (await replaceRecord(redis, key, read, joinRecord(to))) return;
  }
  throw new RecordError('What Redis holds of an earner would not hold still');
}
