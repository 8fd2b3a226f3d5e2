package job_test

import (
	"encoding/json"
	"testing"

	"github.com/beadle-jobs/beadle/internal/job"
)

func TestJobsClashForAResourceThatOneOfThemWrites(t *testing.T) {
	const north, south = "north", "south"
	rule := func(reads, writes []string, blocking bool) job.Declaration {
		return job.Declaration{Name: "t", Locks: true, Schedules: []job.DeclaredSchedule{{
			Args: json.RawMessage(`{"a":1,"b":2}`), Wants: &job.Wants{Reads: reads, Writes: writes, Blocking: blocking},
		}}}
	}
	reader, writer := rule([]string{"users"}, nil, false), rule(nil, []string{"users"}, false)
	platform, blocking := rule(nil, []string{"/lms"}, false), rule(nil, nil, true)
	free := job.Declaration{Name: "free"}
	for name, c := range map[string]struct {
		a, b    job.Declaration
		clientB string
		want    string
	}{
		"two that read":                      {reader, reader, north, ""},
		"one reads, one writes":              {reader, writer, north, "north/users"},
		"one writes, one reads":              {writer, reader, north, "north/users"},
		"two that write":                     {writer, writer, north, "north/users"},
		"two that write, of two clients":     {writer, writer, south, ""},
		"the same resource of the platform":  {platform, platform, south, "/lms"},
		"a blocking one and one of nothing":  {blocking, free, north, "north/*"},
		"a blocking one and another's":       {blocking, writer, south, ""},
		"one of nothing and a blocking one":  {free, blocking, north, "north/*"},
		"one of nothing and one that writes": {free, writer, north, ""},
	} {
		a, knownA := c.a.WantsOf(north, json.RawMessage(`{"b":2, "a":1}`))
		b, knownB := c.b.WantsOf(c.clientB, json.RawMessage(`{"b":2, "a":1}`))
		if !knownA || !knownB {
			t.Errorf("%s: what the jobs want is not known", name)
		}
		if got := a.Clash(b); got != c.want {
			t.Errorf("%s: they clash for %q, want %q", name, got, c.want)
		}
	}
}

func TestJSONIsTheSameWhateverItsFormButNotIfANumberDiffersInItsLastDigit(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{`{"a":1,"b":[2, 3]}`, ` {"b":[2,3], "a":1}`, true},
		{`null`, ``, true},
		{`{}`, `null`, false},
		{`{"id":12345678901234567890}`, `{"id":12345678901234567891}`, false},
	} {
		if got := job.SameJSON(json.RawMessage(tt.a), json.RawMessage(tt.b)); got != tt.want {
			t.Errorf("%s and %s: %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestWhatIsNotAnnouncedIsTakenForOneResourceOfItsTask(t *testing.T) {
	d := job.Declaration{Name: "sis.pull", Locks: true, Writes: []string{"roster"}}
	usual, known := d.WantsOf("north", json.RawMessage(`{}`))
	if !known || usual.Clash(usual) != "north/roster" {
		t.Errorf("without arguments: %v, known %v, want the usual resources", usual, known)
	}
	other, known := d.WantsOf("north", json.RawMessage(`{"sync":"main"}`))
	if known || other.Clash(other) != "north/task sis.pull" {
		t.Errorf("with arguments: %v, known %v, want a resource of the task, not known", other, known)
	}
}
