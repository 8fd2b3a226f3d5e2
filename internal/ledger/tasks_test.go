package ledger_test

import (
	"encoding/json"
	"fmt"
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

func catalogue(t *testing.T, l *ledger.Ledger) []job.Declaration {
	t.Helper()
	tasks, err := l.Tasks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return tasks
}

func TestTheNewestBuildDeclaresATask(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		for name, builds := range map[string][][]int{
			"old first":   {{1}, {2}, {3}},
			"young first": {{3}, {1}, {2}},
			"together":    {{2, 3, 1}},
		} {
			for _, together := range builds {
				var announced []job.Declaration
				for _, build := range together {
					announced = append(announced, declaration("a", fmt.Sprint(name, build), build))
				}
				if err := l.PutTasks(t.Context(), announced); err != nil {
					t.Fatal(err)
				}
			}
			want := declaration("a", fmt.Sprint(name, 3), 3)
			if diff := cmp.Diff([]job.Declaration{want}, catalogue(t, l)); diff != "" {
				t.Errorf("%s: catalogue (-want +got):\n%s", name, diff)
			}
		}
	})
}

func TestATaskIsMissingWhileNobodyAnnouncesIt(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		for _, tt := range []struct {
			announced []job.Declaration
			want      map[string]bool
		}{
			{[]job.Declaration{declaration("a", "v2", 2), declaration("b", "v2", 2)}, map[string]bool{"a": false, "b": false}},
			{[]job.Declaration{declaration("a", "v2", 2)}, map[string]bool{"a": false, "b": true}},
			{nil, map[string]bool{"a": true, "b": true}},
			{[]job.Declaration{declaration("b", "v1", 1)}, map[string]bool{"a": true, "b": false}},
		} {
			if err := l.PutTasks(t.Context(), tt.announced); err != nil {
				t.Fatal(err)
			}
			missing := map[string]bool{}
			for _, d := range catalogue(t, l) {
				missing[d.Name] = d.Missing
			}
			if diff := cmp.Diff(tt.want, missing); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
		}
	})
}
