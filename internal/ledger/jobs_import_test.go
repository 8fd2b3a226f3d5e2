package ledger_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

func TestImportedJobsAreThereWithAllThatBecameOfThem(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		want := endedJob("0199a000-0000-7abc-89ab-000000000001", noon)
		if err := l.Fill(t.Context(), func() error { return l.ImportJobs(t.Context(), []ledger.EndedJob{want}) }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, everythingOf(t, l, want.Job.ID)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		counts, err := l.Counts(t.Context(), want.Job.Client)
		if err != nil || counts[job.Failed] != 1 || len(counts) != 1 {
			t.Errorf("counts are %v, %v; want one failed job", counts, err)
		}
	})
}

// everythingOf returns all that is recorded of a job.
func everythingOf(t *testing.T, l *ledger.Ledger, id string) (e ledger.EndedJob) {
	t.Helper()
	var errs [4]error
	e.Job, errs[0] = l.Job(t.Context(), id)
	e.Attempts, errs[1] = l.Attempts(t.Context(), id)
	e.Errors, errs[2] = l.JobErrors(t.Context(), id, 0, 10)
	e.Lines, errs[3] = l.JobLogs(t.Context(), id, 0, 10)
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestAJobThatHasNotEndedIsNotImported(t *testing.T) {
	l := open(t, locations["sqlite"](t))
	unfinished := ledger.EndedJob{Job: newJob("0199a000-0000-7abc-89ab-000000000001")}
	if err := l.ImportJobs(t.Context(), []ledger.EndedJob{unfinished}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("got %v, want a refusal", err)
	}
}

func TestTheIndexesOfJobsAreBackAfterAFill(t *testing.T) {
	l := open(t, locations["sqlite"](t))
	filter := job.Filter{Task: "roster.sync"}
	want, err := l.Plan(t.Context(), filter)
	if err != nil {
		t.Fatal(err)
	}
	stop := fault.New(fault.Unavailable, "The power went off.")
	if err := l.Fill(t.Context(), func() error { return stop }); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a fill that fails says %v, want why", err)
	}
	got, err := l.Plan(t.Context(), filter)
	if err != nil || got != want {
		t.Errorf("jobs are found by\n%s\n%v; want by\n%s", got, err, want)
	}
}

func endedJob(id string, at time.Time) ledger.EndedJob {
	j := newJob(id)
	j.State, j.Attempt, j.Failures, j.Worker, j.Error, j.Errors = job.Failed, 2, 2, "worker-1", "no such course", 1
	j.Root = id
	j.Created, j.Due = at, at
	j.Started, j.Ended = new(at.Add(time.Second)), new(at.Add(4*time.Second))
	j.Progress = job.Progress{Stage: "records", Done: 3, Total: 4}
	return ledger.EndedJob{
		Job: j,
		Attempts: []job.Attempt{
			{Number: 1, Worker: "worker-1", Outcome: job.AttemptFailed, Error: "no such course", Started: *j.Started, Ended: new(at.Add(2 * time.Second))},
			{Number: 2, Worker: "worker-1", Outcome: job.AttemptFailed, Error: "no such course", Started: at.Add(3 * time.Second), Ended: j.Ended},
		},
		Errors: []job.RecordError{{Seq: 1, Attempt: 2, Key: "enrollments.csv:2", Code: "BAD_DATE", Message: "The date does not exist.", At: at.Add(3 * time.Second)}},
		Lines:  []job.LogLine{{Seq: 1, Attempt: 1, Level: "info", Text: "begins", At: at.Add(time.Second)}},
	}
}
