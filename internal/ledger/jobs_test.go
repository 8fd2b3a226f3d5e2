package ledger_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// aMixedDay is a story of five jobs that differ in everything there is to
// filter by. Later names are newer; d and e are of the same moment.
func aMixedDay() story {
	jobs := map[string]job.Job{}
	for i, id := range []string{"a", "b", "c", "d", "e"} {
		j := newJob(id)
		j.Created = second(min(i, 3))
		jobs[id] = j
	}
	change := func(id string, change func(j *job.Job)) {
		j := jobs[id]
		change(&j)
		jobs[id] = j
	}
	change("a", func(j *job.Job) { j.Task = "grades.push" })
	change("b", func(j *job.Job) { j.Client = "north" })
	change("c", func(j *job.Job) { j.Owner = "bob" })
	change("d", func(j *job.Job) { j.Root, j.Parent = "a", "a" })
	change("e", func(j *job.Job) { j.Schedule, j.State, j.Due = "nightly", job.Scheduled, second(100) })
	var s story
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		s = append(s, events.JobEnqueued{Job: jobs[id]})
	}
	return s.then(
		events.JobEnded{ID: "b", State: job.Failed, At: second(20)},
		events.AttemptStarted{ID: "c", Attempt: 1, At: second(21)},
		events.JobErrors{ID: "c", Errors: []job.RecordError{{Seq: 1}}},
	)
}

func listed(t *testing.T, l *ledger.Ledger, f job.Filter) []string {
	t.Helper()
	jobs, err := l.Jobs(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, j := range jobs {
		ids = append(ids, j.ID)
	}
	return ids
}

func TestListsTheJobsThatAFilterChooses(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, aMixedDay())
		for name, tt := range map[string]struct {
			filter job.Filter
			want   []string
		}{
			"all, newest first":     {job.Filter{}, []string{"e", "d", "c", "b", "a"}},
			"the newest":            {job.Filter{Limit: 2}, []string{"e", "d"}},
			"the next page":         {job.Filter{Limit: 2, Before: "d"}, []string{"c", "b"}},
			"within a moment":       {job.Filter{Limit: 1, Before: "e"}, []string{"d"}},
			"behind the last":       {job.Filter{Before: "a"}, []string{}},
			"a state":               {job.Filter{States: []job.State{job.Queued}}, []string{"d", "a"}},
			"several states, paged": {job.Filter{States: []job.State{job.Scheduled, job.Failed, job.Running}, Limit: 2, Before: "e"}, []string{"c", "b"}},
			"a task":                {job.Filter{Task: "grades.push"}, []string{"a"}},
			"a client":              {job.Filter{Client: "north"}, []string{"b"}},
			"an owner":              {job.Filter{Owner: "bob"}, []string{"c"}},
			"a lineage":             {job.Filter{Root: "a"}, []string{"d", "a"}},
			"a schedule":            {job.Filter{Schedule: "nightly"}, []string{"e"}},
			"with errors":           {job.Filter{Errors: true}, []string{"c", "b"}},
			"two at once":           {job.Filter{Task: "roster.sync", Owner: "ada", States: []job.State{job.Queued}}, []string{"d"}},
			"two that exclude":      {job.Filter{Errors: true, States: []job.State{job.Queued}}, []string{}},
			"nothing of that name":  {job.Filter{Task: "' OR 1=1 --"}, []string{}},
		} {
			t.Run(name, func(t *testing.T) {
				if diff := cmp.Diff(tt.want, listed(t, l, tt.filter)); diff != "" {
					t.Errorf("jobs (-want +got):\n%s", diff)
				}
			})
		}
	})
}

func TestAPageBehindAnUnknownJobIsRefused(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		for name, err := range map[string]error{
			"list": failure(l.Jobs(t.Context(), job.Filter{Before: "nobody"})),
			"read": failure(l.Job(t.Context(), "nobody")),
		} {
			if fault.KindOf(err) != fault.NotFound || fault.Message(err) != "There is no job nobody." {
				t.Errorf("%s: error = %v, want one that names the job", name, err)
			}
		}
	})
}

// failure returns the error of a call.
func failure[T any](_ T, err error) error { return err }

func TestKeepsCountOfStates(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, aMixedDay())
		for client, want := range map[string]map[job.State]int64{
			"":        {job.Queued: 2, job.Scheduled: 1, job.Running: 1, job.Failed: 1},
			"default": {job.Queued: 2, job.Scheduled: 1, job.Running: 1},
			"north":   {job.Failed: 1},
			"nobody":  {},
		} {
			if diff := cmp.Diff(want, everything(t, l, client).Counts); diff != "" {
				t.Errorf("counts of %q (-want +got):\n%s", client, diff)
			}
		}
	})
}

func TestShowsAJobAsQueuedOnceItIsDue(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, aMixedDay())
		for _, tt := range []struct {
			now  int
			want job.State
		}{{99, job.Scheduled}, {100, job.Queued}, {101, job.Queued}} {
			if err := l.Due(t.Context(), second(tt.now)); err != nil {
				t.Fatal(err)
			}
			if got := read(t, l, "e").State; got != tt.want {
				t.Errorf("job is %s %d s after noon, want %s", got, tt.now, tt.want)
			}
		}
		want := map[job.State]int64{job.Queued: 3, job.Running: 1, job.Failed: 1}
		if diff := cmp.Diff(want, everything(t, l, "").Counts); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
	})
}

func TestPagesThroughUnfinishedJobs(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		var ids, want []string
		for i := range 7 {
			ids = append(ids, fmt.Sprintf("job-%d", i))
		}
		told := enqueue(ids...)
		for _, id := range ids[:3] {
			told = told.then(events.JobEnded{ID: id, State: job.Expired, At: second(9)})
		}
		tell(t, l, told)
		for after := ""; ; {
			page, err := l.UnfinishedJobs(t.Context(), second(1), after, 3)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			want = append(want, page...)
			after = page[len(page)-1]
		}
		young, err := l.UnfinishedJobs(t.Context(), noon, "", 3)
		if err != nil || len(young) != 0 {
			t.Errorf("accepted before noon: %v, %v; want none", young, err)
		}
		if diff := cmp.Diff(ids[3:], want); diff != "" {
			t.Errorf("unfinished jobs (-want +got):\n%s", diff)
		}
	})
}

// TestListsWalkTheIndexThatSuitsThem asks SQLite how it finds jobs. Left to
// itself it takes, of two indexes, the one with fewer jobs to a value on
// average, and goes through all jobs of a client to find the few that failed.
func TestListsWalkTheIndexThatSuitsThem(t *testing.T) {
	l := open(t, locations["sqlite"](t))
	for name, tt := range map[string]struct {
		filter job.Filter
		index  string
	}{
		"all":                 {job.Filter{}, "jobs_by_state"},
		"a state of a client": {job.Filter{Client: "north", States: []job.State{job.Queued}}, "jobs_by_state"},
		"a client":            {job.Filter{Client: "north"}, "jobs_by_client"},
		"a client's success":  {job.Filter{Client: "north", States: []job.State{job.Succeeded}}, "jobs_by_client"},
		"a client's failures": {job.Filter{Client: "north", States: []job.State{job.Failed}}, "jobs_troubled_by_client"},
		"a task of a client":  {job.Filter{Client: "north", Task: "grades.push"}, "jobs_by_both"},
		"an owner's tasks":    {job.Filter{Owner: "ada", Task: "grades.push"}, "jobs_by_owner"},
		"a lineage":           {job.Filter{Root: "a"}, "jobs_by_root"},
		"a schedule":          {job.Filter{Schedule: "nightly", Client: "north"}, "jobs_by_schedule"},
		"errors of a task":    {job.Filter{Errors: true, Task: "grades.push"}, "jobs_troubled_by_task"},
		"an owner's errors":   {job.Filter{Errors: true, Owner: "ada", Client: "north"}, "jobs_troubled_by_owner"},
		"a lineage's errors":  {job.Filter{Errors: true, Root: "a"}, "jobs_by_root"},
		"a schedule's errors": {job.Filter{Errors: true, Schedule: "nightly"}, "jobs_by_schedule"},
	} {
		t.Run(name, func(t *testing.T) {
			plan, err := l.Plan(t.Context(), tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(plan, "INDEX "+tt.index+" ") || strings.Contains(plan, "SCAN jobs") {
				t.Errorf("does not walk %s:\n%s", tt.index, plan)
			}
		})
	}
}
