package ledger_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// below returns an old job of the lineage that root began.
func below(root, id, task string, days int) ledger.EndedJob {
	e := aged(id, "north", task, days)
	e.Job.Root, e.Job.Parent = root, root
	return e
}

func TestNothingIsRemovedBeforeASchedulerHasLed(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		importAll(t, l, aged("old", "north", "sis.plan", 900))
		if err := l.PutRetentionRule(t.Context(), job.RetentionRule{Jobs: new(job.Keep(1)), At: noon}); err != nil {
			t.Fatal(err)
		}
		if removed, more, err := l.Sweep(noon).Next(t.Context()); len(removed) > 0 || more || err != nil {
			t.Errorf("it removed %v, %t, %v", removed, more, err)
		}
		if _, known, err := l.RetentionBase(t.Context()); known || err != nil {
			t.Errorf("how long things are kept is known: %t, %v", known, err)
		}
		want := job.Retention{Jobs: 400, Logs: 30}
		setBase(t, l, job.Retention{Jobs: 7})
		setBase(t, l, want)
		if got, known, err := l.RetentionBase(t.Context()); got != want || !known || err != nil {
			t.Errorf("kept are %+v, %t, %v", got, known, err)
		}
	})
}

func TestTheFirstJobOfALineageStaysAsLongAsAnother(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		importAll(t, l, aged("root", "north", "sis.plan", 30), below("root", "gone", "sis.plan", 29), below("root", "young", "sis.plan", 3),
			aged("whole", "north", "sis.plan", 30), below("whole", "part", "sis.plan", 29))
		sweep(t, l, job.Retention{Jobs: 10}, noon)
		if diff := cmp.Diff([]string{"root", "young"}, left(t, l)); diff != "" {
			t.Errorf("left (-want +got)\n%s", diff)
		}
		sweep(t, l, job.Retention{Jobs: 1}, noon)
		sweep(t, l, job.Retention{Jobs: 1}, noon)
		if diff := cmp.Diff([]string{}, left(t, l)); diff != "" {
			t.Errorf("left in the end (-want +got)\n%s", diff)
		}
	})
}

// What was looked at may have got a job below it before it is removed.
func TestALineageThatGrowsWhileItIsRemovedStays(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		importAll(t, l, aged("root", "north", "sis.plan", 30), below("root", "old", "sis.plan", 29))
		setBase(t, l, job.Retention{Jobs: 1})
		removed, err := l.RemoveFound(t.Context(), noon, func() {
			late := below("root", "late", "sis.plan", 1).Job
			late.State, late.Started, late.Ended, late.Errors = job.Queued, nil, nil, 0
			tell(t, l, story{events.JobEnqueued{Job: late}})
		})
		if removed != 0 || err != nil {
			t.Errorf("it removed %d, %v", removed, err)
		}
		if diff := cmp.Diff([]string{"late", "old", "root"}, left(t, l)); diff != "" {
			t.Errorf("left (-want +got)\n%s", diff)
		}
	})
}
