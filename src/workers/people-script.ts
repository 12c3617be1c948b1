/**
 * All that is decided by of each address, in one answer: two commands an address, and a string for each
 * field, would take a plan for everybody several times as long.
 *
 * KEYS: of each address the earner's hash, then the ledger's; in a cluster, of one address (one hash tag)
 * only. Returns a text for each: a line that says how many of those that follow are of the earner's hash and
 * how many there are in all (`6 8`), then each field and its value. The sealed address and name stay where
 * they are. An empty text: one of the two is no hash.
 */
export const READ_ADDRESSES = `
local texts = {}
for k = 1, #KEYS, 2 do
  local fields, records = redis.pcall('HGETALL', KEYS[k]), redis.pcall('HGETALL', KEYS[k + 1])
  if fields.err or records.err then
    texts[#texts + 1] = ''
  else
    local lines = { '' }
    for i = 1, #fields, 2 do
      if fields[i] ~= 'address' and fields[i] ~= 'name' then
        lines[#lines + 1] = fields[i]
        lines[#lines + 1] = fields[i + 1]
      end
    end
    local own = #lines - 1
    for i = 1, #records do lines[#lines + 1] = records[i] end
    lines[1] = own .. ' ' .. (#lines - 1)
    texts[#texts + 1] = table.concat(lines, '\\n')
  end
end
return texts`;
