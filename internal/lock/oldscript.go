package lock

import "github.com/redis/go-redis/v9"

// What is kept, all under the hash tag {lock}:
//
//	fence          the last fence that was granted
//	holder:<id>    a hash: worker, fence, since, until (µs of Redis time), and
//	               the resources, each as a field "r:<name>" = "r" or "w"
//	resource:<n>   a hash: holder id -> "r" or "w"
//
// A holder lives as long as its until lies ahead. The dead are cleared away
// where they are met; their keys also expire, in case nobody ever meets them.
const keep = `
local prefix = ARGV[1]
local function now()
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end
local function text(n) return string.format('%.0f', n) end
local function holderKey(id) return prefix .. 'holder:' .. id end
local function resourceKey(name) return prefix .. 'resource:' .. name end
local function alive(id, at)
  local until_ = redis.call('HGET', holderKey(id), 'until')
  return until_ and tonumber(until_) > at
end
local function drop(id)
  for _, field in ipairs(redis.call('HKEYS', holderKey(id))) do
    if string.sub(field, 1, 2) == 'r:' then
      redis.call('HDEL', resourceKey(string.sub(field, 3)), id)
    end
  end
  redis.call('DEL', holderKey(id))
end
local function extend(id, at, lease)
  redis.call('HSET', holderKey(id), 'until', text(at + lease))
  redis.call('PEXPIRE', holderKey(id), 86400000)
end
`

// takeScript answers {fence}, or {"0", resource, holder, since, …} if others
// stand in the way.
//
// ARGV: prefix, holder, worker, lease in µs, number of reads, reads…, writes…
var takeScript = redis.NewScript(keep + `
local holder, worker, lease, reads = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local at = now()
if alive(holder, at) then
  return {'0', '', holder, redis.call('HGET', holderKey(holder), 'since')}
end
drop(holder)

local wanted, names, refused = {}, {}, {'0'}
for i = 6, #ARGV do
  local name = ARGV[i]
  if not wanted[name] then names[#names + 1] = name end
  wanted[name] = (i - 5 > reads) and 'w' or 'r'
end
for _, name in ipairs(names) do
  local held = redis.call('HGETALL', resourceKey(name))
  for j = 1, #held, 2 do
    local other, mode = held[j], held[j + 1]
    if not alive(other, at) then
      drop(other)
      redis.call('HDEL', resourceKey(name), other)
    elseif mode == 'w' or wanted[name] == 'w' then
      refused[#refused + 1] = name
      refused[#refused + 1] = other
      refused[#refused + 1] = redis.call('HGET', holderKey(other), 'since')
    end
  end
end
if #refused > 1 then return refused end

local last = tonumber(redis.call('GET', KEYS[1]) or '0')
local fence = text(math.max(last + 1, at))
redis.call('SET', KEYS[1], fence)
redis.call('HSET', holderKey(holder), 'worker', worker, 'fence', fence, 'since', text(at))
for _, name in ipairs(names) do
  local mode = wanted[name]
  redis.call('HSET', holderKey(holder), 'r:' .. name, mode)
  redis.call('HSET', resourceKey(name), holder, mode)
end
extend(holder, at, lease)
return {fence}
`)

// renewScript answers the holders that are lost.
//
// ARGV: prefix, worker, lease in µs, holders…
var renewScript = redis.NewScript(keep + `
local worker, lease, at, lost = ARGV[2], tonumber(ARGV[3]), now(), {}
for i = 4, #ARGV do
  local id = ARGV[i]
  if alive(id, at) and redis.call('HGET', holderKey(id), 'worker') == worker then
    extend(id, at, lease)
  else
    lost[#lost + 1] = id
  end
end
return lost
`)

// releaseScript drops a holder if its fence is still the one given.
//
// ARGV: prefix, holder, fence
var releaseScript = redis.NewScript(keep + `
if redis.call('HGET', holderKey(ARGV[2]), 'fence') == ARGV[3] then drop(ARGV[2]) end
return 0
`)
