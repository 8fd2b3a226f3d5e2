// Package engine takes jobs in, keeps them in Redis while they are in flight,
// and runs them on workers. It is the only package that knows asynq.
//
// # One record
//
// A job is one hash, the one in which asynq keeps a task: asynq:{b}:queue}:t:<id>.
// Two of its fields are asynq's: msg, asynq's own encoding of what never
// changes (task, arguments, client, who asked for it), and state. The others are
// ours and are there when there is something to say: live (state, revision,
// fence, attempt, worker), failures, progress, what the job waits for. A job
// that nobody has touched since it was accepted has asynq's two fields and
// nothing else. Asynq's own tools can look at queues, and tasks that asynq's
// client has enqueued run; the queue "default" is called "b}:default" there.
//
// A job stands in exactly one place, by its state:
//
//	queued     in the line of its client, or among those that are next: asynq's
//	           list of pending tasks
//	scheduled, in asynq's sets of those that are due later
//	retrying
//	waiting    in a set of its queue, or among those that are due, if a time is
//	           known at which it goes on
//	running    in the hands of a worker
//	ended      nowhere; the record stays until the ledger has it
//
// # One script, one step
//
// Whatever happens to a job is one script: it changes the record, moves the job,
// takes or gives back its locks and limits, and reports it all as one entry of
// the event stream. So there is no moment at which a process could die and leave
// a job without a place, a lock without a job or a change without an event.
// There are no intents to be repeated and nothing is granted in two steps. So
// all keys of an installation must be on one server, and in a Redis Cluster in
// one slot: they have one hash tag, [lock.Home]. One node does the work; its
// replicas, and that another can take the slot over, is what a Cluster gives.
//
// Scripts begin with those of package lock, which decide who may run beside
// whom, and with the library of this package, which moves jobs. They answer with
// the time of Redis. Whatever is decided by time (leases, turns, what is due or
// expired) is decided by that; what a worker writes down, such as when an attempt
// ended, is its own clock corrected by what Redis said last. So clocks need not
// agree; of a worker's nothing is expected but that it runs forward. Ids are made
// by the process that enqueues, and with them the time of acceptance.
//
// What the task's code must be asked for, or what is a matter of policy (the
// pause before another attempt), is worked out in Go from the record as it was
// read, and written if its live part is still the same. Whoever lost the race
// reads again and decides again; see [Engine.Abort].
//
// # Workers work in turns
//
// A worker does not go to Redis for each job. A turn is one round trip that
// records the attempts that have ended, starts jobs whose wants have been found
// out, and claims as many as there are free places. Two turns may be under way
// at a time. The busier a worker is, the more a turn carries, so that it goes
// about as far over a slow network as over a fast one.
//
// Jobs that are over at once are taken ahead: as many more than there are places
// as will have begun within 5 ms, going by how long the latest took, and at most
// three for each place. One that finds no place within 100 ms is put back at the
// head of its queue, no attempt used, and so are those that are left when the
// worker is told to stop.
//
// A claimed job whose task wants nothing is started by the claim. One whose task
// names locks, rates or the like by its arguments is handed out first, because
// only the task's code knows; the worker asks it, and the next turn starts the
// job or lets it wait.
//
// When there is nothing to take the worker waits for a token (BLPOP) that
// whoever queues a job leaves, and for the time at which the next one is due. It
// does not poll.
//
// # What asynq does
//
// Asynq's server runs in the worker and calls the handler, with as many
// goroutines as the worker has places. It runs over a client that is a conveyor:
// asked for the next task it hands over one of those that the worker has
// claimed; the handler makes that attempt, and goes on with others that wait for
// a place. All else that the server wants to tell Redis it answers itself,
// because a turn has said it. Its retries, timeouts, uniqueness, archive,
// scheduler, forwarder and recoverer are not used. Nothing of ours ever stands in
// its active list, its lease set or its archive; what a tool or a person puts
// there the [Sweeper] queues again.
//
// # Leases and fences
//
// A worker has one lease, of six seconds, and renews it every two, however many
// jobs it holds. What it holds stays its own until it is given back: by the
// worker, or by whoever finds that the lease has run out, the leader twice a
// second or another worker when it renews its own. By its own monotonic clock a
// worker ends the contexts of all attempts one second before that. A worker that
// has lost its lease goes on under a new one, as somebody else.
//
// Every start takes a fence: a number that only ever grows. The open attempt's
// fence is in the record, and whatever an attempt writes, be it progress or an
// outcome, counts only if it has that fence. So an outdated worker, frozen or cut
// off, can write nothing here; that it writes nothing elsewhere is up to the
// systems that it writes to, which is what [tasks.Job.Fence] is for.
//
// # Attempts
//
// An attempt's context ends at the task's time limit, on abort, when the drain
// time of a stopping worker is over, and with the lease; [context.Cause] says
// which. The place in the worker and what the job holds come free when the code
// has returned, not when it was told to. Code that has not returned 30 seconds
// later is reported as stuck. Before a worker stops, and when a task's soft limit
// has passed, attempts are asked to come to their end first ([tasks.Job.WrapUp]).
//
// Record, then acknowledge: a job stays in its worker's hands until the script
// that records how the attempt ended, and with that gives back what the job held.
// If the worker dies before, the job runs again. Attempts that a deploy interrupted, or that were
// lost with their worker, use up none of those that the task allows. A job under
// which three workers in a row have died, without progress in between, runs once
// more in a worker that has no other jobs; if that one dies too, the job has
// failed.
//
// # Waiting, and handing over
//
// A job that does not get what it wants is parked: it takes no place in a worker,
// its record says what it waits for and who has that, and what is given back
// hands over to the next in line in the same script. Jobs that were handed
// something go before all others of their queue. Package lock explains the lines.
//
// A job whose task its worker does not know is put aside until a worker claims
// that knows it. The others of the queue go on.
//
// Jobs of a queue that people have paused are not claimed. They stay queued, and
// say by whom and why when they are looked at. One whose turn comes meanwhile at
// a lock or a limit gives its place up, or others would wait for the end of the
// pause; it stands in line again when it is claimed.
//
// # Fairness and placement
//
// The queued jobs of a queue stand in one line for each client. Claims move them
// into asynq's list, from each client as many, and never more than twice as many
// as the worker has places: whoever comes with 20,000 jobs is overtaken by whoever
// comes with ten. Of several queues a worker takes its share by their weights,
// in an order by chance, so that none starves.
//
// A task that runs only on workers with certain labels has jobs in a queue of its
// own, "default@gpu=yes", and a job for one worker alone is in "default@worker=ID".
// Workers take jobs from their queues and from all such queues that they suit. A
// job that is to run once on each worker is divided into one job for each, waits
// for them, and succeeds if they do.
//
// # Recovery
//
// The [Sweeper], in the process that leads, gives back what dead workers held,
// ends jobs that were not started in time, calls waiters again that could go,
// and looks for jobs that stand where nobody looks. A claim whose reply got lost
// is noticed by the worker itself: it holds what it does not know, and gives it
// back.
//
// A Redis that was started again may have lost its last moments, and with them
// who holds what. Claims, renewals and sweeps say which run of the server they
// believe to talk to; the first one to a new run makes it quiet for as long as a
// lease: nothing is claimed or granted, while those who hold something say so by
// renewing. Jobs that Redis has
// lost altogether the recorder puts back from the ledger, as they were.
package engine
