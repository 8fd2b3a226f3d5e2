package lock

// libraryTry: take, give back, stop waiting. A who is a table with task,
// client, queue and worker; wants is the JSON text of a job.Wants, ” if the job
// wants nothing.
//
//	lock.try(id, who, wants)  the fence (text) if the job may run, and counts as
//	    running from now on. Else nil and why: {kind, name, holder, task, since
//	    (µs), due (ms), back (ms)}. With due, the caller tries again at that
//	    time and the job stands in no line that it did not stand in before.
//	    Without, it stands in line, at its old place if it had one, until
//	    lock.call or lock.sweep names it or lock.leave takes it out. Must not
//	    be called for a job that runs
//	lock.give(id, who)        gives all back. who.wants is '' if the job had no
//	    wants, else anything but nil; nil if that is not known. Twice does no
//	    harm to others' resources; a job without wants must be given back once
//	lock.leave(id)            the job waits no more, and its turns under rates are
//	    free again
//
// A blocking job that others would have to wait for too long steps back: why.back
// says until when new jobs go first.
const libraryTry = `
function lock.try(id, who, wants)
  if not last then read() end
  if quiet > at then return nil, {kind = 'redis', due = ms(quiet)} end
  local r = room(who.task, who.client)
  if wants == '' and blocking == 0 and inline() == 0 and #limits(r) == 0 then
    r.delta = r.delta + 1
    return lock.fence()
  end
  local w = wants ~= '' and parse(wants)
  local m = inline() > 0 and waiter(id) or nil
  local why = obstacle(r, w, m)
  if why then
    stand(m or enter(id, who, wants), why)
    return nil, why
  end
  if w and #w.rates > 0 then
    why = early(id, wants, w)
    if why then
      if m then leave(m) end
      return nil, why
    end
  end
  if m then drop(m) end
  r.delta = r.delta + 1
  local fence = lock.fence()
  if w then put(id, who, w, fence) end
  return fence
end
local function release(id, h, r)
  local from, to = 1, string.find(h, '\t', 1, true)
  while to do
    local mode, name = string.sub(h, from, from), string.sub(h, from + 1, to - 1)
    if mode == 'r' then
      delreader(name)
    else
      if mode == 'b' then name, blocking, blocked = r.everything, blocking - 1, blocked - 1 end
      setwriter(name, nil)
    end
    gone[name] = true
    from, to = to + 1, string.find(h, '\t', to + 1, true)
  end
  record[id] = false
end
function lock.give(id, who)
  if not last then read() end
  local r = room(who.task, who.client)
  if who.wants ~= '' then
    local h = held(id)
    if not h and who.wants then return end
    if h then release(id, h, r) end
  end
  r.delta = r.delta - 1
  r.given = true
end
function lock.leave(id)
  if inline() > 0 then
    local m = waiter(id)
    if m then leave(m) end
  end
  forfeit(id)
end
`

// libraryCall: hand over to those who wait.
//
//	lock.call()   {id, queue, client} of each job that may go thanks to what this
//	    script gave back, first come first. A called job keeps its place, and a
//	    place under each limit, until it tries: nobody can overtake it
//	lock.sweep()  the same for whoever was forgotten: called and not seen for
//	    10 s, under a limit that was raised, behind a blocking job that stepped
//	    back. It also calls a blocking job that steps back or forward, so that
//	    its reason is told anew. It looks at 500 waiters, the next time at the
//	    next 500
//
// A line is handed over page by page, 200 at a time: what is left is kept in
// "again" and goes on with the next lock.call of any script.
const libraryCall = `
local function summon(m, out)
  m.called = at
  if not m.places then m.places = {} end
  local has = {}
  for _, s in ipairs(m.places) do has[s] = true end
  for _, l in ipairs(limits(room(m.task, m.client))) do
    if not has[l.scope.name] then
      call('ZADD', P .. 'places:' .. l.scope.name, text(m.ticket), m.id)
      m.places[#m.places + 1] = l.scope.name
    end
  end
  save(m)
  out[#out + 1] = m
end
local function examine(m, out)
  local why = obstacle(room(m.task, m.client), m.wants ~= '' and parse(m.wants), m)
  if not why then
    summon(m, out)
  elseif m.called or why.place and (#m.places ~= 1 or m.places[1] ~= why.place) or not why.place and (#m.places > 0 or not m.locks) then
    stand(m, why)
  end
  return why
end
local function answer(out)
  table.sort(out, function(a, b) return a.ticket < b.ticket end)
  for i, m in ipairs(out) do out[i] = {m.id, m.queue, m.client} end
  return out
end
local function contains(names, name)
  for i = 1, #names do
    if names[i] == name then return true end
  end
end
local function heads(name, after, found)
  local passed = 0
  local ids = call('ZRANGEBYSCORE', P .. 'line:' .. name, after, '+inf', 'LIMIT', 0, PAGE)
  for _, id in ipairs(ids) do
    local m = waiter(id)
    if m then
      local w = m.wants ~= '' and parse(m.wants)
      found[#found + 1] = m
      if w and (contains(w.writes, name) or w.blocking and name == m.client .. '/*' and patience(m) % 2 == 0) then return end
      passed = m.ticket
    end
  end
  if #ids == PAGE then call('HSET', P .. 'again', name, '(' .. text(passed)) end
end
local function places(s, out)
  for _, id in ipairs(call('ZRANGE', P .. 'places:' .. s, 0, PAGE - 1)) do
    local m = waiter(id)
    if m and not m.called then
      local why = examine(m, out)
      if why and why.place == s then return end
    end
  end
end
local function given()
  for _, of in pairs(rooms) do
    for _, r in pairs(of) do
      if r.given then
        r.given = nil
        for _, l in ipairs(limits(r)) do free[l.scope.name] = true end
        if count(r.own) == 0 and first('wline:' .. r.everything) then gone[r.everything] = true end
        if count(r.all) == 0 and first('wline:/*') then gone['/*'] = true end
      end
    end
  end
end
local function resume()
  local again = call('HGETALL', P .. 'again')
  if #again > 0 then call('DEL', P .. 'again') end
  for i = 1, #again, 2 do
    if not gone[again[i]] then gone[again[i]] = again[i + 1] end
  end
end
function lock.call()
  if not last then read() end
  if inline() == 0 then return {} end
  given()
  resume()
  local out, found = {}, {}
  local lines = gone
  gone = {}
  for name, after in pairs(lines) do heads(name, after == true and '-inf' or after, found) end
  table.sort(found, function(a, b) return a.ticket < b.ticket end)
  for _, m in ipairs(found) do
    if not m.called then examine(m, out) end
  end
  while next(free) do
    local some = free
    free = {}
    for s in pairs(some) do places(s, out) end
  end
  return answer(out)
end
function lock.sweep()
  if not last then read() end
  if inline() == 0 then return {} end
  local out = {}
  local ids = call('ZRANGEBYSCORE', P .. 'waiting', call('GET', P .. 'sweep') or '-inf', '+inf', 'LIMIT', 0, 500)
  for _, id in ipairs(ids) do
    local m = waiter(id)
    if not m then
      call('ZREM', P .. 'waiting', id)
    elseif not m.called or m.called < at - FORGOTTEN then
      local phase = m.phase or 0
      local why = examine(m, out)
      if why and m.wants ~= '' and parse(m.wants).blocking and patience(m) ~= phase then
        m.phase = patience(m)
        save(m)
        out[#out + 1] = m
      end
    end
  end
  if #ids == 500 then
    call('SET', P .. 'sweep', '(' .. call('ZSCORE', P .. 'waiting', ids[500]), 'PX', 60000)
  else
    call('DEL', P .. 'sweep')
  end
  return answer(out)
end
`
