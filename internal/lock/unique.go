package lock

// libraryUnique: which job has a uniqueness key, and which waits behind it.
//
//	lock.unique(digest, policy, id)  'mine', or one of 'skip', 'reject',
//	    'behind' and 'replaced', with the job in the way, and for 'replaced'
//	    the job whose place id has taken
//	lock.ununique(digest, id)  id has ended, or waits no more; the job that
//	    waited behind it and has the key now, or nil
const libraryUnique = `
function lock.unique(digest, policy, id)
  if call('HSETNX', P .. 'unique', digest, id) == 1 then return 'mine' end
  local has = call('HGET', P .. 'unique', digest)
  if has == id then return 'mine' end
  if policy == 'skip' or policy == 'reject' then return policy, has end
  if call('HSETNX', P .. 'unique:next', digest, id) == 1 then return 'behind', has end
  local waits = call('HGET', P .. 'unique:next', digest)
  if waits == id then return 'behind', has end
  if policy ~= 'replace waiting' then return 'skip', waits end
  call('HSET', P .. 'unique:next', digest, id)
  return 'replaced', has, waits
end
function lock.ununique(digest, id)
  local waits = call('HGET', P .. 'unique:next', digest)
  if waits == id then
    call('HDEL', P .. 'unique:next', digest)
    return nil
  end
  if call('HGET', P .. 'unique', digest) ~= id then return nil end
  if not waits then
    call('HDEL', P .. 'unique', digest)
    return nil
  end
  call('HDEL', P .. 'unique:next', digest)
  call('HSET', P .. 'unique', digest, waits)
  return waits
end
`
