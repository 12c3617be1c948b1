import { scriptOf } from '../platform/script.js';
import { ROWS_A_LIST } from './layout.js';

/**
 * What is done in one step with the rows of the account, which are in one slot. Rows are added to the last list
 * alone: whoever is told of another list than they thought comes again.
 */

/** So often is it noted when a row was written; and of each that was the first to tell of its month. */
export const ROWS_A_TIME = 64;

/**
 * `isLast(last, rows, list)`: whether rows are added to this list, and which is the last; `add(...)`: the row's number.
 * What is noted of a row is when the latest of it and of all before it was written: it never falls as rows rise, be a
 * clock set back, or be an older Palier's entries written behind today's. So it is noted of the next row ahead of time.
 */
const ADD = `
local function isLast(lastKey, rowsKey, list)
  local last = tonumber(redis.call('GET', lastKey) or '0')
  if last ~= list then return false, last end
  if redis.call('LLEN', rowsKey) < ${ROWS_A_LIST} then return true, last end
  redis.call('SET', lastKey, last + 1)
  return false, last + 1
end
local function add(rowsKey, timesKey, list, row, ms, isNoted)
  local number = list * ${ROWS_A_LIST} + redis.call('RPUSH', rowsKey, row) - 1
  local time = redis.call('TIME')
  local latest = redis.call('ZREVRANGE', timesKey, 0, 0, 'WITHSCORES')
  local at = math.max(tonumber(ms) or time[1] * 1000 + math.floor(time[2] / 1000), tonumber(latest[2] or '0'))
  local nth = number % ${ROWS_A_TIME}
  if nth == 0 or isNoted then redis.call('ZADD', timesKey, at, number) end
  redis.call('ZADD', timesKey, at, number - nth + ${ROWS_A_TIME})
  return number
end
`;

/**
 * Adds a row about those of whom the same is not being written already, and counts them.
 * KEYS: the number of the last list, that list, the times, what is being written, the months, the month's counts.
 * ARGV: the list's number, when it is written, Unix milliseconds ('': now), the month, the field to count under
 * ('': not counted), the row's head, then of each the identity ('': of nobody) and how they stand in the row.
 * Returns the number of the last list; then, when it was this one, the row of each.
 */
export const APPEND = scriptOf(`${ADD}
local list = tonumber(ARGV[1])
local good, last = isLast(KEYS[1], KEYS[2], list)
if not good then return { last } end
local number = list * ${ROWS_A_LIST} + redis.call('LLEN', KEYS[2])
local row, count, told = { ARGV[5] }, 0, { last }
for at = 6, #ARGV, 2 do
  local known = ARGV[at] ~= '' and redis.call('HGET', KEYS[4], ARGV[at])
  if not known then
    if ARGV[at] ~= '' then redis.call('HSET', KEYS[4], ARGV[at], number) end
    row[#row + 1] = ARGV[at + 1]
    count = count + 1
  end
  told[#told + 1] = tonumber(known or number)
end
if count > 0 then
  local isFirst = redis.call('HSETNX', KEYS[5], ARGV[3], number) == 1
  add(KEYS[2], KEYS[3], list, table.concat(row), ARGV[2], isFirst)
  if ARGV[4] ~= '' then redis.call('HINCRBY', KEYS[6], ARGV[4], count) end
end
return told`);

/**
 * What was being written stands in the records now, and is forgotten here.
 * KEYS: what is being written. ARGV: identities, and the row that the record names.
 * Returns of each the other row that was being written of it, and is to be taken back; -1: none.
 */
export const SETTLE = scriptOf(`
local others = {}
for at = 1, #ARGV, 2 do
  local row = redis.call('HGET', KEYS[1], ARGV[at])
  if row == ARGV[at + 1] then redis.call('HDEL', KEYS[1], ARGV[at]) end
  others[#others + 1] = (row and row ~= ARGV[at + 1]) and tonumber(row) or -1
end
return others`);

/**
 * Takes somebody out of a row that was written of them a second time.
 * KEYS: the list, what is being written, the month's counts. ARGV: the identity, the row's number, its place in
 * the list, the row as it was read and as it is to be, the field it was counted under ('': it was not).
 * Returns 0 when the row is another one by now: it is to be read again.
 */
export const TAKE_BACK = scriptOf(`
if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then return 1 end
if redis.call('LINDEX', KEYS[1], ARGV[3]) ~= ARGV[4] then return 0 end
redis.call('LSET', KEYS[1], ARGV[3], ARGV[5])
redis.call('HDEL', KEYS[2], ARGV[1])
if ARGV[6] ~= '' then redis.call('HINCRBY', KEYS[3], ARGV[6], -1) end
return 1`);

/**
 * Takes somebody out of a row, and adds one of nobody at the account's end in its stead.
 * KEYS: the number of the last list, that list, the times, the list of the row. ARGV: the last list's number, the
 * row's place in its list, the row as it was read and as it is to be, what takes its stead.
 * Returns the number of the last list; then, when it was this one, 1, or 0 when the row is another one by now.
 */
export const FORGET = scriptOf(`${ADD}
local list = tonumber(ARGV[1])
local good, last = isLast(KEYS[1], KEYS[2], list)
if not good then return { last } end
if redis.call('LINDEX', KEYS[4], ARGV[2]) ~= ARGV[3] then return { last, 0 } end
redis.call('LSET', KEYS[4], ARGV[2], ARGV[4])
add(KEYS[2], KEYS[3], list, ARGV[5], '')
return { last, 1 }`);

/**
 * All rows were looked through for these, unless they were forgotten once more meanwhile.
 * KEYS: those who are leaving. ARGV: of each the key, and how many rows it was noted with.
 */
export const HAVE_LEFT = scriptOf(`
for at = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[at]) == ARGV[at + 1] then redis.call('HDEL', KEYS[1], ARGV[at]) end
end`);

/**
 * Notes the rows that tell of an event, unless that is noted.
 * KEYS: the hash of events. ARGV: the event, then rows, in their order.
 * Answers what was noted before.
 */
export const NOTE_GIVEN = scriptOf(`
local noted = redis.call('HGET', KEYS[1], ARGV[1])
local all = noted or ''
for at = 2, #ARGV do
  if not string.find(',' .. all .. ',', ',' .. ARGV[at] .. ',', 1, true) then
    all = all == '' and ARGV[at] or all .. ',' .. ARGV[at]
  end
end
if all ~= noted then redis.call('HSET', KEYS[1], ARGV[1], all) end
return noted`);

/**
 * Of the rows that are noted of an event, these are not any more.
 * KEYS: the hash of events. ARGV: the event, then rows.
 */
export const TAKE_OUT_GIVEN = scriptOf(`
local out = {}
for at = 2, #ARGV do out[ARGV[at]] = true end
local left = {}
local noted = redis.call('HGET', KEYS[1], ARGV[1])
if not noted then return end
for row in string.gmatch(noted, '[^,]+') do
  if not out[row] then left[#left + 1] = row end
end
redis.call('HSET', KEYS[1], ARGV[1], table.concat(left, ','))`);
