package lock

// libraryRates: when a job may start under its rates. Whoever comes too early
// is given its turn, and passes when it comes back at that time.
//
// A token bucket is kept as the time at which it will be full (rate:<key>).
// Under a sliding window, starts:<key> has the starts within the window. In
// both, turns:<key> has who has been given which turn, for a day at most;
// turn:<id> says what the job's wants were, so that it can give its turns back.
const libraryRates = `
local DAY = 86400000000
local function period(rate) return rate.per_seconds * 1000000 end
local function bucket(rate, id)
  local turn = call('ZSCORE', P .. 'turns:' .. rate.key, id)
  if turn then return tonumber(turn) end
  local filled = math.max(tonumber(call('GET', P .. 'rate:' .. rate.key) or 0), at)
  return filled - (rate.count - 1) * period(rate) / rate.count, filled + period(rate) / rate.count
end
local function window(rate, id)
  local starts, turns, per = P .. 'starts:' .. rate.key, P .. 'turns:' .. rate.key, period(rate)
  call('ZREMRANGEBYSCORE', starts, '-inf', text(floor(at - per)))
  local n = call('ZCARD', starts)
  local rank = call('ZRANK', turns, id)
  if rank then
    local turn = tonumber(call('ZSCORE', turns, id))
    if turn > at or n < rate.count then return turn end
  end
  local late = n + (rank or call('ZCARD', turns)) - rate.count
  if late < 0 then return at end
  local base = call('ZRANGE', starts, late % rate.count, late % rate.count, 'WITHSCORES')[2]
  return tonumber(base or at) + per * (1 + floor(late / rate.count))
end
local function fill(rate, filled)
  call('SET', P .. 'rate:' .. rate.key, string.format('%.3f', filled), 'PX', ms(filled - at) + 1000)
end
local function plan(rate, id, turn, filled)
  local turns = P .. 'turns:' .. rate.key
  call('ZREMRANGEBYSCORE', turns, '-inf', text(at - DAY))
  call('ZADD', turns, text(floor(math.max(turn, at))), id)
  call('PEXPIRE', turns, ms(math.max(turn - at, 0) + DAY))
  if filled then fill(rate, filled) end
end
local function start(rate, id, filled)
  call('ZREM', P .. 'turns:' .. rate.key, id)
  if rate.window then
    local starts = P .. 'starts:' .. rate.key
    call('ZADD', starts, text(at), id .. ' ' .. lock.fence())
    call('PEXPIRE', starts, ms(period(rate)) + 1000)
  elseif filled then
    fill(rate, filled)
  end
end
local function early(id, wants, w)
  local turns, filled, due, name = {}, {}, at, nil
  for i, rate in ipairs(w.rates) do
    if rate.window then turns[i] = window(rate, id) else turns[i], filled[i] = bucket(rate, id) end
    if turns[i] > due then due, name = turns[i], rate.key end
  end
  for i, rate in ipairs(w.rates) do
    if name then plan(rate, id, turns[i], filled[i]) else start(rate, id, filled[i]) end
  end
  if not name then
    call('DEL', P .. 'turn:' .. id)
    return nil
  end
  call('SET', P .. 'turn:' .. id, wants, 'PX', ms(due - at + DAY))
  return {kind = 'rate', name = name, due = ms(due)}
end
local function forfeit(id)
  local wants = call('GET', P .. 'turn:' .. id)
  if not wants then return end
  for _, rate in ipairs(parse(wants).rates) do call('ZREM', P .. 'turns:' .. rate.key, id) end
  call('DEL', P .. 'turn:' .. id)
end
`
