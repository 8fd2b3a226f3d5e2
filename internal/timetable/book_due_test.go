package timetable_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/timetable"
)

// It is due at 02:00, and jitter holds it back for longer than a second.
func TestASlotThatIsDueKeepsItsOutcomeWhenTheTimesChange(t *testing.T) {
	two := time.Date(2026, 9, 8, 2, 0, 0, 0, time.UTC)
	starts := []job.Slot{{Schedule: "sis.pull", Due: two, Outcome: job.SlotIntended, JobID: timetable.SlotID("sis.pull", two), Decided: two.Add(time.Second)}}
	stands := []job.Slot{{Schedule: "sis.pull", Due: two, Outcome: job.SlotPaused, Reason: "the schedule was switched off", Decided: two.Add(time.Second)}}
	tests := []struct {
		name   string
		before string
		change func(d *desk)
		want   []job.Slot
	}{
		{"by an edit", "{}", func(d *desk) { d.edit(job.LayerPlatform, "anna", `{"cron":"0 4 * * *"}`) }, starts},
		{"by a new version", "{}", func(d *desk) { d.declared = declared("0 4 * * *", "UTC", "{}"); d.announce() }, starts},
		{"and it is switched off", `{"enabled":false}`, func(d *desk) { d.edit(job.LayerPlatform, "anna", `{"cron":"0 4 * * *"}`) }, stands},
		{"unless they do not", "{}", func(d *desk) { d.edit(job.LayerPlatform, "anna", `{"owner":"anna"}`) }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := openDesk(t)
			d.edit(job.LayerPlatform, "anna", `{"jitter_seconds":3600,"latest_start_seconds":1}`)
			if tt.before != "{}" {
				d.edit(job.LayerPlatform, "anna", tt.before)
			}
			d.now = two.Add(time.Second)
			tt.change(d)
			if diff := cmp.Diff(tt.want, d.ledger.slots); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
