// Package timetable turns schedules into jobs: it finds the slots that are due
// and gives each of them one outcome.
//
// A slot is one due time of a schedule. What is to become of it follows from
// the schedule, the slots decided before, and the time, and is worked out
// without looking at a clock: a slot that is due now is to run. Of the slots
// that nobody saw coming, because no scheduler was up or the ledger was away,
// the latest is caught up if it is at most 24 hours old, and the others are
// missed. A slot is skipped while the job of an earlier one has not ended. The
// slots of a schedule that is switched off are paused.
//
// A [Walker] carries this out, in three steps that may end after any of them:
//
//	write the slot as intended, with the id of its job   (ledger)
//	enqueue the job under that id                        (queue)
//	write the slot's outcome                             (ledger)
//
// The id follows from the schedule and the due time ([SlotID]), the queue
// takes an id once, and the ledger lets no outcome change. So a walker that
// dies, or loses its term as leader, leaves nothing that its successor could
// do twice or forget: it finds the intended slots in the ledger and goes on
// with them.
//
// [Register] makes the schedules of what workers announce.
package timetable
