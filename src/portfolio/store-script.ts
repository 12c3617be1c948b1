/**
 * Writes one assertion into an earner's hash, in one step, so that an erasure, a link or a second writer
 * never meets half of it.
 *
 * KEYS: the hash. ARGV: assertion id, its text, '1' when revoked, '1' when what is stored says more,
 * sealed address, sealed name or '', generation of the change or '', when OBF recorded it (Unix seconds)
 * or '', fingerprint of the id, '1' when it is the Région's own.
 * Returns 'gone' (the person was erased, and this is of before), 'new' or 'same'.
 */
export const STORE_ASSERTION = `
local key, id = KEYS[1], ARGV[1]
local gone = redis.call('HGET', key, 'gone')
if gone then
  local back = redis.call('HEXISTS', key, 'address') == 1
  local at = tonumber(string.match(gone, '^%d+'))
  local known = string.find(gone, ' ' .. ARGV[9], 1, true) ~= nil
  local early = ARGV[8] ~= '' and tonumber(ARGV[8]) <= at
  if ARGV[10] == '1' then
    if known and not back then return 'gone' end
  elseif known or early then return 'gone' end
end
local before = redis.call('HGET', key, 'a:' .. id)
local revoked = redis.call('HEXISTS', key, 'x:' .. id) == 1
local fields = { 'address', ARGV[5] }
local function add(field, value)
  fields[#fields + 1] = field
  fields[#fields + 1] = value
end
if ARGV[6] ~= '' then add('name', ARGV[6]) end
if not (before and ARGV[4] == '1') then add('a:' .. id, ARGV[2]) end
if ARGV[3] == '1' then add('x:' .. id, '1') end
local same = before and (revoked or ARGV[3] ~= '1')
if ARGV[7] ~= '' and not same then
  local newest = math.max(tonumber(ARGV[7]), tonumber(redis.call('HGET', key, 'touched') or '0'))
  add('touched', string.format('%d', newest))
end
redis.call('HSET', key, unpack(fields))
if same then return 'same' end
return 'new'`;

/**
 * Leaves nothing of an earner's hash but a tombstone, unless it holds an assertion that whoever asks does
 * not know of. KEYS: the hash. ARGV: the tombstone, then the ids of every assertion. Returns 1 when done.
 */
export const ERASE = `
local known = {}
for i = 2, #ARGV do known['a:' .. ARGV[i]] = true end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, 2) == 'a:' and not known[field] then return 0 end
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'gone', ARGV[1])
return 1`;
