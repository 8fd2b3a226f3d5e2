package web

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

func TestEveryFieldOfARuleIsASetting(t *testing.T) {
	var shown []string
	for _, set := range grouped() {
		shown = append(shown, set.Fields...)
	}
	if diff := cmp.Diff(sorted(job.RuleFields()), sorted(shown)); diff != "" {
		t.Errorf("fields of rules and in the groups of the form (-want +got):\n%s", diff)
	}
	if len(grouped()) != len(settings) {
		t.Errorf("%d settings are in groups, of %d", len(grouped()), len(settings))
	}
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}

func TestWhatAFormShowsReadsAsTheSame(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	full := job.Rule{
		Dialect: "", Cron: "30 2 * * *", Zone: "Europe/Berlin", Args: json.RawMessage(`{"sync":"main","terms":["2026-fall"]}`), Enabled: true,
		Overlap: job.OverlapQueueOne, CatchUp: job.CatchUpAll, CatchUpWithin: job.Seconds(36*time.Hour + 90*time.Second), CatchUpMost: 7,
		LatestStart: job.Seconds(1500 * time.Millisecond), Jitter: job.Seconds(5 * time.Minute), JitterBy: job.JitterByChance,
		After: []string{"users.import", "groups:north"}, AfterFor: job.AfterDay, AfterLimit: job.Seconds(time.Hour), AfterElse: job.ElseRun,
		Calendar: "holidays", StartsAt: new(time.Date(2026, 9, 1, 8, 0, 0, 0, berlin)), EndsAt: new(time.Date(2027, 1, 31, 0, 0, 0, 0, berlin)), MaxRuns: 3,
		Owner: "it@example.edu", Labels: map[string]string{"term": "2026-fall", "vip": ""},
	}
	for name, want := range map[string]job.Rule{"everything": full, "nothing": {Args: json.RawMessage("{}")}} {
		var got job.Rule
		for _, set := range settings {
			if err := set.Read(&got, set.Write(want)); err != nil {
				t.Errorf("%s: %s %q: %v", name, set.Label, set.Write(want), err)
			}
			if set.Say(want) == "" && name == "everything" {
				t.Errorf("nothing is said of %s", set.Label)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestLengthsOfTimeAreReadAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"": 0, "0": 0, "90 s": 90 * time.Second, "1h30m": 90 * time.Minute, "1 h 30 min": 90 * time.Minute, "2 days": 48 * time.Hour,
		"1.5 h": 90 * time.Minute, "1 hour, 5 minutes": 65 * time.Minute, "0.25s": 250 * time.Millisecond,
	} {
		if got, err := readLasting(text); err != nil || time.Duration(got) != want {
			t.Errorf("readLasting(%q) = %v, %v, want %v", text, time.Duration(got), err, want)
		}
	}
	for _, text := range []string{"90", "h", "-5 s", "5 fortnights", "1e9 h", "99999999999 d", "1 h 30", "5 s!", "1..5 s"} {
		if got, err := readLasting(text); fault.KindOf(err) != fault.Invalid {
			t.Errorf("readLasting(%q) = %v, %v", text, time.Duration(got), err)
		}
	}
}

func TestWhatIsNoValueIsRefused(t *testing.T) {
	for field, texts := range map[string][]string{
		"args":      {"[]", "null", `{"a":}`, "x"},
		"max_runs":  {"-1", "many", "1.5", "99999999999999999999"},
		"starts_at": {"tomorrow", "2026-13-01T00:00"},
		"labels":    {"=x", "a, =b"},
	} {
		set, _ := settingOf(field)
		for _, text := range texts {
			if err := set.Read(new(job.Rule), text); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %q is taken: %v", field, text, err)
			}
		}
	}
}

func TestLabelsOfOneRuleAreNotThoseOfAnother(t *testing.T) {
	base := job.Rule{Labels: map[string]string{"term": "2026-fall"}}
	got := altered(base, "labels", json.RawMessage(`{"vip":""}`))
	if diff := cmp.Diff(map[string]string{"vip": ""}, got.Labels); diff != "" || len(base.Labels) != 1 {
		t.Errorf("labels, beside %v (-want +got):\n%s", base.Labels, diff)
	}
}
