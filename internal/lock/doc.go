// Package lock decides who may touch what: locks on named resources, limits on
// how many jobs run and how often they start, the leases of workers, and the
// office of leader among processes that could each do the work.
//
// Jobs take and give back within scripts of the engine, which begin with
// [Library]: one script moves a job and decides about its locks, so there is no
// moment between the two in which a process could die. [Locks] is for people:
// what is held and by whom, and the limits that operators set.
//
// # Resources
//
// A resource may be read by many or written by one. A job asks for all that it
// wants at once and gets all or nothing, so there are no deadlocks. Every job
// also shares everything of its client and of the platform ("client/*" and
// "/*"), which a blocking job takes alone. That costs nothing: the others are
// only counted.
//
// # Lines
//
// A job that is refused gets a ticket and stands in the lines of all its
// resources until it is granted, and whoever comes later and is in conflict
// with it waits behind it, even if the resource is free just now. So a waiting
// writer stops new readers and is never overtaken. When something is given
// back, lock.call names those that may go now; they keep their place until they
// have tried. A blocking job stops all others of its client, so it steps back
// after 15 minutes in line, lets them start for the next 15, and so on.
//
// A job that only waits for a place under a limit holds no place in the lines
// of its resources: a thousand jobs under a limit of one must not keep a writer
// out for a day. Once it had its place and was refused for a resource, it does.
// Limits are asked from the narrow (a task for a client) to the wide (all), and
// a job waits under the first that is full, so that one client at its limit
// keeps no place from others.
//
// Under a rate a job is given its turn, and comes back at that time by itself.
//
// # Leases
//
// What a worker holds is held until it is given back, by the worker or by whoever
// finds that the worker's lease has run out. A worker must stop by its own
// monotonic clock before that. What it cannot stop in time, such as a frozen
// process that wakes up, is told apart by its fence: a number that only ever
// grows, by which writes of an outdated holder are refused. After a change of
// master, which may have lost the last second, nothing is granted for one
// lease, while holders renew theirs.
//
// # What is kept
//
// All times are those of Redis, in µs; clocks of workers are never compared.
// Keys begin with "beadle:{b}:lock:".
//
//	fence, ticket      the last fence, the last ticket
//	resources          name -> "0 <writer>", or "<readers> <one of them>"
//	holders            job -> its resources, task, client, worker, fence, since;
//	                   only of jobs that hold or count something by name
//	blocking           how many blocking jobs run
//	use                scope -> how many jobs run
//	limits             scope -> how many may; "declared:" ones are the tasks' own
//	waiting, waiters   who waits: job -> ticket, and job -> what for (JSON)
//	line:<name>        who stands in line: job -> ticket; wline:<name> the writers
//	places:<scope>     who waits for a place under a limit, or was called and
//	                   keeps one
//	again, sweep       where handing over goes on
//	rate:, starts:, turns:<key>, turn:<job>   rates, see libraryRates
//	leases             worker -> its end; held:<worker> job -> fence
//	run, quiet         the server's run_id, and until when nothing is granted
//	unique, unique:next   uniqueness key -> the job that has it, and that waits
//	leader:<office>    who leads, until when
package lock
