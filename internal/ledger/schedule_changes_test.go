package ledger_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

func changes(t *testing.T, l *ledger.Ledger, schedule string, limit int) []job.Change {
	t.Helper()
	found, err := l.Changes(t.Context(), schedule, limit)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func version(t *testing.T, l *ledger.Ledger) int64 {
	t.Helper()
	version, err := l.ScheduleVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return version
}

func TestListsChangesTheNewestFirst(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		created := job.Change{At: noon, By: "ana", Reason: "For the new school.", Field: "created"}
		cron := job.Change{
			At: second(1), By: "ben", Reason: "Backups run at two.", Layer: job.LayerPlatform, Field: "cron",
			Old: json.RawMessage(`"0 2 * * *"`), New: json.RawMessage(`"0 3 * * *"`),
		}
		zone := job.Change{At: second(1), By: "ben", Field: "zone", Schedule: "anything"}
		calendar := job.Change{At: second(2), By: "ana", Field: "exclusions"}
		saveSchedule(t, l, schedule("nightly"), 0, created)
		saveSchedule(t, l, schedule("nightly"), 1, cron, zone)
		saveCalendar(t, l, job.Calendar{Name: "holidays"}, 0, calendar)
		saveSchedule(t, l, schedule("hourly"), 0, created)

		numbered := func(c job.Change, schedule string, seq int64) job.Change {
			c.Schedule, c.Seq = schedule, seq
			return c
		}
		all := []job.Change{
			numbered(created, "hourly", 5), numbered(calendar, "calendar holidays", 4),
			numbered(zone, "nightly", 3), numbered(cron, "nightly", 2), numbered(created, "nightly", 1),
		}
		for name, tt := range map[string]struct{ want, got []job.Change }{
			"of all":        {all, changes(t, l, "", 0)},
			"the newest":    {all[:2], changes(t, l, "", 2)},
			"of a schedule": {all[2:], changes(t, l, "nightly", 0)},
			"of a calendar": {all[1:2], changes(t, l, "calendar holidays", 0)},
		} {
			if diff := cmp.Diff(tt.want, tt.got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}

func TestTheVersionGrowsWithWhatAWalkerMustReadAgain(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		at := version(t, l)
		for _, step := range []struct {
			name  string
			grows bool
			do    func() error
		}{
			{"create", true, func() error { return l.SaveSchedule(t.Context(), schedule("nightly"), 0, nil) }},
			{"edit", true, func() error { return l.SaveSchedule(t.Context(), schedule("nightly"), 1, nil) }},
			{"register", true, func() error { return l.PutSchedules(t.Context(), []job.Schedule{schedule("hourly")}) }},
			{"register nothing", false, func() error { return l.PutSchedules(t.Context(), nil) }},
			{"slots", false, func() error {
				return l.PutSlots(t.Context(), "nightly", second(1), []job.Slot{{Due: second(1), Outcome: job.SlotRan}})
			}},
			{"delete", true, func() error { return l.DeleteSchedule(t.Context(), "nightly", 2, job.Change{}) }},
			{"create calendar", true, func() error { return l.SaveCalendar(t.Context(), job.Calendar{Name: "holidays"}, 0, job.Change{}) }},
			{"edit calendar", true, func() error { return l.SaveCalendar(t.Context(), job.Calendar{Name: "holidays"}, 1, job.Change{}) }},
			{"delete calendar", true, func() error { return l.DeleteCalendar(t.Context(), "holidays", 2, job.Change{}) }},
		} {
			if err := step.do(); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			now := version(t, l)
			if grew := now > at; grew != step.grows || now < at {
				t.Errorf("%s: version %d after %d", step.name, now, at)
			}
			at = now
		}
	})
}
