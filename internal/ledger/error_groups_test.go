package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// missing is the n-th error of a job: a person that is not there.
func missing(n int64) job.RecordError {
	return job.RecordError{Seq: n, Attempt: 1, Key: "e.csv", Code: "REF", Message: fmt.Sprintf("No person U-%d.", n), At: second(int(n))}
}

// mistakes is the story of two jobs of two clients: both miss people, and one
// attempt fails.
func mistakes() story {
	north := newJob("n")
	north.Client = "north"
	return enqueue("a").then(
		events.JobEnqueued{Job: north},
		events.AttemptStarted{ID: "a", Attempt: 1, Worker: "w", At: second(1)},
		events.JobErrors{ID: "a", Errors: []job.RecordError{missing(2), missing(3), missing(3)}},
		events.JobErrors{ID: "n", Errors: []job.RecordError{missing(1)}},
		events.AttemptEnded{ID: "a", Attempt: 1, Outcome: job.AttemptFailed, Error: "The SIS answers 503.", State: job.Failed, Failures: 1, Errors: 2, At: second(9)},
	)
}

var (
	missed = job.Fingerprint("roster.sync", "REF", "No person {id}.")
	broken = job.Fingerprint("roster.sync", job.AttemptFailedCode, "The SIS answers {n}.")
)

func wantGroups() []job.ErrorGroup {
	return []job.ErrorGroup{
		{Fingerprint: broken, Task: "roster.sync", Code: job.AttemptFailedCode, Pattern: "The SIS answers {n}.", Errors: 1, Jobs: 1, Clients: 1, First: second(9), Last: second(9), JobID: "a", Message: "The SIS answers 503."},
		{Fingerprint: missed, Task: "roster.sync", Code: "REF", Pattern: "No person {id}.", Errors: 3, Jobs: 2, Clients: 2, First: second(1), Last: second(3), JobID: "a", Message: "No person U-3."},
	}
}

func errorGroups(t *testing.T, l *ledger.Ledger, f job.ErrorFilter) []job.ErrorGroup {
	t.Helper()
	found, err := l.ErrorGroups(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestGroupsErrorsThatDifferByWhatVaries(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, mistakes())
		if diff := cmp.Diff(wantGroups(), errorGroups(t, l, job.ErrorFilter{})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestCountsNoErrorTwice(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		entries := mistakes().then(events.JobErrors{ID: "a", Errors: []job.RecordError{missing(3)}}).entries()
		for i, e := range entries { // each in a transaction of its own
			after := ""
			if i > 0 {
				after = entries[i-1].ID
			}
			if _, err := l.Record(t.Context(), after, []events.Entry{e}); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Rewind(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Record(t.Context(), "", entries); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wantGroups(), errorGroups(t, l, job.ErrorFilter{})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestChoosesGroupsOfErrors(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, mistakes())
		for name, test := range map[string]struct {
			filter job.ErrorFilter
			want   []string
		}{
			"by task":               {job.ErrorFilter{Task: "roster.sync"}, []string{broken, missed}},
			"by another task":       {job.ErrorFilter{Task: "roster"}, nil},
			"by client":             {job.ErrorFilter{Client: "north"}, []string{missed}},
			"by text":               {job.ErrorFilter{Text: "no PERSON"}, []string{missed}},
			"by code":               {job.ErrorFilter{Text: "attempt_f"}, []string{broken}},
			"no wildcard":           {job.ErrorFilter{Text: "N%person"}, nil},
			"from":                  {job.ErrorFilter{From: second(4)}, []string{broken}},
			"to":                    {job.ErrorFilter{To: second(9)}, []string{missed}},
			"of a client, in time":  {job.ErrorFilter{Client: "default", Task: "roster.sync", Text: "person", From: second(2), To: second(3)}, []string{missed}},
			"out of a client's day": {job.ErrorFilter{Client: "north", From: second(2)}, nil},
			"one":                   {job.ErrorFilter{Limit: 1}, []string{broken}},
			"behind it":             {job.ErrorFilter{Before: wantGroups()[0].Cursor()}, []string{missed}},
			"behind all":            {job.ErrorFilter{Before: wantGroups()[1].Cursor(), Client: "default"}, nil},
		} {
			var got []string
			for _, g := range errorGroups(t, l, test.filter) {
				got = append(got, g.Fingerprint)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}

func TestListsTheErrorsOfAGroup(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, mistakes())
		var got []string
		before := ""
		for range 9 {
			page, err := l.GroupErrors(t.Context(), missed, "", before, 1)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			before = page[0].Cursor()
			got = append(got, fmt.Sprint(page[0].JobID, page[0].Seq, page[0].Client, page[0].Message))
		}
		if diff := cmp.Diff([]string{"a3defaultNo person U-3.", "a2defaultNo person U-2.", "n1northNo person U-1."}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		failures, err := l.GroupErrors(t.Context(), broken, "default", "", 0)
		want := []job.GroupedError{{RecordError: job.RecordError{Attempt: 1, Code: job.AttemptFailedCode, Message: "The SIS answers 503.", At: second(9)}, JobID: "a", Client: "default"}}
		if diff := cmp.Diff(want, failures); diff != "" || err != nil {
			t.Errorf("failures: %v (-want +got):\n%s", err, diff)
		}
		if more, err := l.GroupErrors(t.Context(), broken, "", failures[0].Cursor(), 0); len(more) > 0 || err != nil {
			t.Errorf("behind the last: %v, %v", more, err)
		}
		if _, err := l.GroupErrors(t.Context(), broken, "", "yesterday", 0); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a cursor that is none: %v", err)
		}
	})
}

func TestReadsAGroupOfErrors(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, mistakes())
		got, err := l.ErrorGroup(t.Context(), missed, "north")
		want := wantGroups()[1]
		want.Errors, want.Jobs, want.Clients, want.Last, want.JobID, want.Message = 1, 1, 1, second(1), "n", "No person U-1."
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		for _, none := range []string{"", "nothing"} {
			if _, err := l.ErrorGroup(t.Context(), none, ""); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%q: %v", none, err)
			}
		}
	})
}

func TestGroupsErrorsOfAnOlderVersion(t *testing.T) {
	for name, location := range locations {
		t.Run(name, func(t *testing.T) {
			at := location(t)
			l := open(t, at)
			tell(t, l, mistakes())
			if err := l.MigrateDown(t.Context(), 7); err != nil {
				t.Fatal(err)
			}
			if err := l.Exec(t.Context(), `DELETE FROM attempts`); err != nil { // the job told its only one
				t.Fatal(err)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if diff := cmp.Diff(wantGroups(), errorGroups(t, open(t, at), job.ErrorFilter{})); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

// BenchmarkErrorGroups reads the pages of errors of a ledger with many.
func BenchmarkErrorGroups(b *testing.B) {
	const jobs, each = 1000, 100
	l := open(b, locations["sqlite"](b))
	position := ""
	begin := time.Now()
	for n := range jobs {
		id := fmt.Sprintf("j%06d", n)
		e := events.JobErrors{ID: id}
		for i := range int64(each) {
			e.Errors = append(e.Errors, job.RecordError{
				Seq: i + 1, Code: fmt.Sprint("C", i%20), Message: fmt.Sprintf("row %d of “%s” is bad in way %c", i, id, 'a'+rune(n%26)), At: second(n),
			})
		}
		entries := story{events.JobEnqueued{Job: newJob(id)}, e}.entries()
		for i := range entries {
			entries[i].ID = fmt.Sprintf("%d-%d", n+1, i)
		}
		if _, err := l.Record(b.Context(), position, entries); err != nil {
			b.Fatal(err)
		}
		position = entries[1].ID
	}
	b.Logf("%d errors recorded in %v", jobs*each, time.Since(begin))
	groups, err := l.ErrorGroups(b.Context(), job.ErrorFilter{})
	if err != nil || len(groups) == 0 {
		b.Fatal(len(groups), err)
	}
	for b.Loop() {
		if _, err := l.ErrorGroups(b.Context(), job.ErrorFilter{Text: "way b"}); err != nil {
			b.Fatal(err)
		}
		if _, err := l.GroupErrors(b.Context(), groups[0].Fingerprint, "nobody", "", 50); err != nil {
			b.Fatal(err)
		}
		if _, err := l.GroupErrors(b.Context(), groups[0].Fingerprint, "", "", 50); err != nil {
			b.Fatal(err)
		}
	}
}
