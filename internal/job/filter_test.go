package job_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

func TestAFilterIsReadAsPeopleTypeIt(t *testing.T) {
	day := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]job.Filter{
		"":                                  {},
		"state:failed,aborted state:failed": {States: []job.State{job.Failed, job.Aborted}},
		"task:sis.* client:north owner:anna queue:worker": {Task: "sis.*", Client: "north", Owner: "anna", Queue: "worker"},
		`server:worker-1 error:"no course" schedule:nightly root:7 errors:yes`: {
			Server: "worker-1", Error: "no course", Schedule: "nightly", Root: "7", Errors: true,
		},
		"tag:term-2026 tag:drill tag:drill":                    {Tags: []string{"term-2026", "drill"}},
		`owner:"schedule nightly"`:                             {Owner: "schedule nightly"},
		`school 17 "http://x" "a \"b\""`:                       {Words: []string{"school", "17", "http://x", `a "b"`}},
		"run>5m run<2d wait>1h30m":                             {Run: job.Span{Over: 5 * time.Minute, Under: 48 * time.Hour}, Wait: job.Span{Over: 90 * time.Minute}},
		"created>2026-09-01 created<2026-09-02T00:00:00+00:00": {Created: job.Period{From: day, To: day.Add(24 * time.Hour)}},
		`payload.school:17 payload.a.b:"" task:x`:              {Task: "x", Payload: []job.Content{{Path: "school", Value: "17"}, {Path: "a.b"}}},
	} {
		got, err := job.ParseFilter(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", text, diff)
		}
	}
}

func TestAFilterThatMakesNoSenseIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"state:done":          "There is no state",
		"colour:red":          "a filter takes state: task:",
		"run:5m":              "There is no word run:",
		"task>5":              "There is no word task>",
		"run>soon":            "takes how long",
		"run>-5m":             "takes how long",
		"created>yesterday":   "takes a day or a time",
		"created>0001-01-01":  "takes a day or a time",
		"task:a task:b":       "once only",
		"task:":               "Say what task: is to be.",
		`error:"never closed`: "quotation mark is missing",
		"tag:Drill":           "is no tag",
		"tag:a tag:b tag:c tag:d tag:e tag:f tag:g tag:h tag:i": "8 tags at most",
		":x":                     "A word is missing",
		"---":                    "no letter and no digit",
		"payload.:1":             "names no argument",
		"payload.a'b:1":          "names no argument",
		strings.Repeat("a", 1e4): "at most 2000 bytes",
	} {
		_, err := job.ParseFilter(text)
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.Message(err), want) {
			t.Errorf("%.40s: %v, want one that says %q", text, err, want)
		}
	}
}

func TestArgumentsAreNotSearchedEverywhere(t *testing.T) {
	for text, refused := range map[string]bool{"payload.a:1": true, "payload.a:1 client:north": true, "payload.a:1 task:x": false, "payload.a:1 created>2026-01-01": false} {
		f, err := job.ParseFilter(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Check(); (fault.KindOf(err) == fault.Invalid) != refused {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzParseFilter(f *testing.F) {
	for _, seed := range []string{
		`state:failed task:sis.* client:north owner:"schedule nightly" error:"no \"course\"" words run>5m wait<36h created>2026-09-01T08:00:00.5Z tag:term-2026 tag:a:b payload.a.b:17`,
		`tag:drill tag:drill tag:"x" tag:`, `"`, `\`, `a"b`, `"a"b`, `payload.a:"x\`, "run>1d1h", "task:\u2028x", `x\"y`, `task:a"b c"`, `""`, `"run>5m"`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		one, err := job.ParseFilter(text)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		two, err := job.ParseFilter(one.String())
		if err != nil && len(one.String()) <= 2000 {
			t.Fatalf("%q became %q: %v", text, one, err)
		}
		if diff := cmp.Diff(one, two); err == nil && diff != "" {
			t.Fatalf("%q became %q (-one +two)\n%s", text, one, diff)
		}
	})
}

func FuzzParseCursor(f *testing.F) {
	f.Add("c1.")
	f.Add(job.Place{Created: time.UnixMilli(1), ID: "a b"}.Cursor())
	f.Fuzz(func(t *testing.T, text string) {
		p, ok, err := job.ParseCursor(text)
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Fatal(err)
		}
		if again, _, err2 := job.ParseCursor(p.Cursor()); ok && err == nil && (err2 != nil || again != p) {
			t.Fatalf("%q is %v, and then %v %v", text, p, again, err2)
		}
	})
}
