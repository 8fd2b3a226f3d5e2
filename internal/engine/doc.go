// Package engine takes jobs in, keeps them in Redis while they are in flight,
// and runs them on workers. It is the only package that knows asynq.
//
// # Two records of one job
//
// asynq's task says when a job is looked at next and by whom; it carries the
// job's id and nothing else. Everything else is in the job's own record, a
// hash in Redis: state, attempts, progress, who told it to stop. The record
// decides. A task without a record, or with a record that says the job has
// ended, is acknowledged and never run; so asynq may deliver a job twice, late
// or by mistake without harm.
//
// # One way to change a record
//
// A change is worked out in Go from the record as it was read, and written by
// one script, together with the events that report it, if the record's
// revision is still the same ([Engine] apply). Whoever lost the race reads
// again and decides again. The decision itself, such as what becomes of a job
// whose attempt has ended, is therefore an ordinary function without Redis in
// it.
//
// # Record, then acknowledge
//
// Two systems cannot change at once, so the order of the steps is chosen such
// that dying between any two of them is mended by repeating the second:
//
//	enqueue   record + event + intent  →  asynq task  →  intent removed
//	run       locks  →  record: attempt begun  →  the work
//	finish    record + event  →  locks given back  →  asynq told
//
// The [Sweeper] repeats enqueues whose intent is still there after ten
// seconds; asynq gives out again what was not acknowledged.
//
// # Attempts
//
// A worker holds a job under a lease that it renews every two seconds, and
// under a fence: the number that was granted along with the job's locks. While
// an attempt is open the record carries its fence, and takes progress, errors
// and an outcome only from whoever knows it. Contexts of attempts are our own:
// they end at the task's time limit, on abort, when the worker is told to
// stop, and one second before the lease could run out. [context.Cause] says
// which. The job's locks and its place in the worker are given back when the
// task's code has returned, not when it was told to.
//
// An attempt that was interrupted by a deploy, or lost with its worker, uses
// up none of the task's attempts.
package engine
