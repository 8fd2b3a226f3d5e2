package lock

// libraryLines: who stands in line, and who is in whose way.
const libraryLines = `
local PATIENCE, PAGE, FORGOTTEN = 900000000, 200, 10000000
local waiting, known, ahead = nil, {}, {}
local gone, free = {}, {}
local function inline()
  if not waiting then waiting = call('ZCARD', P .. 'waiting') end
  return waiting
end
local function waiter(id)
  local m = known[id]
  if m == nil then
    local raw = call('HGET', P .. 'waiters', id)
    m = false
    if raw then
      m = cjson.decode(raw)
      m.id, m.ticket, m.since = id, tonumber(m.ticket), tonumber(m.since)
      m.called, m.places = tonumber(m.called), m.places or {}
    end
    known[id] = m
  end
  return m or nil
end
local function save(m)
  call('HSET', P .. 'waiters', m.id, cjson.encode({ticket = text(m.ticket), since = text(m.since), task = m.task, client = m.client,
    queue = m.queue, wants = m.wants, locks = m.locks, places = next(m.places) and m.places or nil,
    called = m.called and text(m.called), phase = m.phase}))
end
local function eachline(m, f)
  local own = m.client .. '/*'
  local w = m.wants ~= '' and parse(m.wants)
  if w then
    for i = 1, #w.writes do f(w.writes[i], 'w') end
    for i = 1, #w.reads do f(w.reads[i], 'r') end
  end
  f(own, w and w.blocking and 'w' or 'r')
  if own ~= '/*' then f('/*', 'r') end
end
local function unplace(m, keep)
  for i = 1, #m.places do
    local s = m.places[i]
    if s ~= keep then
      call('ZREM', P .. 'places:' .. s, m.id)
      free[s] = true
    end
  end
end
local function drop(m)
  call('ZREM', P .. 'waiting', m.id)
  call('HDEL', P .. 'waiters', m.id)
  if m.locks then
    eachline(m, function(name, mode)
      call('ZREM', P .. 'line:' .. name, m.id)
      if mode == 'w' then call('ZREM', P .. 'wline:' .. name, m.id) end
    end)
  end
  for i = 1, #m.places do call('ZREM', P .. 'places:' .. m.places[i], m.id) end
  known[m.id], ahead, waiting = false, {}, inline() - 1
end
local function stand(m, why)
  local before = #m.places
  if why.place then
    if before ~= 1 or m.places[1] ~= why.place then
      unplace(m, why.place)
      call('ZADD', P .. 'places:' .. why.place, text(m.ticket), m.id)
      m.places = {why.place}
    end
  else
    unplace(m)
    m.places = {}
    if not m.locks then
      m.locks = true
      eachline(m, function(name, mode)
        call('ZADD', P .. 'line:' .. name, text(m.ticket), m.id)
        if mode == 'w' then call('ZADD', P .. 'wline:' .. name, text(m.ticket), m.id) end
      end)
      ahead = {}
    end
  end
  m.called = nil
  save(m)
end
local function enter(id, who, wants)
  local m = {id = id, ticket = call('INCR', P .. 'ticket'), since = at, task = who.task, client = who.client,
    queue = who.queue or '', wants = wants, places = {}}
  waiting = inline() + 1
  call('ZADD', P .. 'waiting', text(m.ticket), id)
  known[id] = m
  return m
end
local function first(key)
  local head = ahead[key]
  if head == nil then
    local got = call('ZRANGE', P .. key, 0, 0, 'WITHSCORES')
    head = got[1] and {id = got[1], ticket = tonumber(got[2])} or false
    ahead[key] = head
  end
  return head
end
local function leave(m)
  if m.locks then
    eachline(m, function(name, mode)
      if mode == 'w' or first('wline:' .. name) then gone[name] = true end
    end)
  end
  for i = 1, #m.places do free[m.places[i]] = true end
  drop(m)
end
local function patience(m) return floor((at - m.since) / PATIENCE) end
local function waitingwriters(name)
  local key = 'wline:' .. name
  local all = ahead[key .. ':all']
  if not all then
    all = {}
    for _, id in ipairs(call('ZRANGE', P .. key, 0, -1)) do all[#all + 1] = waiter(id) end
    ahead[key .. ':all'] = all
  end
  return all
end
local function because(kind, name, id, m)
  local why = {kind = kind, name = name}
  local h = id and not m and held(id)
  if h then m = describe(h) end
  if m then why.holder, why.task, why.since = id, m.task, m.since end
  return why
end
local function behind(kind, name, head)
  local s = resource(name)
  local id = s.writer or s.n > 0 and anyreader(name)
  if id then return because(kind, name, id) end
  return head and because(kind, name, head.id, waiter(head.id)) or because(kind, name)
end
local function shared(name, ticket)
  local id = blocking > 0 and resource(name).writer
  if id then return because('blocking', name, id) end
  if inline() == 0 then return nil end
  for _, m in ipairs(waitingwriters(name)) do
    if m.ticket < ticket and patience(m) % 2 == 0 then return because('blocking', name, m.id, m) end
  end
end
local function alone(r, ticket, m)
  local why
  if count(r.client == '' and r.all or r.own) > 0 then
    why = because('blocking', r.everything)
  elseif inline() > 0 then
    local head = first('line:' .. r.everything)
    if head and head.ticket < ticket then why = behind('blocking', r.everything, head) end
  end
  if why and m and patience(m) % 2 == 1 then why.back = ms(m.since + (patience(m) + 1) * PATIENCE) end
  return why
end
local function conflict(w, ticket)
  local crowd, reads, writes = inline() > 0, w.reads, w.writes
  for i = 1, #writes do
    local name = writes[i]
    local s = resource(name)
    if s.writer or s.n > 0 then return behind('lock', name) end
    local head = crowd and first('line:' .. name)
    if head and head.ticket < ticket then return behind('lock', name, head) end
  end
  for i = 1, #reads do
    local name = reads[i]
    if resource(name).writer then return behind('lock', name) end
    local head = crowd and first('wline:' .. name)
    if head and head.ticket < ticket then return behind('lock', name, head) end
  end
end
local function full(r, ticket)
  local l = limits(r)
  for i = 1, #l do
    local s, n = l[i].scope, 0
    if inline() > 0 then
      n = ticket == huge and call('ZCARD', P .. 'places:' .. s.name) or call('ZCOUNT', P .. 'places:' .. s.name, '-inf', '(' .. text(ticket))
    end
    if count(s) + n >= l[i].max then return {kind = 'limit', name = s.name, place = s.name} end
  end
end
local function obstacle(r, w, m)
  local ticket = m and m.ticket or huge
  local why
  if blocking > 0 or inline() > 0 then
    why = shared(r.everything, ticket) or r.client ~= '' and shared('/*', ticket)
    if why then return why end
  end
  if w then
    why = w.blocking and alone(r, ticket, m)
    if why then return why end
    why = conflict(w, ticket)
    if why then return why end
  end
  return full(r, ticket)
end
`
