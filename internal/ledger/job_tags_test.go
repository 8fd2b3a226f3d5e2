package ledger_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// aTaggedDay is a story of jobs with tags: a to e, the newest last.
func aTaggedDay() story {
	var s story
	for i, tags := range [][]string{{"drill", "term-2026"}, {"drill"}, nil, {"term-2026"}, {"drill"}} {
		j := newJob(string(rune('a' + i)))
		j.Created, j.Due, j.Tags = second(i), second(i), tags
		s = append(s, events.JobEnqueued{Job: j})
	}
	return s.then(
		events.AttemptStarted{ID: "a", Attempt: 1, Worker: "worker-1", At: second(10)},
		events.AttemptEnded{ID: "a", Attempt: 1, Outcome: job.AttemptFailed, State: job.Failed, Error: "no course", Started: second(10), At: second(400), Failures: 1},
	)
}

func TestJobsAreFoundByTheirTags(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, aTaggedDay())
		for text, want := range map[string][]string{
			"tag:drill":                                 {"e", "b", "a"},
			"tag:drill tag:term-2026":                   {"a"},
			"tag:term-2026 tag:drill tag:drill":         {"a"},
			"tag:none":                                  {},
			"tag:drill tag:none":                        {},
			"tag:dril":                                  {},
			"tag:drill state:queued":                    {"e", "b"},
			"tag:drill state:failed":                    {"a"},
			"tag:drill state:failed,queued run>5m":      {"a"},
			"tag:drill errors:yes":                      {"a"},
			"tag:drill root:b":                          {"b"},
			"tag:drill owner:ada client:default":        {"e", "b", "a"},
			"tag:drill task:sis.*":                      {},
			"tag:term-2026 course":                      {"a"},
			"tag:drill date":                            {"e", "b", "a"},
			"tag:drill created>2026-03-02T12:00:01Z":    {"e", "b"},
			"tag:drill created<2026-03-02T12:00:01Z":    {"a"},
			"tag:drill task:roster.* payload.school:17": {"e", "b", "a"},
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
			f.Within = []job.Reach{{Client: "north"}, {Owner: "ada"}}
			if diff := cmp.Diff(want, paged(t, l, f)); diff != "" {
				t.Errorf("%s, within (-want +got)\n%s", text, diff)
			}
		}
	})
}

func TestAJobShowsItsTags(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, aTaggedDay())
		if diff := cmp.Diff([]string{"drill", "term-2026"}, read(t, l, "a").Tags); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if tags := read(t, l, "c").Tags; tags != nil {
			t.Errorf("a job without has %q", tags)
		}
	})
}

func TestAJobThatRedisLostKeepsItsTags(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, aTaggedDay())
		requests, err := l.Requests(t.Context(), []string{"b", "c"})
		if err != nil || len(requests) != 2 {
			t.Fatal(requests, err)
		}
		if diff := cmp.Diff([][]string{{"drill"}, nil}, [][]string{requests[0].Tags, requests[1].Tags}); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestTagsAreRemovedWithTheirJob(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		old, young := aged("old", "default", "roster.sync", 40), aged("young", "default", "roster.sync", 1)
		old.Job.Tags, young.Job.Tags = []string{"drill"}, []string{"drill"}
		importAll(t, l, old, young)
		sweep(t, l, job.Retention{Jobs: 30, Errors: 30, Logs: 30}, noon)
		if n, err := l.CountTags(t.Context(), "drill"); n != 1 || err != nil {
			t.Errorf("%d jobs are tagged, %v; want 1", n, err)
		}
		if diff := cmp.Diff([]string{"young"}, listed(t, l, job.Filter{Tags: []string{"drill"}})); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestTheJobsOfACommonTagAreAllFound(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		const jobs = 10_050
		var all []ledger.EndedJob
		for i := range jobs {
			j := newJob(fmt.Sprintf("j%05d", i))
			j.State, j.Created, j.Ended = job.Succeeded, second(i/700), new(second(i))
			if j.Tags = []string{"common"}; i%5 == 0 {
				j.Tags = append(j.Tags, "fifth")
			}
			if i == 7 {
				j.State = job.Expired
			}
			all = append(all, ledger.EndedJob{Job: j})
		}
		if err := l.Fill(t.Context(), func() error { return l.ImportJobs(t.Context(), all) }); err != nil {
			t.Fatal(err)
		}
		for text, want := range map[string]int{
			"tag:common": jobs, "tag:common tag:fifth": jobs / 5, "tag:fifth tag:common": jobs / 5,
			"tag:common state:expired": 1, "tag:common state:succeeded": jobs - 1, "tag:common state:queued": 0, "tag:common root:j00005": 1,
			"tag:common bring": jobs,
		} {
			f, err := job.ParseFilter(text)
			if err != nil {
				t.Fatal(err)
			}
			f.Limit = 500
			if ids := paged(t, l, f); len(ids) != want {
				t.Errorf("%s: %d jobs, want %d", text, len(ids), want)
			}
		}
	})
}
