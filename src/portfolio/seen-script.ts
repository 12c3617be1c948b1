import { scriptOf } from '../platform/script.js';

/**
 * The events of a client, in as little as may be: Redis keeps a set of numbers in 8 bytes each as long as
 * there are at most 512 of them. So they are spread over sets by their last digits, and as they grow in
 * number one set after the other is divided in two: linear hashing, of which no step is long.
 *
 * KEYS of each script: a hash with `n`, how many events, and `b`, how many sets; the sets stand behind it as
 * `<key>:<at>`, in its slot. Numbers are texts: a script's own have 53 bits.
 */
const SETS = `
local key = KEYS[1]
local n = tonumber(redis.call('HGET', key, 'n') or '0')
local b = tonumber(redis.call('HGET', key, 'b') or '1')
local function setOf(number)
  local level = 1
  while level * 2 <= b do level = level * 2 end
  local digits = tonumber(string.sub(number, -9)) or 0
  if digits < 0 then digits = -digits end
  local at = digits % (level * 2)
  if at >= b then at = digits % level end
  return key .. ':' .. at
end`;

/** On average, so that hardly one is ever beyond 512 before its turn to be divided comes. */
const IN_A_SET = 160;

/** ARGV: numbers. */
export const ADD = scriptOf(`${SETS}
local function divide()
  local level = 1
  while level * 2 <= b do level = level * 2 end
  local from = key .. ':' .. (b - level)
  local numbers = redis.call('SMEMBERS', from)
  b = b + 1
  redis.call('DEL', from)
  for _, number in ipairs(numbers) do redis.call('SADD', setOf(number), number) end
end
for _, number in ipairs(ARGV) do
  n = n + redis.call('SADD', setOf(number), number)
  if n > b * ${IN_A_SET} then divide() end
end
redis.call('HSET', key, 'n', n, 'b', b)
return n`);

/** ARGV: numbers. Returns the places (from 1) of those that do not stand there. */
export const UNSEEN = scriptOf(`${SETS}
local places = {}
for place, number in ipairs(ARGV) do
  if redis.call('SISMEMBER', setOf(number), number) == 0 then places[#places + 1] = place end
end
return places`);

/** ARGV: numbers. */
export const FORGET = scriptOf(`${SETS}
for _, number in ipairs(ARGV) do n = n - redis.call('SREM', setOf(number), number) end
redis.call('HSET', key, 'n', n, 'b', b)
return n`);

/** ARGV: which set. Returns its numbers; nothing where there are not so many sets. */
export const LIST = scriptOf(`${SETS}
if tonumber(ARGV[1]) >= b then return false end
return redis.call('SMEMBERS', key .. ':' .. ARGV[1])`);
