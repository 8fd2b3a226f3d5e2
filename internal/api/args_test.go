package api_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

type place struct {
	Room string `json:"room"`
}

type allKinds struct {
	School string           `json:"school" doc:"the school's id in the SIS"`
	Level  int              `json:"level"`
	Share  float64          `json:"share,omitempty"`
	DryRun bool             `json:"dry_run,omitempty"`
	Since  time.Time        `json:"since,omitzero"`
	Groups []string         `json:"groups,omitempty"`
	Sizes  map[string]int64 `json:"sizes,omitempty"`
	Place  place            `json:"place,omitzero"`
}

var allKindsTask = tasks.Spec[allKinds]{Name: "all.kinds"}

// The API and a worker must say the same about the same mistake: the first is
// heard by who typed it, the second stands in the job's history.
func TestArgumentsAreRefusedInTheWordsOfTheTask(t *testing.T) {
	schema := tasks.Schema[allKinds]()
	for name, args := range map[string]string{
		"missing":            `{"level":1}`,
		"missing, no doc":    `{"school":"17"}`,
		"unknown":            `{"school":"17","level":1,"scool":"x"}`,
		"number for text":    `{"school":17,"level":1}`,
		"text for number":    `{"school":"17","level":"1"}`,
		"fraction":           `{"school":"17","level":1.5}`,
		"round fraction":     `{"school":"17","level":1.0}`,
		"exponent":           `{"school":"17","level":1e3}`,
		"huge":               `{"school":"17","level":100000000000000000000}`,
		"text for flag":      `{"school":"17","level":1,"dry_run":"yes"}`,
		"flag for text":      `{"school":true,"level":1}`,
		"text for list":      `{"school":"17","level":1,"groups":"a"}`,
		"list for an object": `{"school":"17","level":1,"place":[]}`,
		"number for time":    `{"school":"17","level":1,"share":"a"}`,
		"inner":              `{"school":"17","level":1,"place":{"room":5}}`,
		"list as a whole":    `[]`,
		"text as a whole":    `"x"`,
	} {
		t.Run(name, func(t *testing.T) {
			want := allKindsTask.Check(json.RawMessage(args))
			got := api.CheckArgs(schema, json.RawMessage(args))
			if got == nil || want == nil || got.Error() != want.Error() {
				t.Errorf("the API says  %v\nthe task says %v", got, want)
			}
			if fault.KindOf(got) != fault.Invalid {
				t.Errorf("kind = %v, want invalid", fault.KindOf(got))
			}
		})
	}
}

func TestTakesArgumentsOfAllKinds(t *testing.T) {
	schema := tasks.Schema[allKinds]()
	args := `{"school":"17","level":-3,"share":0.5,"dry_run":true,"since":"2026-09-01T08:00:00+02:00","groups":["a"],"sizes":{"a":1},"place":{"room":"1"}}`
	if err := api.CheckArgs(schema, json.RawMessage(args)); err != nil {
		t.Error(err)
	}
	if err := allKindsTask.Check(json.RawMessage(args)); err != nil {
		t.Error(err)
	}
}

func TestNamesTheTimeThatIsNone(t *testing.T) {
	err := api.CheckArgs(tasks.Schema[allKinds](), json.RawMessage(`{"school":"17","level":1,"since":"yesterday"}`))
	if want := `argument since must be a time such as 2026-09-01T08:00:00Z, not "yesterday"`; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}

// What the API lets through, the task must take: nobody would be left to tell.
func FuzzTheTaskTakesWhatTheAPILetsThrough(f *testing.F) {
	schema := tasks.Schema[allKinds]()
	for _, seed := range []string{
		`{}`, `null`, `{"school":"1","level":1e99}`, `{"place":{"x":{}}}`, `{"school":"1","level":1,"sizes":{"":1.5}}`, `{"groups":[1]}`, `{"":0}`,
		`{"school":"1","level":1,"since":"2026-06-30T23:59:60Z"}`, `{"school":"1","level":1,"share":1e999}`, `{"school":"1","level":-0}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, args string) {
		err := api.CheckArgs(schema, json.RawMessage(args))
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("error of kind %v: %v", fault.KindOf(err), err)
		}
		if err != nil {
			return
		}
		if err := allKindsTask.Check(withoutRepetition(t, args)); err != nil {
			t.Errorf("the API lets %s through; the task says %v", args, err)
		}
	})
}

// withoutRepetition returns args with each name once: of a name that is
// repeated, a decoder of maps sees the last value only.
func withoutRepetition(t *testing.T, args string) json.RawMessage {
	var object map[string]any
	d := json.NewDecoder(strings.NewReader(args))
	d.UseNumber()
	if err := d.Decode(&object); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
