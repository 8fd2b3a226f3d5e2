package lock

// libraryLeases: the leases of workers, and what each holds. Times are µs.
//
//	lock.enlist(worker, us)  begins a lease, whatever there was before
//	lock.renew(worker, us)   true, and the lease lasts that long from now; false
//	    if it was reaped: the worker's session is over
//	lock.expired(max)        workers whose lease has run out; none while quiet
//	lock.alive(worker)       whether its lease lasts
//	lock.hold(worker, id, fence), lock.unhold(worker, id)  note what it runs
//	lock.holds(worker, ids)  {id = fence} of all that it runs, or of those that
//	    are among ids
//	lock.retire(worker)      forgets the lease and what it runs
const libraryLeases = `
local hold = {}
local function lease(worker)
  local ends = call('ZSCORE', P .. 'leases', worker)
  return ends and tonumber(ends)
end
local function holding(worker)
  local of = hold[worker]
  if not of then
    of = {}
    hold[worker] = of
  end
  return of
end
function lock.enlist(worker, us) call('ZADD', P .. 'leases', text(at + us), worker) end
function lock.renew(worker, us)
  local ends = lease(worker)
  if not ends then return false end
  if at + us > ends then call('ZADD', P .. 'leases', text(at + us), worker) end
  return true
end
function lock.expired(max)
  if lock.quiet() then return {} end
  return call('ZRANGEBYSCORE', P .. 'leases', '-inf', text(at), 'LIMIT', 0, max)
end
function lock.alive(worker)
  local ends = lease(worker)
  return ends and ends > at or false
end
function lock.hold(worker, id, fence) holding(worker)[id] = fence end
function lock.unhold(worker, id) holding(worker)[id] = false end
local function sethold(worker)
  if hold[worker] then hwrite(P .. 'held:' .. worker, hold[worker]) end
  hold[worker] = nil
end
function lock.holds(worker, ids)
  sethold(worker)
  if ids then return fetch('held:' .. worker, ids) end
  local flat, held = call('HGETALL', P .. 'held:' .. worker), {}
  for i = 1, #flat, 2 do held[flat[i]] = flat[i + 1] end
  return held
end
function lock.retire(worker)
  hold[worker] = nil
  call('ZREM', P .. 'leases', worker)
  call('DEL', P .. 'held:' .. worker)
end
`

// libraryFlush: lock.flush() writes what the calls of this script have counted
// and collected.
const libraryFlush = `
function lock.flush()
  for _, s in pairs(scopes) do
    local n = delta(s)
    if n ~= 0 and call('HINCRBY', P .. 'use', s.name, n) <= 0 then call('HDEL', P .. 'use', s.name) end
    s.base = nil
  end
  for _, of in pairs(rooms) do
    for _, r in pairs(of) do r.delta = 0 end
  end
  settle()
  for worker in pairs(hold) do sethold(worker) end
  if blocked ~= 0 then
    if call('INCRBY', P .. 'blocking', blocked) <= 0 then call('DEL', P .. 'blocking') end
    blocked = 0
  end
  if fenced then
    call('SET', P .. 'fence', fenced)
    fenced = false
  end
end
`
