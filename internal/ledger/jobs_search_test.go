package ledger_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// aSearchedDay is a story of jobs with words, arguments and durations.
func aSearchedDay() story {
	var s story
	for i, change := range []func(j *job.Job){
		func(j *job.Job) {
			j.Description, j.Args = "Übung nightly roster", []byte(`{"school":17,"deep":{"on":true}}`)
		},
		func(j *job.Job) { j.Description, j.Args = "Grades of School-17", []byte(`{"school":"17"}`) },
		func(j *job.Job) { j.Task, j.Queue, j.Args = "sis.pull", "fast", []byte(`{"text":"a\u0000b"}`) },
		func(j *job.Job) { j.Task, j.ID = "sis.plan", "019a0000-0000-7000-8000-00000000000a" },
	} {
		j := newJob(string(rune('a' + i)))
		j.Created, j.Due, j.Description = second(i), second(i), "Something"
		change(&j)
		s = append(s, events.JobEnqueued{Job: j})
	}
	return s.then(
		events.AttemptStarted{ID: "a", Attempt: 1, Worker: "worker-1", At: second(10)},
		events.AttemptEnded{ID: "a", Attempt: 1, Outcome: job.AttemptFailed, State: job.Failed, Error: "There is no course: chemistry", Started: second(10), At: second(400), Failures: 1},
		events.AttemptStarted{ID: "b", Attempt: 1, Worker: "worker-2", At: second(20)},
		events.AttemptEnded{ID: "b", Attempt: 1, Outcome: job.AttemptSucceeded, State: job.Succeeded, Started: second(20), At: second(30)},
	)
}

func TestAFilterSearchesWhatPeopleType(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, aSearchedDay())
		last := "019a0000-0000-7000-8000-00000000000a"
		for text, want := range map[string][]string{
			"roster":                                {"a"},
			"übung NIGHT":                           {"a"},
			"ÜBUNG":                                 {"a"},
			"school-17":                             {"b"},
			"some":                                  {last, "c"},
			"course":                                {"a"},
			`error:"course chem"`:                   {"a"},
			"error:roster":                          {},
			"error:course state:failed":             {"a"},
			"course state:queued":                   {},
			"019a0000-0000":                         {last},
			"019a0000-0000 plan":                    {},
			"some task:sis.*":                       {last, "c"},
			"task:sis.*":                            {last, "c"},
			"task:s*":                               {last, "c"},
			"queue:fast":                            {"c"},
			"server:worker-1":                       {"a"},
			"run>5m":                                {"a"},
			"run>5m errors:yes":                     {"a"},
			"run<5m state:succeeded":                {"b"},
			"wait<11s created<2026-03-02T12:00:01Z": {"a"},
			"wait>15s state:succeeded,failed":       {"b"},
			"created>2026-03-02T12:00:02Z":          {last, "c"},
			"created>2026-03-01 payload.school:17":  {last, "b", "a"},
			"created>2026-03-01 payload.deep.on:true":  {"a"},
			"created>2026-03-01 payload.school:18":     {},
			"task:sis.pull payload.text:a":             {},
			"owner:ada some client:default":            {last, "c"},
			"state:queued,failed server:worker-1 some": {},
		} {
			f, err := job.ParseFilter(text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, listed(t, l, f)); diff != "" {
				t.Errorf("%s (-want +got)\n%s", text, diff)
			}
			if n, err := l.CountJobs(t.Context(), f, 10); n != len(want) || err != nil {
				t.Errorf("%s: %d jobs, %v", text, n, err)
			}
			f.Limit = 1
			if diff := cmp.Diff(want, paged(t, l, f)); diff != "" {
				t.Errorf("%s, page by page (-want +got)\n%s", text, diff)
			}
		}
	})
}

// paged lists all that f chooses, page by page.
func paged(t *testing.T, l *ledger.Ledger, f job.Filter) []string {
	t.Helper()
	ids := []string{}
	for {
		found, err := l.Search(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range found.Jobs {
			ids = append(ids, j.ID)
		}
		if f.Before = found.Next; f.Before == "" {
			return ids
		}
	}
}

func TestACursorOutlivesItsJob(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, aSearchedDay())
		found, err := l.Search(t.Context(), job.Filter{Limit: 2})
		if err != nil || found.Next == "" {
			t.Fatal(found.Next, err)
		}
		if err := l.Exec(t.Context(), "DELETE FROM jobs WHERE id = 'c'"); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"b", "a"}, listed(t, l, job.Filter{Before: found.Next})); diff != "" {
			t.Errorf("behind a job that is gone (-want +got)\n%s", diff)
		}
		if diff := cmp.Diff([]string{"019a0000-0000-7000-8000-00000000000a"}, listed(t, l, job.Filter{Words: []string{"something"}})); diff != "" {
			t.Errorf("a job that is gone is found (-want +got)\n%s", diff)
		}
		for _, forged := range []string{"c1.", "c1.!", "c1.AAAA"} {
			if _, err := l.Search(t.Context(), job.Filter{Before: forged}); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", forged, err)
			}
		}
	})
}

func TestJobsOfAnOlderVersionCanBeSearched(t *testing.T) {
	for name, location := range locations {
		t.Run(name, func(t *testing.T) {
			at := location(t)
			old := open(t, at)
			tell(t, old, aSearchedDay())
			if err := old.MigrateDown(t.Context(), 12); err != nil {
				t.Fatal(err)
			}
			l := open(t, at)
			if diff := cmp.Diff([]string{"a"}, listed(t, l, job.Filter{Words: []string{"roster"}, Error: "course"})); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestAWideSearchGoesOnBehindItsCursor(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		var all []ledger.EndedJob
		for i := range 10_050 {
			j := newJob(fmt.Sprintf("j%05d", i))
			j.State, j.Created, j.Ended = job.Succeeded, second(i/7), new(second(i))
			all = append(all, ledger.EndedJob{Job: j})
		}
		if err := l.Fill(t.Context(), func() error { return l.ImportJobs(t.Context(), all) }); err != nil {
			t.Fatal(err)
		}
		f := job.Filter{Words: []string{all[0].Job.Description}, Limit: 500}
		found, err := l.Search(t.Context(), f)
		if err != nil || len(found.Jobs) != 500 {
			t.Fatal(len(found.Jobs), err)
		}
		if ids := paged(t, l, f); len(ids) != len(all) {
			t.Errorf("%d jobs, want %d", len(ids), len(all))
		}
	})
}

func TestASearchStaysWithinWhatMayBeSeen(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, aSearchedDay())
		for _, tt := range []struct {
			within []job.Reach
			text   string
			want   []string
		}{
			{[]job.Reach{}, "some", []string{}},
			{[]job.Reach{{Tasks: "sis.pull"}, {Owner: "nobody"}}, "some", []string{"c"}},
			{[]job.Reach{{Tasks: "sis.*"}, {Tasks: "sis.pull"}}, "some", []string{"019a0000-0000-7000-8000-00000000000a", "c"}},
			{[]job.Reach{{Owner: "ada"}, {Client: "default"}}, "run>1s", []string{"b", "a"}},
			{[]job.Reach{{Tasks: "sis.pull"}}, "task:sis.*", []string{"c"}},
		} {
			f, err := job.ParseFilter(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			f.Within, f.Limit = tt.within, 1
			if diff := cmp.Diff(tt.want, paged(t, l, f)); diff != "" {
				t.Errorf("%s of %v (-want +got)\n%s", tt.text, tt.within, diff)
			}
			if n, err := l.CountJobs(t.Context(), f, 10); n != len(tt.want) || err != nil {
				t.Errorf("%s of %v: %d jobs, %v", tt.text, tt.within, n, err)
			}
		}
	})
}
