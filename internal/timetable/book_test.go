package timetable_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/timetable"
)

// An administrator edits, an upgrade comes, and the edit is taken back.
func TestAnOverrideSurvivesAnUpgradeUntilItIsReverted(t *testing.T) {
	d := openDesk(t)
	d.now = tuesday
	s := d.edit(job.LayerPlatform, "anna", `{"cron":"0 4 * * *"}`)
	if s.Cron != "0 4 * * *" || s.Base.Cron != "0 2 * * *" || !s.Decided.Equal(tuesday) || s.Revision != 2 {
		t.Fatalf("after the edit: %+v", s)
	}

	d.now = tuesday.Add(time.Hour)
	d.declared = declared("0 3 * * *", "UTC", `{"sync":"main"}`)
	d.announce()
	s = d.schedule("sis.pull")
	want := []string{`The task now declares cron "0 3 * * *" (it was "0 2 * * *"); the platform's own setting stays.`}
	if diff := cmp.Diff(want, s.Notices); diff != "" {
		t.Errorf("notices: (-want +got)\n%s", diff)
	}
	if s.Cron != "0 4 * * *" || s.Base.Cron != "0 3 * * *" || !s.Decided.Equal(tuesday) || s.Revision != 3 {
		t.Errorf("after the upgrade: %+v", s)
	}

	d.now = tuesday.Add(2 * time.Hour)
	s = d.edit(job.LayerPlatform, "ben", `{}`, "cron")
	if s.Cron != "0 3 * * *" || len(s.Notices) > 0 || len(s.Overrides) > 0 || !s.Decided.Equal(d.now) {
		t.Errorf("after the revert: %+v", s)
	}
	story := strings.Join([]string{
		`anna platform cron "0 2 * * *" -> "0 4 * * *"`,
		`beadle  cron "0 2 * * *" -> "0 3 * * *"`,
		`ben platform cron "0 4 * * *" -> "0 3 * * *"`,
	}, "\n")
	if diff := cmp.Diff(story, d.history("sis.pull")); diff != "" {
		t.Errorf("history: (-want +got)\n%s", diff)
	}
}

func TestANoticeGoesWhenTheFieldIsSetAnew(t *testing.T) {
	d := openDesk(t)
	d.edit(job.LayerPlatform, "anna", `{"cron":"0 4 * * *"}`)
	d.declared = declared("0 3 * * *", "UTC", `{"sync":"main"}`)
	d.announce()
	if s := d.edit(job.LayerPlatform, "anna", `{"cron":"0 4 * * *"}`); len(s.Notices) > 0 || s.Cron != "0 4 * * *" {
		t.Errorf("%+v", s)
	}
}

func TestTheClientsLayerCountsBeforeThePlatforms(t *testing.T) {
	d := openDesk(t)
	d.edit(job.LayerClient, "carl", `{"owner":"carl","overlap":"allow"}`)
	s := d.edit(job.LayerPlatform, "anna", `{"owner":"anna","jitter_seconds":60}`)
	if s.Owner != "carl" || s.Jitter != job.Seconds(time.Minute) || s.Overlap != job.OverlapAllow {
		t.Errorf("both layers: %+v", s.Rule)
	}
	s = d.edit(job.LayerClient, "carl", `{}`, "*")
	if s.Owner != "anna" || s.Overlap != job.OverlapSkip || len(s.Overrides) != 2 {
		t.Errorf("without the client's: %+v", s)
	}
}

func TestWhatIsSoAlreadyIsNotCustomised(t *testing.T) {
	d := openDesk(t)
	s := d.edit(job.LayerPlatform, "anna", `{"cron":"0 2 * * *","args":{ "sync": "main" },"zone":"UTC"}`)
	if s.Revision != 1 || len(s.Overrides) > 0 || d.history("sis.pull") != "" {
		t.Errorf("%+v", s)
	}
}

func TestACronOfAnotherDialectComesAndGoesWithIt(t *testing.T) {
	d := openDesk(t)
	d.edit(job.LayerClient, "carl", `{"cron":"0 5 * * *"}`)
	d.edit(job.LayerPlatform, "anna", `{"cron":"0 15 10 ? * 6L"}`)
	s := d.schedule("sis.pull")
	if s.Dialect != "unix" || s.Cron != "0 5 * * *" {
		t.Errorf("the client's: %s %s", s.Dialect, s.Cron)
	}
	s = d.edit(job.LayerClient, "carl", `{}`, "cron")
	if s.Dialect != "quartz" || s.Cron != "0 15 10 ? * 6L" {
		t.Errorf("the platform's: %s %s", s.Dialect, s.Cron)
	}
	s = d.edit(job.LayerPlatform, "anna", `{}`, "cron")
	if s.Dialect != "unix" || s.Cron != "0 2 * * *" || len(s.Overrides) > 0 {
		t.Errorf("the declared one: %+v", s)
	}
}

func TestAnOldRevisionIsToldWhatChangedSince(t *testing.T) {
	d := openDesk(t)
	d.edit(job.LayerPlatform, "anna", `{"owner":"anna"}`)
	d.now = d.now.Add(time.Minute)
	d.edit(job.LayerPlatform, "ben", `{"cron":"0 4 * * *"}`)
	d.now = d.now.Add(time.Minute)
	if _, err := d.Pause(t.Context(), "sis.pull", tuesday, "anna", "The SIS is being moved."); err != nil {
		t.Fatal(err)
	}
	before := d.schedule("sis.pull")
	_, err := d.Edit(t.Context(), "sis.pull", job.Edit{
		Layer: job.LayerPlatform, Set: map[string]json.RawMessage{"zone": json.RawMessage(`"Asia/Kolkata"`)}, Revision: 2, By: "carl", Reason: "We moved.",
	})
	refused(t, err, fault.Conflict, "", `anna paused it, ben changed cron to "0 4 * * *". Nothing of yours was saved`)
	if diff := cmp.Diff(before, d.schedule("sis.pull")); diff != "" {
		t.Errorf("it changed all the same: %s", diff)
	}
}

func TestWhoeverSavesFirstWins(t *testing.T) {
	d := openDesk(t)
	d.ledger.before = func() { d.edit(job.LayerPlatform, "ben", `{"cron":"0 4 * * *"}`) }
	_, err := d.tryEdit(job.LayerPlatform, "anna", `{"cron":"0 5 * * *"}`)
	refused(t, err, fault.Conflict, "", `ben changed cron to "0 4 * * *"`)
}

func TestManyEditAtOnceAndNothingIsLost(t *testing.T) {
	d := openDesk(t)
	var editors sync.WaitGroup
	for _, field := range []string{"owner", "calendar", "max_runs", "jitter_seconds", "latest_start_seconds", "catch_up_most"} {
		editors.Go(func() {
			value := json.RawMessage("7")
			switch field {
			case "owner":
				value = json.RawMessage(`"anna"`)
			case "calendar":
				value = json.RawMessage(`""`)
			}
			for {
				s, err := d.ledger.Schedule(t.Context(), "sis.pull")
				if err == nil {
					_, err = d.Edit(t.Context(), "sis.pull", job.Edit{
						Set: map[string]json.RawMessage{field: value}, Revision: s.Revision, By: field, Reason: "Because.",
					})
				}
				if fault.KindOf(err) != fault.Conflict {
					return
				}
			}
		})
	}
	editors.Wait()
	s := d.schedule("sis.pull")
	if s.Owner != "anna" || s.MaxRuns != 7 || s.Jitter == 0 || s.LatestStart == 0 || s.CatchUpMost != 7 || s.Revision != 6 {
		t.Errorf("%+v", s)
	}
}

func TestAPersonsSchedule(t *testing.T) {
	d := openDesk(t)
	d.now = tuesday
	s, err := d.Create(t.Context(), job.Schedule{
		Name: "sis.pull:north", Task: "sis.pull", Client: "north",
		Rule: job.Rule{Cron: "every monday at 04:30 in America/New_York", Args: json.RawMessage(`{"sync":"north"}`), Enabled: true},
	}, "anna", "North wants its own.")
	if err != nil {
		t.Fatal(err)
	}
	want := job.NewRule("30 4 * * 1", "America/New_York", json.RawMessage(`{"sync":"north"}`))
	if diff := cmp.Diff(want, s.Rule); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(want, s.Base); diff != "" || s.Declared || !s.Created.Equal(tuesday) || !s.Decided.Equal(tuesday) || s.Revision != 1 {
		t.Errorf("%+v", s)
	}

	d.announce()
	if diff := cmp.Diff(s, d.schedule(s.Name)); diff != "" {
		t.Errorf("what workers announce changed it: %s", diff)
	}
	if _, err := d.Create(t.Context(), s, "ben", "Me too."); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a second one: %v", err)
	}
	if err := d.Delete(t.Context(), s.Name, "anna", "North has left."); err != nil {
		t.Fatal(err)
	}
	if history := d.history(s.Name); !strings.HasPrefix(history, "anna  created  -> {") || !strings.Contains(history, "anna  deleted {") {
		t.Errorf("history: %s", history)
	}
	if _, err := d.Changes(t.Context(), "nobody", 10); fault.KindOf(err) != fault.NotFound {
		t.Errorf("changes of nothing: %v", err)
	}
}

func TestADeclaredScheduleIsDeletedOnlyWhenItsTaskIsGone(t *testing.T) {
	d := openDesk(t)
	refused(t, d.Delete(t.Context(), "sis.pull", "anna", "Not needed."), fault.Conflict, "", "switch it off instead")
	d.declared = []job.Declaration{{Name: "other"}}
	d.announce()
	if s := d.schedule("sis.pull"); !s.Missing {
		t.Fatalf("%+v", s)
	}
	if err := d.Delete(t.Context(), "sis.pull", "anna", "Not needed."); err != nil {
		t.Error(err)
	}
}

func TestPausesUntilAndResumes(t *testing.T) {
	d := openDesk(t)
	until := tuesday.AddDate(0, 0, 7)
	s, err := d.Pause(t.Context(), "sis.pull", until, "anna", "The SIS is being moved.")
	if err != nil || s.PausedUntil == nil || !s.PausedUntil.Equal(until) || s.PauseNote != "The SIS is being moved." {
		t.Fatalf("%+v, %v", s, err)
	}
	d.ledger.before = func() { d.edit(job.LayerPlatform, "ben", `{"owner":"ben"}`) }
	s, err = d.Resume(t.Context(), "sis.pull", "anna", "It is there.")
	if err != nil || s.PausedUntil != nil || s.PauseNote != "" || s.Owner != "ben" {
		t.Errorf("%+v, %v", s, err)
	}
	_, err = d.Resume(t.Context(), "sis.pull", "anna", "Again.")
	refused(t, err, fault.Conflict, "", "is not paused")
	d.edit(job.LayerPlatform, "anna", `{"enabled":false}`)
	_, err = d.Resume(t.Context(), "sis.pull", "anna", "Again.")
	refused(t, err, fault.Conflict, "", "is switched off, not paused")
	_, err = d.Pause(t.Context(), "sis.pull", monday.Add(-time.Hour), "anna", "Late.")
	refused(t, err, fault.Invalid, "until", "a time after now")
	_, err = d.Pause(t.Context(), "sis.pull", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "anna", "For ever.")
	refused(t, err, fault.Invalid, "until", "before the year 10000")
	_, err = d.Pause(t.Context(), "sis.pull", until, "anna", " ")
	refused(t, err, fault.Invalid, "note", "Say why")
}

func TestRefusesRulesWithoutMeaning(t *testing.T) {
	tests := []struct{ name, set, field, says string }{
		{"an unknown field", `{"timezone":"UTC"}`, "timezone", `There is no field "timezone"; there are dialect, cron, zone,`},
		{"a wrong type", `{"max_runs":"7"}`, "max_runs", `must be a whole number, not "7"`},
		{"half a run", `{"max_runs":7.5}`, "max_runs", "must be a whole number"},
		{"nothing where something must be", `{"enabled":null}`, "enabled", "must be true or false"},
		{"a minute that there is not", `{"cron":"61 * * * *"}`, "cron", `Minute "61" (column 1): is not from 0 to 59; use 0 to 59.`},
		{"a day that there is not", `{"cron":"0 0 30 2 *"}`, "cron", "never"},
		{"no time", `{"cron":" "}`, "cron", "Say when it is due"},
		{"an unknown dialect", `{"dialect":"systemd"}`, "dialect", "write unix, quartz, every or english"},
		{"words that nobody knows", `{"cron":"every blue moon at 09:00"}`, "cron", "blue"},
		{"words for another zone", `{"cron":"every day at 09:00 in Europe/Berlin"}`, "cron", "the zone is UTC"},
		{"words for no time", `{"dialect":"english","cron":"every day"}`, "cron", "at"},
		{"an abbreviation of a zone", `{"zone":"EST"}`, "zone", "use a place, such as America/New_York"},
		{"an unknown zone", `{"zone":"Europe/Atlantis"}`, "zone", "is not in the time zone database"},
		{"an unknown policy", `{"overlap":"wait"}`, "overlap", "write skip, queue one, queue all, abort or allow"},
		{"an unknown way to catch up", `{"catch_up":"some"}`, "catch_up", "write none, latest or all"},
		{"an unknown jitter", `{"jitter_by":"moon"}`, "jitter_by", "write name or chance"},
		{"less than no time", `{"jitter_seconds":-1}`, "jitter_seconds", "from 0 to"},
		{"an age", `{"catch_up_within_seconds":1e300}`, "catch_up_within_seconds", "a number of seconds"},
		{"fewer than no runs", `{"max_runs":-1}`, "max_runs", "from 0 to"},
		{"a date that there is not", `{"starts_at":"2026-02-30T08:00:00Z"}`, "starts_at", "a time such as"},
		{"an end before the start", `{"starts_at":"2026-09-10T08:00:00Z","ends_at":"2026-09-09T08:00:00Z"}`, "ends_at", "a later ends_at"},
		{"a start before there were computers", `{"starts_at":"1969-12-31T23:59:59Z"}`, "starts_at", "from 1970 to 9999"},
		{"an end that one zone has in the year 10000", `{"ends_at":"9999-12-31T23:59:59-05:00"}`, "ends_at", "from 1970 to 9999"},
		{"an unknown calendar", `{"calendar":"holidays"}`, "calendar", `There is no calendar "holidays"`},
		{"arguments that are no object", `{"args":[1]}`, "args", "a JSON object"},
		{"arguments that the task does not take", `{"args":{"sinc":1}}`, "args", "no argument sinc"},
		{"two lines of an owner", `{"owner":"a\nb"}`, "owner", "one line"},
		{"a label that is no text", `{"labels":{"team":1}}`, "labels", "an object of texts"},
		{"after nothing", `{"after":["sis.psuh"]}`, "after", `There is no schedule "sis.psuh" to come after.`},
		{"after no list", `{"after":"sis.push"}`, "after", "must be a list of schedules"},
		{"after itself", `{"after":["sis.pull"]}`, "after", "Each would wait for the other: sis.pull -> sis.pull."},
		{"after one twice", `{"after":["sis.push","sis.push"]}`, "after", "name it once"},
		{"an unknown way to wait", `{"after_for":"week"}`, "after_for", "write slot or day"},
		{"an unknown end of waiting", `{"after_else":"panic"}`, "after_else", "write skip, run or miss"},
		{"to wait for less than no time", `{"after_limit_seconds":-1}`, "after_limit_seconds", "from 0 to"},
		{"nothing at all", `{}`, "set", "Say what to change"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := openDesk(t)
			before := d.schedule("sis.pull")
			_, err := d.tryEdit(job.LayerPlatform, "anna", tt.set)
			refused(t, err, fault.Invalid, tt.field, tt.says)
			if diff := cmp.Diff(before, d.schedule("sis.pull")); diff != "" {
				t.Errorf("it changed all the same: %s", diff)
			}
		})
	}
}

func TestFindsAllThatMakesNoSenseInARule(t *testing.T) {
	r := job.NewRule("61 * * * *", "EST", json.RawMessage("[]"))
	r.Overlap, r.JitterBy, r.AfterElse, r.Jitter, r.MaxRuns, r.After = "wait", "moon", "panic", -1, -1, []string{"a", "a"}
	var fields []string
	for _, wrong := range timetable.CheckRule(r) {
		fields = append(fields, wrong.Field)
	}
	want := []string{"cron", "zone", "overlap", "jitter_by", "after_else", "after", "jitter_seconds", "max_runs", "args"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestRefusesEditsThatContradictThemselves(t *testing.T) {
	d := openDesk(t)
	_, err := d.tryEdit(job.LayerPlatform, "anna", `{"cron":"0 4 * * *"}`, "*")
	refused(t, err, fault.Invalid, "cron", "to be set and to be reverted")
	_, err = d.tryEdit(job.LayerPlatform, "anna", `{}`, "corn")
	refused(t, err, fault.Invalid, "revert", `There is no field "corn"`)
	_, err = d.tryEdit("site", "anna", `{"cron":"0 4 * * *"}`)
	refused(t, err, fault.Invalid, "layer", "write platform or client")
	_, err = d.tryEdit(job.LayerPlatform, "", `{"cron":"0 4 * * *"}`)
	refused(t, err, fault.Invalid, "by", "Say who")
}

func TestRefusesNewSchedulesThatCouldNotRun(t *testing.T) {
	tests := []struct {
		name        string
		change      func(s *job.Schedule)
		kind        fault.Kind
		field, says string
	}{
		{"no name", func(s *job.Schedule) { s.Name = "" }, fault.Invalid, "name", "A name is 1 to 100 letters"},
		{"a name of two words", func(s *job.Schedule) { s.Name = "sis pull" }, fault.Invalid, "name", `not "sis pull"`},
		{"no task", func(s *job.Schedule) { s.Task = "" }, fault.Invalid, "task", "is required"},
		{"an unknown task", func(s *job.Schedule) { s.Task = "sis.push" }, fault.Invalid, "task", `There is no task "sis.push"`},
		{"an unknown client", func(s *job.Schedule) { s.Client = "south" }, fault.Invalid, "client", `There is no client "south"`},
		{"a disabled client", func(s *job.Schedule) { s.Client = "closed" }, fault.Conflict, "client", "disabled"},
		{"an unknown zone", func(s *job.Schedule) { s.Zone = "Mars/Base" }, fault.Invalid, "zone", "time zone database"},
		{"six fields as unix", func(s *job.Schedule) { s.Dialect, s.Cron = "unix", "0 0 2 * * ?" }, fault.Invalid, "cron", "."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := openDesk(t)
			s := job.Schedule{Name: "sis.pull:north", Task: "sis.pull", Rule: job.NewRule("0 2 * * *", "UTC", nil)}
			tt.change(&s)
			_, err := d.Create(t.Context(), s, "anna", "North wants its own.")
			refused(t, err, tt.kind, tt.field, tt.says)
		})
	}
	d := openDesk(t)
	_, err := d.Create(t.Context(), job.Schedule{Name: "a", Task: "sis.pull", Rule: job.NewRule("0 2 * * *", "UTC", nil)}, "anna", "")
	refused(t, err, fault.Invalid, "reason", "Say why")
}
