package timetable_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

func TestRefusesSchedulesThatWouldWaitForEachOther(t *testing.T) {
	d := openDesk(t)
	d.add("a", "0 2 * * *", "UTC", func(s *job.Schedule) { s.Base.After = []string{"b"} })
	d.add("b", "0 2 * * *", "UTC", func(s *job.Schedule) { s.Base.After = []string{"other", "c"} })
	d.add("other", "0 2 * * *", "UTC")
	d.add("c", "0 2 * * *", "UTC", func(s *job.Schedule) { s.Base.Args = json.RawMessage("{}") })
	for after, says := range map[string]string{
		`["a"]`:          "Each would wait for the other: c -> a -> b -> c.",
		`["other", "b"]`: "Each would wait for the other: c -> b -> c.",
		`["c"]`:          "Each would wait for the other: c -> c.",
	} {
		_, err := d.Edit(t.Context(), "c", job.Edit{
			Set: map[string]json.RawMessage{"after": json.RawMessage(after)}, Revision: d.schedule("c").Revision, By: "anna", Reason: "Order.",
		})
		refused(t, err, fault.Invalid, "after", says)
	}
}

func TestAScheduleThatOthersComeAfterStays(t *testing.T) {
	d := openDesk(t)
	d.add("users", "0 2 * * *", "UTC")
	d.add("groups", "0 2 * * *", "UTC", func(s *job.Schedule) { s.Base.After = []string{"users"} })
	d.add("mails", "0 2 * * *", "UTC", func(s *job.Schedule) {
		s.Overrides = []job.Override{{Layer: job.LayerPlatform, Field: "after", Value: json.RawMessage(`["groups","users"]`)}}
	})
	refused(t, d.Delete(t.Context(), "users", "anna", "Not needed."), fault.Conflict, "", "is needed by groups, mails, which")
	if err := d.Delete(t.Context(), "mails", "anna", "Not needed."); err != nil {
		t.Error(err)
	}
}

func TestAForecastSaysWhatAScheduleComesAfter(t *testing.T) {
	d := openDesk(t)
	d.add("users", "0 2 * * *", "UTC")
	d.add("groups", "30 2 * * *", "America/New_York", func(s *job.Schedule) { s.Base.After = []string{"users", "sis.pull"} })
	march := time.Date(2027, 3, 14, 0, 0, 0, 0, time.UTC)
	const want = "groups Sun 03-14 03:00 -04:00: after users and sis.pull; the clock goes forward: 02:30 does not exist, it runs at 03:00"
	if got := d.forecast("groups", march, 1); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
