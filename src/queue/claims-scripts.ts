import { scriptOf } from '../platform/script.js';

/**
 * Of the claims, KEYS[1]: ids by the end of their lease, Unix milliseconds on Redis' clock. No two that hold the same id
 * one after the other have the same end, so it says whose a claim is.
 */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/**
 * KEYS[2..4]: of the queue its limiter, its settings, and the list of what waits. ARGV: lease, milliseconds; the
 * limiter's height from which it pauses; what stands before a job's id; ids. Returns the end of the lease, and the places
 * (from 1) of those taken. A job that nobody has begun to carry out is one key.
 */
export const TAKE = scriptOf(`
local claims, limiter, settings, waiting = unpack(KEYS)
${NOW}
redis.call('ZREMRANGEBYSCORE', claims, '-inf', now)
if redis.call('LLEN', waiting) > 0 or redis.call('HEXISTS', settings, 'paused') == 1 then return {} end
if tonumber(redis.call('GET', limiter) or '0') >= tonumber(ARGV[2]) then return {} end
local taken = { now + ARGV[1] }
for place = 4, #ARGV do
  local id = ARGV[place]
  if redis.call('EXISTS', ARGV[3] .. id) == 0 and redis.call('ZADD', claims, 'NX', taken[1], id) == 1 then
    taken[#taken + 1] = place - 3
  end
end
return taken`);

/**
 * ARGV: the end of the caller's lease; for how long from now it is to be held, milliseconds, 0: no longer; ids. Touches
 * only what is the caller's still. Returns the new end.
 */
export const HOLD = scriptOf(`
${NOW}
local ends = now + ARGV[2]
local mine = {}
for place, score in ipairs(redis.call('ZMSCORE', KEYS[1], unpack(ARGV, 3))) do
  if tonumber(score) == tonumber(ARGV[1]) then mine[#mine + 1] = ARGV[place + 2] end
end
if ends == now and #mine > 0 then redis.call('ZREM', KEYS[1], unpack(mine)) end
if ends > now then for _, id in ipairs(mine) do redis.call('ZADD', KEYS[1], ends, id) end end
return ends`);

/** ARGV: id. Returns 1 or 0. */
export const IS_TAKEN = scriptOf(`
${NOW}
return tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '0') > now and 1 or 0`);

export const COUNT = scriptOf(`
${NOW}
return redis.call('ZCOUNT', KEYS[1], now + 1, '+inf')`);

/** What `TAKE` answers. */
export function readTaken(reply: unknown): { readonly endsMs: number; readonly places: readonly number[] } {
  const [endsMs = 0, ...places] = Array.isArray(reply) ? reply.map(Number) : [];
  return { endsMs, places };
}
