package ledger_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

func TestTellsHowTheSlotsOfASpanStand(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, enqueue("good", "bad", "busy").then(
			events.JobEnded{ID: "good", State: job.Succeeded, At: second(20)},
			events.JobEnded{ID: "bad", State: job.Failed, At: second(21)}))
		slot := func(schedule string, due int, outcome job.SlotOutcome, id string) job.Slot {
			s := job.Slot{Schedule: schedule, Due: second(due), Outcome: outcome, JobID: id, Decided: second(due)}
			putSlots(t, l, s)
			return s
		}
		good := job.SlotStand{Slot: slot("users", 1, job.SlotRan, "good"), State: job.Succeeded, Ended: second(20)}
		unheard := job.SlotStand{Slot: slot("users", 2, job.SlotRanLate, "unheard")}
		bad := job.SlotStand{Slot: slot("users", 3, job.SlotRan, "bad"), State: job.Failed, Ended: second(21)}
		busy := job.SlotStand{Slot: slot("mails", 3, job.SlotCaughtUp, "busy"), State: job.Queued}
		missed := job.SlotStand{Slot: slot("mails", 4, job.SlotMissed, "")}
		open := job.SlotStand{Slot: slot("groups", 3, job.SlotIntended, "open")}

		span := func(schedule string, from, to int, any bool) job.SlotSpan {
			return job.SlotSpan{Schedule: schedule, From: second(from), To: second(to), Any: any}
		}
		for name, tt := range map[string]struct {
			span job.SlotSpan
			want job.SlotStand
		}{
			"the newest":                        {span("users", 0, 9, false), bad},
			"the newest before a time":          {span("users", 1, 3, false), unheard},
			"the newest of none":                {span("users", 4, 9, false), job.SlotStand{}},
			"the newest of another":             {span("mails", 0, 9, false), missed},
			"any, of which one has succeeded":   {span("users", 0, 9, true), good},
			"any, of which none has yet":        {span("users", 2, 9, true), unheard},
			"any, of which the newest is over":  {span("mails", 0, 9, true), busy},
			"any, of which none can":            {span("users", 3, 9, true), bad},
			"any, of which one has not started": {span("groups", 0, 9, true), open},
			"any of none":                       {span("nothing", 0, 9, true), job.SlotStand{}},
		} {
			got, err := l.SlotStands(t.Context(), []job.SlotSpan{{Schedule: "other"}, tt.span, {Schedule: "other", Any: true}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]job.SlotStand{{}, tt.want, {}}, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}

// Ana starts the failed job of a slot again, and then once more.
func TestTheNewestRetryOfAJobIsWhatASlotStandsFor(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		again := func(id, of, parent string, at int) events.JobEnqueued {
			return events.JobEnqueued{Job: job.Job{
				ID: id, Task: "users", Client: "default", State: job.Queued, Root: "first", RetryOf: of, Parent: parent, Created: second(at), Due: second(at),
			}}
		}
		tell(t, l, enqueue("first").then(
			events.JobEnded{ID: "first", State: job.Failed, At: second(20)},
			again("second", "first", "", 30), events.JobEnded{ID: "second", State: job.Failed, At: second(40)},
			again("third", "second", "", 50), events.JobEnded{ID: "third", State: job.Succeeded, At: second(60)},
			again("child", "other", "third", 70)))
		putSlots(t, l, job.Slot{Schedule: "users", Due: second(1), Outcome: job.SlotRan, JobID: "first", Decided: second(1)})
		want := job.SlotStand{
			Slot:  job.Slot{Schedule: "users", Due: second(1), Outcome: job.SlotRan, JobID: "third", Decided: second(1)},
			State: job.Succeeded, Ended: second(60),
		}
		span := job.SlotSpan{Schedule: "users", From: second(0), To: second(9)}
		day := span
		day.Any = true
		got, err := l.SlotStands(t.Context(), []job.SlotSpan{span, day})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]job.SlotStand{want, want}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
