/**
 * What is done in one step within a part of the account. All keys of a call are in one slot.
 */

/**
 * Adds an entry, unless the same one is there.
 * KEYS: the hash of people, the stream, the hash of months, the month's counts.
 * ARGV: the field in the first ('': about nobody), the month, the field to count under ('': not counted), the
 * entry.
 * Returns the id in the stream, of the new entry or of the one that is there.
 */
export const WRITE = `
local known = ARGV[1] ~= '' and redis.call('HGET', KEYS[1], ARGV[1])
if known then return known end
local id = redis.call('XADD', KEYS[2], '*', unpack(ARGV, 4))
if ARGV[1] ~= '' then redis.call('HSET', KEYS[1], ARGV[1], id) end
redis.call('HSETNX', KEYS[3], ARGV[2], id)
if ARGV[3] ~= '' then redis.call('HINCRBY', KEYS[4], ARGV[3], 1) end
return id`;

/**
 * Puts in the place of each entry about an earner a copy at the stream's end, with nothing in it but the
 * names that stay: of a name that a later version wrote, nothing stays.
 * KEYS: the hash of people, the stream. ARGV: the earner, how the fields about them begin, the name that the
 * earner stands under, the names that stay. Returns how many entries.
 */
export const FORGET = `
local stays = {}
for at = 4, #ARGV do stays[ARGV[at]] = true end
local people = redis.call('HGETALL', KEYS[1])
local count = 0
for at = 1, #people, 2 do
  local ours = string.sub(people[at], 1, #ARGV[2]) == ARGV[2]
  local entry = ours and redis.call('XRANGE', KEYS[2], people[at + 1], people[at + 1])[1]
  local earner = nil
  local fields = entry and entry[2] or {}
  for f = 1, #fields, 2 do
    if fields[f] == ARGV[3] then earner = fields[f + 1] end
    if not stays[fields[f]] then fields[f + 1] = '' end
  end
  if earner == ARGV[1] then
    redis.call('XADD', KEYS[2], '*', unpack(fields))
    redis.call('XDEL', KEYS[2], people[at + 1])
    redis.call('HDEL', KEYS[1], people[at])
    count = count + 1
  end
end
return count`;

/**
 * Notes when entries of an event were written, unless that is noted.
 * KEYS: the hash of events. ARGV: the event, the first and the last millisecond, which have 13 digits each
 * until the year 2286, and so compare as texts.
 */
export const NOTE_SPAN = `
local known = redis.call('HGET', KEYS[1], ARGV[1])
for first, last in string.gmatch(known or '', '(%d+)-(%d+)') do
  if first <= ARGV[2] and ARGV[3] <= last then return 0 end
end
local span = ARGV[2] .. '-' .. ARGV[3]
redis.call('HSET', KEYS[1], ARGV[1], known and (known .. ',' .. span) or span)
return 1`;
