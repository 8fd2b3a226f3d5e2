package tasks_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/pkg/tasks"
	"github.com/beadle-jobs/beadle/pkg/tasks/taskstest"
)

type syncArgs struct {
	School string    `json:"school" doc:"the school's id in the SIS"`
	Limit  int       `json:"limit,omitempty"`
	DryRun bool      `json:"dry_run,omitempty"`
	Terms  []string  `json:"terms,omitempty"`
	Since  time.Time `json:"since,omitzero"`
}

func (a syncArgs) Validate() error {
	if a.Limit < 0 {
		return errors.New("argument limit must be 0 or more")
	}
	return nil
}

func syncTask(run func(context.Context, *tasks.Job[syncArgs]) error) tasks.Task {
	return tasks.Spec[syncArgs]{
		Name:    "roster.sync",
		Summary: "Bring one school up to date.",
		Reads:   func(syncArgs) []string { return []string{"terms"} },
		Writes:  func(a syncArgs) []string { return []string{"school:" + a.School} },
		Run:     run,
	}
}

func nothing(context.Context, *tasks.Job[syncArgs]) error { return nil }

func TestRefusesArgumentsInOneLineThatNamesTheField(t *testing.T) {
	task := syncTask(nothing)
	for args, want := range map[string]string{
		`{"school":"17"}`:               "",
		``:                              "argument school is required: the school's id in the SIS",
		`null`:                          "arguments must be a JSON object",
		`[1]`:                           "arguments must be a JSON object, not an array",
		`{"school":"17"} {}`:            "arguments must be one JSON object, and there is more after it",
		`{"school":17}`:                 "argument school must be a string, not a number",
		`{"school":"17","limit":"x"}`:   "argument limit must be a whole number, not a string",
		`{"school":"17","dry_run":1}`:   "argument dry_run must be true or false, not a number",
		`{"school":"17","terms":"x"}`:   "argument terms must be a list, not a string",
		`{"school":"17","dryrun":true}`: "there is no argument dryrun; this task takes dry_run, limit, school, since, terms",
		`{"school":"17","limit":-1}`:    "argument limit must be 0 or more",
		`{"school":`:                    "arguments are not valid JSON: unexpected EOF",
		`{"school":"17","since":"2026-09-01T08:00:00Z"}`:     "",
		`{"school":"17","limit":3,"terms":["2026FA","26S"]}`: "",
	} {
		got := ""
		if err := task.Check(json.RawMessage(args)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("Check(%s) = %q, want %q", args, got, want)
		}
	}
}

func TestArgumentsThatDoNotDecodeArePermanent(t *testing.T) {
	got := taskstest.Run(t, syncTask(nothing), map[string]any{"school": "17", "dryrun": true})
	if !tasks.IsPermanent(got.Err) {
		t.Errorf("error = %v, want a permanent one", got.Err)
	}
}

func TestSchemaDescribesTheArguments(t *testing.T) {
	const want = `{
		"type": "object",
		"properties": {
			"dry_run": {"type": "boolean"},
			"limit": {"type": "integer"},
			"school": {"type": "string", "description": "the school's id in the SIS"},
			"since": {"type": "string", "format": "date-time"},
			"terms": {"type": "array", "items": {"type": "string"}}
		},
		"required": ["school"],
		"additionalProperties": false
	}`
	if diff := cmp.Diff(decoded(t, []byte(want)), decoded(t, tasks.Schema[syncArgs]())); diff != "" {
		t.Errorf("schema (-want +got):\n%s", diff)
	}
}

func decoded(t *testing.T, raw []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestInfoFillsInTheDefaults(t *testing.T) {
	task := tasks.Spec[struct{}]{
		Name:      "report.send",
		Schedules: []tasks.Schedule[struct{}]{{Cron: "0 2 * * *"}},
	}
	info := task.Info()
	info.Schema = nil
	want := tasks.Info{
		Name: "report.send", Timeout: tasks.DefaultTimeout, Attempts: tasks.DefaultAttempts, Backoff: tasks.DefaultBackoff,
		Schedules: []tasks.ScheduleInfo{{Name: "report.send", Cron: "0 2 * * *", Zone: "UTC", Client: "default", Args: json.RawMessage("{}")}},
	}
	if diff := cmp.Diff(want, info); diff != "" {
		t.Errorf("info (-want +got):\n%s", diff)
	}
}

func TestRefusesDeclarationsThatAreWrong(t *testing.T) {
	for name, declare := range map[string]func(){
		"a name in capitals":     func() { tasks.Spec[struct{}]{Name: "Roster.Sync"}.Info() },
		"a name with two dots":   func() { tasks.Spec[struct{}]{Name: "roster..sync"}.Info() },
		"no name":                func() { tasks.Spec[struct{}]{}.Info() },
		"arguments of no struct": func() { tasks.Spec[int]{Name: "a"}.Info() },
		"an argument of no type": func() { tasks.Spec[struct{ C chan int }]{Name: "a"}.Info() },
		"a schedule without args": func() {
			tasks.Spec[syncArgs]{Name: "a", Schedules: []tasks.Schedule[syncArgs]{{Args: syncArgs{Limit: -1}}}}.Info()
		},
		"a policy that is none":       func() { tasks.Spec[syncArgs]{Name: "a", Unique: &tasks.Unique{Policy: "queue two"}}.Info() },
		"unique by no argument of it": func() { tasks.Spec[syncArgs]{Name: "a", Unique: &tasks.Unique{Args: []string{"School"}}}.Info() },
		"two of one name":             func() { tasks.NewRegistry(syncTask(nothing), syncTask(nothing)) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("the declaration was accepted")
				}
			}()
			declare()
		})
	}
}

func TestLooksTasksUpByTheirExactNames(t *testing.T) {
	r := tasks.NewRegistry(syncTask(nothing))
	if _, ok := r.Lookup("roster.sync"); !ok {
		t.Error("roster.sync is not found")
	}
	for _, name := range []string{"roster", "roster.sync.all", ""} {
		if _, ok := r.Lookup(name); ok {
			t.Errorf("%q is found", name)
		}
	}
}

func TestTrackReportsProgressAfterEachItem(t *testing.T) {
	task := syncTask(func(_ context.Context, job *tasks.Job[syncArgs]) error {
		for range tasks.Track(job, "classes", []string{"a", "b"}) {
		}
		return nil
	})
	got := taskstest.Run(t, task, syncArgs{School: "17"})
	want := []tasks.Progress{{Stage: "classes", Done: 1, Total: 2}, {Stage: "classes", Done: 2, Total: 2}}
	if diff := cmp.Diff(want, got.Progress); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
}

func TestReportsErrorsAndFurtherJobs(t *testing.T) {
	task := syncTask(func(ctx context.Context, job *tasks.Job[syncArgs]) error {
		job.Error("users.csv:3", "EMAIL_INVALID", "This teacher has no e-mail address.")
		_, err := job.Enqueue(ctx, tasks.Request{Task: "roster.next", Args: job.Args, Key: "next"})
		return err
	})
	got := taskstest.Run(t, task, syncArgs{School: "17"})
	if len(got.Errors) != 1 || got.Errors[0].Code != "EMAIL_INVALID" {
		t.Errorf("errors = %+v, want one EMAIL_INVALID", got.Errors)
	}
	if len(got.Enqueued) != 1 || string(got.Enqueued[0].Args) != `{"school":"17"}` {
		t.Errorf("enqueued = %+v, want roster.next for school 17", got.Enqueued)
	}
}

func TestErrorKindsSurviveWrapping(t *testing.T) {
	cause := errors.New("no such school")
	wrapped := errors.Join(errors.New("sync"), tasks.Permanent(cause))
	if !tasks.IsPermanent(wrapped) || !errors.Is(wrapped, cause) {
		t.Errorf("%v is not permanent, or lost its cause", wrapped)
	}
	retry, ok := errors.AsType[*tasks.RetryError](tasks.RetryAfter(time.Minute, cause))
	if !ok || retry.After != time.Minute || !errors.Is(retry, cause) {
		t.Errorf("RetryAfter = %v, want a minute and the cause", retry)
	}
	if got := tasks.RetryAfter(time.Minute, nil).Error(); got != "asked for another attempt in 1m0s" {
		t.Errorf("RetryAfter without a cause says %q", got)
	}
	if tasks.Permanent(nil) != nil {
		t.Error("Permanent(nil) is an error")
	}
}

func FuzzCheckNeverPanics(f *testing.F) {
	for _, seed := range []string{`{"school":"17"}`, `{}`, `null`, `{"school":{}}`, `{"school":"a","since":"x"}`} {
		f.Add([]byte(seed))
	}
	task := syncTask(nothing)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := task.Check(raw); err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("Check(%q): more than one line: %v", raw, err)
		}
	})
}

func TestSecretArgumentsAreMarkedAndNotQuoted(t *testing.T) {
	type args struct {
		School string `json:"school"`
		Login  struct {
			Pin int `json:"pin" secret:"true"`
		} `json:"login"`
	}
	if schema := string(tasks.Schema[args]()); !strings.Contains(schema, `"pin":{"type":"integer","writeOnly":true}`) || strings.Count(schema, "writeOnly") != 1 {
		t.Errorf("the schema is %s", schema)
	}
	defer func() {
		if recover() == nil {
			t.Error(`the tag secret:"yes" is taken`)
		}
	}()
	tasks.Schema[struct {
		Pin string `json:"pin" secret:"yes"`
	}]()
}
