package timetable_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
)

// The book and the real ledger understand each other.
func TestIsKeptInTheRealLedger(t *testing.T) {
	d := openDesk(t)
	l, err := ledger.Open(t.Context(), ledgertest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d.Ledger = l
	present := func() job.Schedule {
		t.Helper()
		s, err := l.Schedule(t.Context(), "sis.pull")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	edit := func(by, field, value string) error {
		_, err := d.Edit(t.Context(), "sis.pull", job.Edit{
			Set: map[string]json.RawMessage{field: json.RawMessage(value)}, Revision: present().Revision, By: by, Reason: "The night is too short.",
		})
		return err
	}
	d.announce()
	if _, err := d.PutCalendar(t.Context(), job.Calendar{Name: "holidays", Exclusions: []job.Exclusion{{From: "12-24"}}}, "anna", "Nobody is here."); err != nil {
		t.Fatal(err)
	}
	d.now = tuesday
	seen := present().Revision
	for _, err := range []error{edit("anna", "cron", `"every day at 04:00"`), edit("anna", "calendar", `"holidays"`), edit("ben", "starts_at", `"2026-09-09T00:00:00Z"`)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s := present()
	if s.Cron != "0 4 * * *" || s.Calendar != "holidays" || s.StartsAt == nil || s.Base.Cron != "0 2 * * *" || len(s.Overrides) != 3 || !s.Decided.Equal(tuesday) {
		t.Errorf("after the edits: %+v", s)
	}
	_, err = d.Edit(t.Context(), "sis.pull", job.Edit{Revert: []string{"*"}, Revision: seen, By: "carl", Reason: "I saw another."})
	refused(t, err, fault.Conflict, "", `ben changed starts_at to "2026-09-09T00:00:00Z"`)
	if err := d.DeleteCalendar(t.Context(), "holidays", "anna", "Not needed."); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a calendar that is used: %v", err)
	}

	d.now = tuesday.Add(time.Hour)
	d.declared = declared("0 3 * * *", "UTC", `{"sync":"main"}`)
	d.announce()
	d.announce()
	if s = present(); len(s.Notices) != 1 || s.Base.Cron != "0 3 * * *" || s.Cron != "0 4 * * *" || s.Revision != 5 {
		t.Errorf("after the upgrade: %+v", s)
	}
	for _, err := range []error{
		func() error {
			_, err := d.Pause(t.Context(), "sis.pull", d.now.Add(time.Hour), "anna", "It moves.")
			return err
		}(),
		func() error { _, err := d.Resume(t.Context(), "sis.pull", "anna", "It is there."); return err }(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	d.declared = []job.Declaration{{Name: "other"}}
	d.announce()
	if s = present(); !s.Missing || s.PausedUntil != nil {
		t.Errorf("after its task has gone: %+v", s)
	}
	if c, err := d.Check(t.Context(), "sis.pull", time.Time{}, time.Time{}); err != nil || len(c.Gaps) > 0 {
		t.Errorf("%+v, %v", c, err)
	}
	if err := d.Delete(t.Context(), "sis.pull", "anna", "Not needed."); err != nil {
		t.Fatal(err)
	}
	want := []string{"cron", "calendar", "starts_at", "cron", "paused", "resumed", "deleted"}
	if got := fields(d.history("sis.pull")); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("history: %s, want %s", got, want)
	}
}

// fields are the fields of a history.
func fields(history string) (names []string) {
	for line := range strings.Lines(history) {
		words := strings.Fields(line)
		name := words[1]
		if job.Layer(name).Valid() {
			name = words[2]
		}
		names = append(names, name)
	}
	return names
}
