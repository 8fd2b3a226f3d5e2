package timetable

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// behindEarlier leaves out the turns of slots that wait for the job of an
// earlier one to end, or to start now, and dooms those that are skipped because
// of it. The job that stands in the way of an abort is told to stop.
//
// Only a job that was there when a slot was due is what overlap is about. One
// that came later is of a slot before it in line, and the slot waits for it.
func (w *Walker) behindEarlier(ctx context.Context, turns []turn) (left []turn, err error) {
	var ask []*entry
	for _, t := range turns {
		if t.doom == "" && !free(t.entry) {
			ask = append(ask, t.entry)
		}
	}
	busy, err := w.busy(ctx, ask)
	taken := map[string]bool{}
	for _, t := range turns {
		if t.doom != "" || t.entry.Overlap == job.OverlapAllow {
			left = append(left, t)
			continue
		}
		earlier, isBusy := busy[t.entry.Name]
		switch {
		case err != nil && !free(t.entry): // unknown
		case taken[t.Schedule]:
		case !isBusy || earlier.ID == t.JobID:
			left = append(left, t)
			taken[t.Schedule] = true
		case t.entry.Overlap == job.OverlapSkip && !earlier.Created.After(t.Due):
			left = append(left, t.doomed(job.SlotSkipped, notEnded(earlier.ID)))
		default:
			w.wait(ctx, t, earlier)
		}
	}
	return left, err
}

// free reports whether it is known that a slot of e may start.
func free(e *entry) bool { return e.idle || e.Overlap == job.OverlapAllow }

// wait notes what t waits for.
func (w *Walker) wait(ctx context.Context, t turn, earlier job.Job) {
	w.behind[t.JobID] = earlier.ID
	if t.entry.Overlap != job.OverlapAbort || earlier.Created.After(t.Due) || w.aborted[earlier.ID] {
		return
	}
	_, err := w.Queue.Abort(ctx, earlier.ID, "schedule "+t.entry.Name)
	if err == nil || refused(err) { // it has ended
		w.aborted[earlier.ID] = true
		return
	}
	w.Log.WarnContext(ctx, "the job of an earlier slot could not be aborted, trying again", "schedule", t.entry.Name, "job", earlier.ID, "err", err)
}

// busy returns, of the schedules that have any, a job of a slot that has not
// ended. The ledger may be behind: a job that it does not know yet is one that
// was started last, and one that it thinks unfinished may have ended.
func (w *Walker) busy(ctx context.Context, entries []*entry) (busy map[string]job.Job, err error) {
	if len(entries) == 0 {
		return nil, nil
	}
	recorded, err := w.Ledger.UnfinishedOf(ctx, names(entries))
	if err != nil {
		return nil, fmt.Errorf("find unfinished jobs of schedules: %w", err)
	}
	live, err := w.Queue.Jobs(ctx, candidates(entries, recorded))
	if err != nil {
		return nil, fmt.Errorf("find jobs of schedules: %w", err)
	}
	if err := w.meet(ctx, entries, live); err != nil {
		return nil, err
	}
	busy = map[string]job.Job{}
	var unsure []*entry
	for _, e := range entries {
		j, known := unended(e, recorded[e.Name], live)
		switch {
		case !known:
			unsure = append(unsure, e)
		case j.ID != "":
			busy[e.Name] = j
		default:
			e.idle = true
		}
	}
	return busy, w.askAgain(ctx, unsure, busy)
}

// meet finds the newest jobs of the schedules of which a former leader decided
// last on slots without a job. The ledger may not have heard of those jobs yet,
// but it knows the slots. They are added to live.
func (w *Walker) meet(ctx context.Context, entries []*entry, live map[string]job.Job) error {
	var found []string
	for _, e := range entries {
		if _, there := live[e.last]; there || e.met || !w.mayHaveRun(e) {
			continue
		}
		id, err := w.newestRun(ctx, e.Name)
		if err != nil {
			return fmt.Errorf("read slots of schedule %s: %w", e.Name, err)
		}
		if e.met = true; id != "" {
			e.last = id
			found = append(found, id)
		}
	}
	if len(found) == 0 {
		return nil
	}
	more, err := w.Queue.Jobs(ctx, found)
	if err != nil {
		return fmt.Errorf("find jobs of schedules: %w", err)
	}
	maps.Copy(live, more)
	return nil
}

// mayHaveRun reports whether a job of e may have started so lately that the
// ledger has not heard of it.
func (w *Walker) mayHaveRun(e *entry) bool {
	const lately = time.Hour
	return e.Runs > 0 && (len(w.waiting[e.Name]) > 0 || w.Now().Sub(e.Decided) < lately)
}

// newestRun returns the job of the newest slot of a schedule that ran, if it
// is among the last few that are not open.
func (w *Walker) newestRun(ctx context.Context, schedule string) (string, error) {
	const few = 20
	var end time.Time
	for _, open := range w.waiting[schedule] {
		if open.Recovery == 0 {
			end = open.Due
			break
		}
	}
	slots, err := w.Ledger.Slots(ctx, schedule, time.Time{}, end, few)
	for _, slot := range slots {
		if slot.Outcome.Ran() {
			return slot.JobID, err
		}
	}
	return "", err
}

// askAgain adds the jobs that only the ledger has: it may have heard of their
// end, and the queue forgotten them, between the two questions.
func (w *Walker) askAgain(ctx context.Context, unsure []*entry, busy map[string]job.Job) error {
	if len(unsure) == 0 {
		return nil
	}
	recorded, err := w.Ledger.UnfinishedOf(ctx, names(unsure))
	if err != nil {
		return fmt.Errorf("find unfinished jobs of schedules: %w", err)
	}
	maps.Copy(busy, recorded)
	return nil
}

// unended returns the job of e that has not ended, which is zero if all have,
// and whether that is certain.
func unended(e *entry, recorded job.Job, live map[string]job.Job) (j job.Job, known bool) {
	if last, there := live[e.last]; there && !last.State.Final() {
		return last, true
	}
	if recorded.ID == "" {
		return job.Job{}, true
	}
	j, there := live[recorded.ID]
	if there && j.State.Final() {
		j = job.Job{}
	}
	return j, there
}

func names(entries []*entry) (all []string) {
	for _, e := range entries {
		all = append(all, e.Name)
	}
	return all
}

// candidates returns the ids of jobs that may be unfinished.
func candidates(entries []*entry, recorded map[string]job.Job) []string {
	all := map[string]bool{}
	for _, e := range entries {
		all[e.last] = true
		all[cmp.Or(recorded[e.Name].ID, e.last)] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// foresee finds out which of the schedules that are due soon are free, so that
// nobody has to be asked when they are due.
func (w *Walker) foresee(ctx context.Context) error {
	var ask []*entry
	for e := range w.agenda.until(w.Now().Add(lookEvery)) {
		if !free(e) {
			ask = append(ask, e)
		}
	}
	if _, err := w.busy(ctx, ask); err != nil && fault.KindOf(err) != fault.Unavailable {
		return err
	}
	return nil
}
