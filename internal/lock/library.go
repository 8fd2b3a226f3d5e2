package lock

// Library is Lua text that begins the scripts of the engine: it defines the
// table lock, whose functions are described where they stand. It takes no KEYS
// and no ARGV, names its keys itself, and reads the clock of Redis once.
//
// A script calls any number of functions for any number of jobs, then
// lock.call() for the jobs that may go now, and lock.flush() last: what can be
// counted or collected is written there at once. A script that ends without
// lock.flush() has decided things that nobody remembers.
//
// Most functions are only made when the first of them is called: making them
// takes Redis longer than to accept a job. A script that takes no locks does
// without.
const Library = "local lock = {}\ndo\n" + libraryBegin + libraryUnique +
	"local function open()\n" +
	libraryClock + libraryUse + libraryHolders + libraryLines + libraryRates +
	libraryTry + libraryCall + libraryLeases + libraryFlush +
	"end\n" + libraryOpen + "end\n"

// libraryBegin: what all need.
//
//	lock.at       Redis time, µs
//	lock.flush()  has nothing to write as long as nothing else was called
const libraryBegin = `
local call, P = redis.call, 'beadle:{b}:lock:'
local clock = call('TIME')
local at = clock[1] * 1000000 + clock[2]
lock.at = at
function lock.flush() end
`

// libraryOpen makes the other functions when one of them is asked for.
const libraryOpen = `
setmetatable(lock, {__index = function(_, name)
  setmetatable(lock, nil)
  open()
  return lock[name]
end})
`

// libraryClock: fences, and what is known of Redis itself.
//
//	lock.fence()  the fence of this script, as text: greater than every one
//	              before, and not less than the time in µs. All grants of one
//	              script share it: no two of them are of the same resource
//	lock.master(run, lease)  is told the run_id of the server ('' if unknown).
//	              Where it is not the one known so far, nothing is granted and
//	              nobody is reaped for one lease (µs), and all leases last at
//	              least that long: holders come first
//	lock.quiet()  whether that is so now
const libraryClock = `
local huge, floor = math.huge, math.floor
local last, quiet, blocking
local fenced, blocked = false, 0
local format = string.format
local function text(n) return format('%d', n) end
local now = text(at)
local function ms(us) return math.ceil(us / 1000) end
local function read()
  local got = call('MGET', P .. 'fence', P .. 'quiet', P .. 'blocking')
  last, quiet, blocking = tonumber(got[1] or 0), tonumber(got[2] or 0), tonumber(got[3] or 0)
end
function lock.fence()
  if fenced then return fenced end
  if not last then read() end
  last = last + 1
  if last < at then last = at end
  fenced = text(last)
  return fenced
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
    s = {name = name, rooms = {}}
    scopes[name] = s
  end
  return s
end
local function delta(s)
  local n = 0
  for i = 1, #s.rooms do n = n + s.rooms[i].delta end
  return n
end
local function room(task, client)
  local of = rooms[task]
  if not of then
    of = {}
    rooms[task] = of
  end
  local r = of[client]
  if not r then
    r = {task = task, client = client, everything = client .. '/*', delta = 0, all = scope('all'), own = scope('client:' .. client),
      every = scope('task:' .. task), both = scope('task:' .. task .. ':client:' .. client)}
    for _, s in ipairs({r.all, r.own, r.every, r.both}) do s.rooms[#s.rooms + 1] = r end
    of[client] = r
  end
  return r
end
local function count(s)
  if not s.base then s.base = tonumber(call('HGET', P .. 'use', s.name) or 0) end
  return math.max(s.base + delta(s), 0)
end
local function limits(r)
  if r.limits then return r.limits end
  if limited == nil then limited = call('HLEN', P .. 'limits') > 0 end
  r.limits = {}
  if not limited then return r.limits end
  local t = r.every.name
  local max = call('HMGET', P .. 'limits', r.both.name, t .. ':client:*', 'declared:' .. t .. ':client:*',
    r.own.name, 'client:*', t, 'declared:' .. t, 'all')
  local function bound(s, n)
    if n then r.limits[#r.limits + 1] = {scope = s, max = tonumber(n)} end
  end
  bound(r.both, max[1] or max[2] or max[3])
  bound(r.own, max[4] or max[5])
  bound(r.every, max[6] or max[7])
  bound(r.all, max[8])
  return r.limits
end
`

// libraryHolders: who holds which resources. What a job wants is decoded once.
//
//	lock.foresee(wants)  reads at once what lock.try would read for each of them
//	lock.recall(ids)     the same for lock.give
const libraryHolders = `
local decoded, state, unsaved, record, recalled = {}, {}, {}, {}, {}
local NONE = {}
local function list(v) return type(v) == 'table' and v or NONE end
local NOBODY = {n = 0}
local function parse(wants)
  local w = decoded[wants]
  if not w then
    w = cjson.decode(wants)
    w.reads, w.writes, w.rates, w.blocking = list(w.reads), list(w.writes), list(w.rates), w.blocking == true
    decoded[wants] = w
  end
  return w
end
local function users(raw)
  if not raw then return NOBODY end
  local n, id = string.match(raw, '^(%d+) (.*)$')
  local s = {n = tonumber(n), id = id}
  if s.n == 0 then s.writer = id end
  return s
end
local function resource(name)
  local s = state[name]
  if not s then
    s = users(call('HGET', P .. 'resources', name))
    state[name] = s
  end
  return s
end
local function set(name, s) state[name], unsaved[name] = s, s end
local function setwriter(name, id) set(name, id and {n = 0, writer = id} or NOBODY) end
local function addreader(name, id) set(name, {n = resource(name).n + 1, id = id}) end
local function delreader(name)
  local s = resource(name)
  set(name, s.n > 1 and {n = s.n - 1, id = s.id} or NOBODY)
end
local function held(id)
  local h = record[id]
  if h == nil then h = recalled[id] end
  if h == nil then h = call('HGET', P .. 'holders', id) end
  return h
end
local function fetch(key, fields)
  local all = {}
  for i = 1, #fields, 1000 do
    local some = call('HMGET', P .. key, unpack(fields, i, math.min(i + 999, #fields)))
    for k = 1, #some do all[fields[i + k - 1]] = some[k] end
  end
  return all
end
local function inspect(names)
  for name, raw in pairs(fetch('resources', names)) do
    if not state[name] then state[name] = users(raw) end
  end
end
function lock.foresee(all)
  local names = {}
  for i = 1, #all do
    if all[i] ~= '' then
      local w = parse(all[i])
      for k = 1, #w.writes do names[#names + 1] = w.writes[k] end
      for k = 1, #w.reads do names[#names + 1] = w.reads[k] end
    end
  end
  inspect(names)
end
function lock.recall(ids)
  local names = {}
  recalled = fetch('holders', ids)
  for _, h in pairs(recalled) do
    if h then
      for name in string.gmatch(h, '[rw]([^\t\n]*)\t') do names[#names + 1] = name end
    end
  end
  inspect(names)
end
local function describe(h)
  local task, client, worker, fence, since = string.match(h, '\n(.-)\n(.-)\n(.-)\n(.-)\n(.*)$')
  return {task = task, client = client, since = tonumber(since)}
end
local function put(id, who, w, fence)
  local names, reads, writes = w.blocking and 'b\t' or '', w.reads, w.writes
  for i = 1, #writes do
    setwriter(writes[i], id)
    names = names .. 'w' .. writes[i] .. '\t'
  end
  for i = 1, #reads do
    if resource(reads[i]).writer ~= id then
      addreader(reads[i], id)
      names = names .. 'r' .. reads[i] .. '\t'
    end
  end
  if w.blocking then
    setwriter(who.client .. '/*', id)
    blocking, blocked = blocking + 1, blocked + 1
  end
  record[id] = names .. '\n' .. who.task .. '\n' .. who.client .. '\n' .. (who.worker or '') .. '\n' .. fence .. '\n' .. now
end
local function hwrite(key, pending)
  local set, del = {}, {}
  for field, value in pairs(pending) do
    if value then
      set[#set + 1] = field
      set[#set + 1] = value
    else
      del[#del + 1] = field
    end
  end
  for i = 1, #set, 1000 do call('HSET', key, unpack(set, i, math.min(i + 999, #set))) end
  for i = 1, #del, 1000 do call('HDEL', key, unpack(del, i, math.min(i + 999, #del))) end
end
local function settle()
  for name, s in pairs(unsaved) do
    unsaved[name] = s.writer and '0 ' .. s.writer or s.n > 0 and s.n .. ' ' .. s.id
  end
  hwrite(P .. 'resources', unsaved)
  hwrite(P .. 'holders', record)
  unsaved, record, recalled = {}, {}, {}
end
local function reads(id, name)
  local h = held(id)
  return h and string.find(h, 'r' .. name .. '\t', 1, true)
end
local function anyreader(name)
  local s = resource(name)
  if reads(s.id, name) then return s.id end
  settle()
  local all, found = call('HGETALL', P .. 'holders'), nil
  for i = 1, #all, 2 do
    if string.find(all[i + 1], 'r' .. name .. '\t', 1, true) then
      local since = describe(all[i + 1]).since
      if not found or since < found then s.id, found = all[i], since end
    end
  end
  unsaved[name] = s
  return s.id
end
`
