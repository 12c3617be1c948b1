import type { Queue } from 'bullmq';
import type { RedisConnection } from '../platform/redis.js';
import { scriptOf } from '../platform/script.js';
import { PAUSED_AT } from './retry.js';

/**
 * The notices that are carried out at this moment without a job of their own, by the id that the job would have.
 * Whoever hears of one of them meanwhile makes a job of it, as beside one that is active; so a claim that is left
 * behind by a process that was killed costs no notice, only a job.
 */
export interface Claims {
  /**
   * Of these ids (no two the same), those that the caller may carry out now: of which nobody is at work, and no job
   * stands in the queue, in whatever state. None at all while notices wait, or the queue is paused.
   */
  take(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Said once they are carried out, or have become jobs. */
  release(ids: Iterable<string>): Promise<void>;
  /** Whether somebody carries this one out now. */
  isTaken(id: string): Promise<boolean>;
}

/** A claim ends by itself after so long, milliseconds; what is still at work then may be read from OBF beside it. */
const LEASE_MS = 60_000;

/**
 * KEYS: the claims (ids by the end of their lease, Unix milliseconds), and of the queue its limiter, its settings, and
 * the list of what waits. ARGV: lease, milliseconds; the limiter's height from which it pauses; what stands before a
 * job's id; ids. Returns the places (from 1) of those taken. A job that nobody has begun to carry out is one key.
 */
const TAKE = scriptOf(`
local claims, limiter, settings, waiting = unpack(KEYS)
if redis.call('LLEN', waiting) > 0 or redis.call('HEXISTS', settings, 'paused') == 1 then return {} end
if tonumber(redis.call('GET', limiter) or '0') >= tonumber(ARGV[2]) then return {} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', claims, '-inf', now)
local places = {}
for place = 4, #ARGV do
  local id = ARGV[place]
  if redis.call('EXISTS', ARGV[3] .. id) == 0 and redis.call('ZADD', claims, 'NX', now + ARGV[1], id) == 1 then
    places[#places + 1] = place - 3
  end
end
return places`);

/** @param notices the queue; the claims stand in its slot, over the same connection */
export function createClaims(redis: RedisConnection, notices: Pick<Queue, 'toKey'>): Claims {
  const key = notices.toKey('claims');
  const keys = [key, ...['limiter', 'meta', 'wait'].map((part) => notices.toKey(part))];
  const before = notices.toKey('');
  return {
    async take(ids) {
      const places = await TAKE(redis, keys, [LEASE_MS, PAUSED_AT, before, ...ids]);
      const taken = (Array.isArray(places) ? places : []).flatMap((place) => ids[Number(place) - 1] ?? []);
      return new Set(taken);
    },
    async release(ids) {
      const gone = [...ids];
      if (gone.length > 0) await redis.zrem(key, ...gone);
    },
    isTaken: async (id) => Number((await redis.zscore(key, id)) ?? 0) > Date.now(),
  };
}
