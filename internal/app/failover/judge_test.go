package failover_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/testservers"
)

// look finds out which jobs the new master does not have, before anything is
// put back.
func (o *outcome) look(master *testservers.Node, acked []string) {
	there := map[string]bool{}
	e := engine.New(master.Client(), o.log)
	for rest := acked; len(rest) > 0; rest = rest[min(500, len(rest)):] {
		known, err := e.Jobs(o.t.Context(), rest[:min(500, len(rest))])
		if err != nil {
			o.t.Fatalf("ask the new master: %v", err)
		}
		for id := range known {
			there[id] = true
		}
	}
	for _, id := range acked {
		if !there[id] && !o.hasEnded(id) {
			o.absent = append(o.absent, id)
		}
	}
}

// settle waits until all that was acknowledged has ended, but for jobs that
// nobody knows: those are given up when for 20 s no other has ended.
func (o *outcome) settle() {
	open, changed := o.load.before(time.Now()), time.Now()
	for len(open) > 0 && time.Since(changed) < 20*time.Second {
		time.Sleep(500 * time.Millisecond)
		left := slices.DeleteFunc(slices.Clone(open), o.hasEnded)
		if len(left) < len(open) || o.unfinished() > 0 {
			changed = time.Now()
		}
		open = left
	}
	for wait := time.Now().Add(time.Minute); time.Now().Before(wait); time.Sleep(time.Second) {
		if _, missing, without := o.slots(); missing+without == 0 {
			return
		}
	}
}

func (o *outcome) hasEnded(id string) bool {
	j, err := o.records.Job(o.t.Context(), id)
	return err == nil && j.State.Final()
}

func (o *outcome) unfinished() int {
	ids, err := o.records.UnfinishedJobs(o.t.Context(), time.Now(), "", 1000)
	if err != nil {
		o.t.Fatal(err)
	}
	return len(ids)
}

// judge counts, prints, and fails for what must not be.
func (o *outcome) judge() {
	acked, absent := o.load.before(time.Now()), map[string]bool{}
	for _, id := range o.absent {
		absent[id] = true
	}
	var restored, lost, unended, again int
	for _, id := range acked {
		ended := o.hasEnded(id)
		switch {
		case ended && absent[id]:
			restored++
		case ended:
		case absent[id] && !o.isKnown(id):
			lost++
		default:
			unended++
			o.log.Error("job that was lost without need", "job", id, "recorded", o.isKnown(id))
		}
		if o.runs.ended[id] > 1 {
			again++
		}
	}
	due, missing, without := o.slots()
	o.t.Logf(`
  jobs acknowledged                          %6d
  acknowledged, absent from the new master   %6d
    known to the ledger, enqueued again      %6d
    lost before they were recorded           %6d
  done twice (delivery is at least once)     %6d
  conflicting holders by writes accepted     %6d
  later holders with a smaller fence         %6d
  writes refused                             %6d
  slots due                                  %6d
    without an outcome, or with two          %6d
    that ran and whose job is not there      %6d
  new master after                           %6.1f s
  longest time without an acknowledgement    %6.1f s
`, len(acked), len(o.absent), restored, lost, again, o.sink.conflicts, o.sink.back, o.sink.refused,
		due, missing, without, o.elected.Seconds(), o.load.gap.Seconds())
	o.mustBeNone(map[string]int{
		"jobs that the new master or the ledger knew and that have not ended": unended,
		"conflicting holders": o.sink.conflicts, "fences that went back": o.sink.back,
		"slots without an outcome, or with two": missing, "slots that ran and whose job is not there": without,
	})
}

func (o *outcome) mustBeNone(counts map[string]int) {
	o.t.Helper()
	for what, n := range counts {
		if n != 0 {
			o.t.Errorf("%s: %d, want 0", what, n)
		}
	}
}

func (o *outcome) isKnown(id string) bool {
	_, err := o.records.Job(o.t.Context(), id)
	return err == nil
}

// slots counts those that were due, those that have not exactly one outcome, and
// those that ran and whose job the ledger does not know.
func (o *outcome) slots() (due, missing, without int) {
	for n := range timetables {
		name := fmt.Sprintf("tick-%d", n)
		s, err := o.records.Schedule(context.Background(), name)
		if err != nil {
			o.t.Fatal(err)
		}
		all, err := o.records.Slots(o.t.Context(), name, s.Created, s.Decided.Add(time.Millisecond), 100_000)
		if err != nil {
			o.t.Fatal(err)
		}
		at := map[int64]int{}
		for _, slot := range all {
			at[slot.Due.Unix()]++
			if !o.hasJob(slot) {
				without++
				o.log.Error("slot without a job", "schedule", slot.Schedule, "due", slot.Due, "job", slot.JobID, "outcome", slot.Outcome)
			}
		}
		for t := s.Created.Truncate(every).Add(every); !t.After(s.Decided); t = t.Add(every) {
			due++
			if at[t.Unix()] != 1 {
				missing++
			}
		}
	}
	return due, missing, without
}

// hasJob reports whether the job of a slot has succeeded; one that did not run
// needs none.
func (o *outcome) hasJob(slot job.Slot) bool {
	if !slot.Outcome.Ran() {
		return slot.Outcome.Final()
	}
	j, err := o.records.Job(o.t.Context(), slot.JobID)
	return err == nil && j.State == job.Succeeded
}
