/**
 * A process was started with this version. KEYS: the state. ARGV: the version, now (Unix seconds). The
 * first ever is in force at once: there is nobody yet whom it could surprise. Another than the current one
 * begins a new change.
 */
export const START = `
local current = redis.call('HGET', KEYS[1], 'current')
if not current then
  redis.call('HSET', KEYS[1], 'current', ARGV[1], 'inForce', ARGV[1], 'generation', 1, 'sinceS', ARGV[2], 'released', '')
elseif current ~= ARGV[1] then
  redis.call('HSET', KEYS[1], 'current', ARGV[1], 'sinceS', ARGV[2], 'released', '')
  redis.call('HINCRBY', KEYS[1], 'generation', 1)
end
return 1`;

/**
 * A version is put into force, and what was asked for is kept until it is done. ARGV: that version, one award
 * or '' for all, '1' for no e-mail, now (Unix seconds), the versions that were current and in force when
 * the plan was made ('' for none). Returns 0: they no longer are.
 */
export const APPLY = `
local current = redis.call('HGET', KEYS[1], 'current') or ''
if current ~= ARGV[5] or (redis.call('HGET', KEYS[1], 'inForce') or '') ~= ARGV[6] then return 0 end
if current == '' then
  redis.call('HSET', KEYS[1], 'current', ARGV[1], 'inForce', ARGV[1], 'generation', 1, 'sinceS', ARGV[4], 'released', '')
elseif current ~= ARGV[1] then
  redis.call('HSET', KEYS[1], 'current', ARGV[1], 'sinceS', ARGV[4], 'released', '')
  redis.call('HINCRBY', KEYS[1], 'generation', 1)
end
redis.call('HSET', KEYS[1], 'applying', cjson.encode({ version = ARGV[1], only = ARGV[2], quiet = ARGV[3] == '1', startedS = tonumber(ARGV[4]) }))
if ARGV[2] == '' then
  redis.call('HSET', KEYS[1], 'inForce', ARGV[1], 'released', '')
  return 1
end
local released = redis.call('HGET', KEYS[1], 'released') or ''
if not string.find(' ' .. released .. ' ', ' ' .. ARGV[2] .. ' ', 1, true) then
  redis.call('HSET', KEYS[1], 'released', released == '' and ARGV[2] or (released .. ' ' .. ARGV[2]))
end
return 1`;
