package scheduler_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func raw(text string) json.RawMessage { return json.RawMessage(text) }

func TestAPersonsScheduleRunsIsEditedAndIsChecked(t *testing.T) {
	i := install(t)
	url, _ := i.scheduler("")
	i.worker(greet)
	c := client.New(url, "")
	const name = "greet:often"
	eventually(t, "the schedule to be taken", func() bool {
		_, err := c.CreateSchedule(t.Context(), client.NewSchedule{
			Name: name, Task: "greet", Reason: "Ann likes it.", Rule: map[string]json.RawMessage{"cron": raw(`"every second"`), "args": raw(`{"name":"ann"}`)},
		})
		return err == nil
	})
	var slots []job.Slot
	eventually(t, "slots that ran", func() bool {
		slots, _ = c.Slots(t.Context(), name, time.Time{}, time.Time{}, 10)
		return len(slots) > 2 && slots[1].Outcome == job.SlotRan
	})
	if j, err := c.Job(t.Context(), slots[1].JobID); err != nil || j.Job.Schedule != name || !strings.Contains(string(j.Job.Args), "ann") {
		t.Errorf("its job: %+v, %v", j.Job, err)
	}

	s, err := c.Schedule(t.Context(), name)
	if err != nil || s.Dialect != "quartz" || s.Cron != "* * * * * ?" || s.Next == nil {
		t.Fatalf("%+v, %v", s, err)
	}
	if s, err = c.EditSchedule(t.Context(), name, client.Edit{
		Set: map[string]json.RawMessage{"enabled": raw("false")}, Revision: s.Revision, Reason: "Enough.",
	}); err != nil || s.Enabled || s.Next != nil {
		t.Fatalf("%+v, %v", s, err)
	}
	eventually(t, "a slot that did not run", func() bool {
		slots, _ = c.Slots(t.Context(), name, time.Time{}, time.Time{}, 1)
		return len(slots) == 1 && slots[0].Outcome == job.SlotPaused
	})
	check, err := c.CheckSlots(t.Context(), name, time.Time{}, time.Time{})
	if err != nil || len(check.Gaps) > 0 || check.Outcomes[job.SlotRan] == 0 {
		t.Errorf("%+v, %v", check, err)
	}
	if _, err := c.DeleteSchedule(t.Context(), name, "Not needed."); err != nil {
		t.Error(err)
	}
	changes, err := c.ScheduleChanges(t.Context(), name, 10)
	if err != nil || len(changes) != 3 || changes[1].Field != "enabled" {
		t.Errorf("%+v, %v", changes, err)
	}
}
