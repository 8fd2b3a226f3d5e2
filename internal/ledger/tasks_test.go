package ledger_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

func declaration(name, build string, built int) job.Declaration {
	return job.Declaration{
		Name: name, Summary: "As of " + build, Queue: "worker", Schema: json.RawMessage(`{"type":"object"}`),
		Timeout: time.Minute, Attempts: 3, Backoff: time.Second, Reads: []string{"users"},
		Schedules: []job.DeclaredSchedule{{Name: name, Cron: "0 2 * * *", Zone: "UTC", Args: json.RawMessage(`{}`)}},
		Build:     build, BuiltAt: second(built),
	}
}

func catalogue(t *testing.T, l *ledger.Ledger, since time.Time) []job.Declaration {
	t.Helper()
	tasks, err := l.Tasks(t.Context(), since)
	if err != nil {
		t.Fatal(err)
	}
	return tasks
}

func TestTheNewestBuildDeclaresATask(t *testing.T) {
	old, middle, young := declaration("a", "v1", 1), declaration("a", "v2", 2), declaration("a", "v3", 3)
	for name, told := range map[string][][]job.Declaration{
		"old first":   {{old}, {middle}, {young}},
		"young first": {{young}, {old}, {middle}},
		"together":    {{middle, young, old}},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, l *ledger.Ledger) {
				for _, announced := range told {
					if err := l.PutTasks(t.Context(), noon, announced); err != nil {
						t.Fatal(err)
					}
				}
				if diff := cmp.Diff([]job.Declaration{young}, catalogue(t, l, noon)); diff != "" {
					t.Errorf("catalogue (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestATaskIsMissingOnceNobodyAnnouncesIt(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		put := func(at int, names ...string) {
			var all []job.Declaration
			for _, name := range names {
				all = append(all, declaration(name, "v1", 1))
			}
			if err := l.PutTasks(t.Context(), second(at), all); err != nil {
				t.Fatal(err)
			}
		}
		put(0, "a", "b")
		put(60, "a")
		missing := map[string]bool{}
		for _, d := range catalogue(t, l, second(30)) {
			missing[d.Name] = d.Missing
		}
		if diff := cmp.Diff(map[string]bool{"a": false, "b": true}, missing); diff != "" {
			t.Errorf("missing (-want +got):\n%s", diff)
		}
	})
}
