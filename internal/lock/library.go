package lock

// Library is Lua text that begins the scripts of the engine: it defines the
// table lock, whose functions are described where they stand. It takes no KEYS
// and no ARGV, names its keys itself, and reads the clock of Redis once.
//
// A script calls any number of functions for any number of jobs, then
// lock.call() for the jobs that may go now, and lock.flush() last: what can be
// counted or collected is written there at once. A script that ends without
// lock.flush() has decided things that nobody remembers.
const Library = "local lock = {}\ndo\n" +
	libraryClock + libraryUse + libraryHolders + libraryLines + libraryRates +
	libraryTry + libraryCall + libraryLeases + libraryUnique + libraryFlush +
	"end\n"

// libraryClock: the time, fences, and what is known of Redis itself.
//
//	lock.at       Redis time, µs
//	lock.fence()  the next fence, as text: greater than every one before, and
//	              not less than the time in µs
//	lock.master(run, lease)  is told the run_id of the server ('' if unknown).
//	              Where it is not the one known so far, nothing is granted and
//	              nobody is reaped for one lease (µs), and all leases last at
//	              least that long: holders come first
//	lock.quiet()  whether that is so now
const libraryClock = `
local call, P, huge, floor = redis.call, 'beadle:{lock}:', math.huge, math.floor
local clock = call('TIME')
local at = clock[1] * 1000000 + clock[2]
lock.at = at
local last, quiet, blocking
local fenced, blocked = false, 0
local function text(n) return string.format('%.0f', n) end
local function ms(us) return math.ceil(us / 1000) end
local function read()
  local got = call('MGET', P .. 'fence', P .. 'quiet', P .. 'blocking')
  last, quiet, blocking = tonumber(got[1] or 0), tonumber(got[2] or 0), tonumber(got[3] or 0)
end
function lock.fence()
  if not last then read() end
  last = last + 1
  if last < at then last = at end
  fenced = true
  return text(last)
end
function lock.quiet()
  if not last then read() end
  return quiet > at
end
function lock.master(run, lease)
  if run == '' then return end
  local known = call('GET', P .. 'run')
  if known == run then return end
  call('SET', P .. 'run', run)
  if not known then return end
  if not last then read() end
  quiet = at + lease
  call('SET', P .. 'quiet', text(quiet), 'PX', ms(lease) + 1000)
  for _, worker in ipairs(call('ZRANGEBYSCORE', P .. 'leases', '-inf', text(quiet))) do
    call('ZADD', P .. 'leases', text(quiet), worker)
  end
end
`

// libraryUse: how many jobs run, and how many may. A scope is 'all',
// 'client:<c>', 'task:<t>' or 'task:<t>:client:<c>'.
const libraryUse = `
local scopes, rooms, limited = {}, {}, nil
local function scope(name)
  local s = scopes[name]
  if not s then
    s = {name = name, delta = 0}
    scopes[name] = s
  end
  return s
end
local function room(task, client)
  local of = rooms[task]
  if not of then
    of = {}
    rooms[task] = of
  end
  local r = of[client]
  if not r then
    r = {task = task, client = client, everything = client .. '/*', all = scope('all'), own = scope('client:' .. client),
      task_ = scope('task:' .. task), both = scope('task:' .. task .. ':client:' .. client)}
    of[client] = r
  end
  return r
end
local function add(r, n)
  local a, b, c, d = r.all, r.own, r.task_, r.both
  a.delta, b.delta, c.delta, d.delta = a.delta + n, b.delta + n, c.delta + n, d.delta + n
end
local function count(s)
  if not s.base then s.base = tonumber(call('HGET', P .. 'use', s.name) or 0) end
  return math.max(s.base + s.delta, 0)
end
local function limits(r)
  if r.limits then return r.limits end
  if limited == nil then limited = call('HLEN', P .. 'limits') > 0 end
  r.limits = {}
  if not limited then return r.limits end
  local t = r.task_.name
  local max = call('HMGET', P .. 'limits', r.both.name, t .. ':client:*', 'declared:' .. t .. ':client:*',
    r.own.name, 'client:*', t, 'declared:' .. t, 'all')
  local function bound(s, n)
    if n then r.limits[#r.limits + 1] = {scope = s, max = tonumber(n)} end
  end
  bound(r.both, max[1] or max[2] or max[3])
  bound(r.own, max[4] or max[5])
  bound(r.task_, max[6] or max[7])
  bound(r.all, max[8])
  return r.limits
end
`

// libraryHolders: who holds which resources. What a job wants is decoded once.
const libraryHolders = `
local decoded, writers, readers, holders = {}, {}, {}, {}
local wpend, rpend, hpend = {}, {}, {}
local function list(v) return type(v) == 'table' and v or {} end
local function parse(wants)
  local w = decoded[wants]
  if w then return w end
  local raw = cjson.decode(wants)
  w = {names = {}, modes = {}, blocking = raw.blocking == true, rates = list(raw.rates)}
  for _, name in ipairs(list(raw.writes)) do
    if not w.modes[name] then w.names[#w.names + 1] = name end
    w.modes[name] = 'w'
  end
  for _, name in ipairs(list(raw.reads)) do
    if not w.modes[name] then
      w.names[#w.names + 1] = name
      w.modes[name] = 'r'
    end
  end
  decoded[wants] = w
  return w
end
local function writer(name)
  local id = writers[name]
  if id == nil then
    id = call('HGET', P .. 'writers', name)
    writers[name] = id
  end
  return id
end
local function know(names)
  for i = 1, #names do
    if writers[names[i]] ~= nil then return end
  end
  if #names < 2 then return end
  local got = call('HMGET', P .. 'writers', unpack(names))
  for i = 1, #names do writers[names[i]] = got[i] end
end
local function reading(name)
  local n = readers[name]
  if not n then
    n = call('ZCARD', P .. 'readers:' .. name)
    readers[name] = n
  end
  return n
end
local function setreader(name, id, since)
  local pend = rpend[name]
  if not pend then
    pend = {}
    rpend[name] = pend
  end
  pend[id] = since
  if readers[name] then readers[name] = readers[name] + (since and 1 or -1) end
end
local function setwriter(name, id)
  writers[name], wpend[name] = id, id
end
local function holder(id)
  local h = hpend[id]
  if h == nil then h = call('HGET', P .. 'holders', id) end
  if not h then return nil end
  local task, client, worker, fence, since, wants = string.match(h, '^(.-)\n(.-)\n(.-)\n(.-)\n(.-)\n(.*)$')
  return {task = task, client = client, since = tonumber(since), wants = wants}
end
local function put(id, who, wants, w, fence)
  local now = text(at)
  hpend[id] = table.concat({who.task, who.client, who.worker or '', fence, now, wants}, '\n')
  for i = 1, #w.names do
    local name = w.names[i]
    if w.modes[name] == 'w' then setwriter(name, id) else setreader(name, id, now) end
  end
  if w.blocking then
    setwriter(who.client .. '/*', id)
    blocking, blocked = blocking + 1, blocked + 1
  end
end
local function each(args, size, f)
  for i = 1, #args, size do f(unpack(args, i, math.min(i + size - 1, #args))) end
end
local function hwrite(key, pend)
  local set, del = {}, {}
  for field, value in pairs(pend) do
    if value then
      set[#set + 1] = field
      set[#set + 1] = value
    else
      del[#del + 1] = field
    end
  end
  each(set, 1000, function(...) call('HSET', key, ...) end)
  each(del, 1000, function(...) call('HDEL', key, ...) end)
end
local function settle()
  hwrite(P .. 'writers', wpend)
  hwrite(P .. 'holders', hpend)
  for name, pend in pairs(rpend) do
    local key, set, del = P .. 'readers:' .. name, {}, {}
    for id, since in pairs(pend) do
      if since then
        set[#set + 1] = since
        set[#set + 1] = id
      else
        del[#del + 1] = id
      end
    end
    each(set, 1000, function(...) call('ZADD', key, ...) end)
    each(del, 1000, function(...) call('ZREM', key, ...) end)
  end
  wpend, rpend, hpend = {}, {}, {}
end
`
