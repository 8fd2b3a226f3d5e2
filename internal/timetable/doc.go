// Package timetable turns schedules into jobs: it finds the slots that are due
// and gives each of them one outcome.
//
// A slot is one due time of a schedule. What is to become of it follows from
// the rule of the schedule, the slots decided before, and the time, and is
// worked out without looking at a clock:
//
//   - It is paused while the schedule is switched off or paused, excluded if the
//     calendar has its local time, and missed if it is too late to start.
//   - One that nobody decided on for 5 s after its time, because no scheduler was
//     up or the ledger was away, is caught up or missed: none, the latest, or all
//     are caught up, but none that is older than 24 hours unless the rule says so.
//   - The others are to run, also behind a job of an earlier slot that has not
//     ended. Then the slot is skipped, waits in line, or has that job aborted; or
//     both jobs run.
//
// A slot may come after slots of other schedules: their latest since the slot
// before it, or one of the same local day, whose jobs must have succeeded. Until
// then it stays open, and says what it waits for. When one of them can no longer
// succeed, or a limit has passed, it is blocked, missed, or runs all the same.
// Since all of this follows from the ledger, a successor waits on. A slot that
// waited ran as planned if its job was enqueued within 5 s of the last success.
// Schedules that would wait for each other are refused.
//
// What went by while nobody was watching for long becomes one recovery over all
// schedules. Its slots are intended like others, each by the policy of its
// schedule, but do not start by themselves: they get an order, each behind those
// that it comes after; a recovery with many of them is held until a person
// approves it; and then they start in that order, as soon as what they come after
// has succeeded, not along with one that wants the same resource, and only so many
// at a time. Other slots go on, unless they want a resource that a slot of the
// recovery has, or is next to have.
//
// Jitter makes its job start later, never the slot due: it stays the same slot,
// and ran as planned if its job was enqueued within 5 s of that later start.
// Before a schedule starts, after it ends, and once it had all its runs, there
// are no slots.
//
// A [Walker] carries this out, in three steps that may end after any of them:
//
//	write the slot as intended, with the id of its job   (ledger)
//	enqueue the job under that id, when its turn comes   (queue)
//	write the slot's outcome                             (ledger)
//
// The id follows from the schedule and the due time ([SlotID]), the queue
// takes an id once, and the ledger lets no outcome change. So a walker that
// dies, or loses its term as leader, leaves nothing that its successor could
// do twice or forget: it finds the intended slots in the ledger and goes on
// with them, and with the lines in which they wait. An intended slot is given
// up only after the queue was asked whether its job is there.
//
// It keeps the schedules in the order in which they are due, reads them again
// only when one has changed, and takes all that are due a portion at a time:
// the outcomes of one portion and the intentions of the next are one
// transaction. A slot that is missed, or open a minute after its time, raises
// an alarm. When the clock jumps or the machine sleeps, the log says so; the
// slots do not repeat, and those that went by are caught up on. Time zones are
// read again each hour, and a slot that moves with them is told of.
//
// A [Book] is the timetable as people read and change it. A schedule is what its
// task declares, or what a person created, and above that what was set in the
// layer of the platform and in that of its client, field by field. So an upgrade
// reaches whatever nobody has set, and leaves a notice where somebody has. Each
// change names the revision that it was made from, who made it and why.
//
// [Register] makes the schedules of what workers announce.
package timetable
