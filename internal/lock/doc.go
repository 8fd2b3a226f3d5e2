// Package lock decides who may touch what: locks on named resources, and the
// office of leader among processes that could each do the work.
//
// # Resources
//
// A job asks for all the resources that it reads and writes at once, and gets
// all or none:
//
//	grant, by, err := locks.Take(ctx, jobID, workerID, []string{"users"}, []string{"gradebook"})
//	switch {
//	case err != nil:
//		// Redis did not answer: nothing is known
//	case len(by) > 0:
//		// by says which jobs hold what, and since when
//	default:
//		defer locks.Release(ctx, jobID, grant.Fence)
//	}
//
// A resource may be read by many or written by one. Because nothing is taken
// bit by bit there are no deadlocks.
//
// # Leases
//
// A grant lasts six seconds unless it is renewed, so that what a dead process
// held comes free by itself. Whoever holds one must stop by its own monotonic
// clock before the lease runs out, since it cannot know whether anybody else
// has been granted the resource after that. What it cannot stop in time, such
// as a frozen process that wakes up, is told apart by its fence: a number that
// only ever grows, by which writes of an outdated holder are refused.
//
// All decisions are made by scripts inside Redis and by its clock; the clocks
// of workers are never compared. Every key has the hash tag {lock}, so that
// each decision is atomic in a cluster too.
package lock
