-- Sends each request of the file REQUESTS once, in turn, and tells what came of it on one line.
local file = io.open(os.getenv('REQUESTS'), 'rb')
local all = file:read('*a')
file:close()
local at = 1

function request()
  local stop = string.find(all, '\0', at, true)
  if not stop then
    wrk.thread:stop()
    return ''
  end
  local one = string.sub(all, at, stop - 1)
  at = stop + 1
  return one
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format('RESULT %d %d %.3f %.3f %d\n', summary.requests, summary.duration,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, e.status + e.read + e.write + e.timeout + e.connect))
end
