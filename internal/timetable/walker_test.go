package timetable_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/timetable"
)

// Time in a bubble begins on 2000-01-01 at 00:00 UTC.
func bubble(t *testing.T, f func(t *testing.T, l *fakeLedger, q *fakeQueue)) {
	synctest.Test(t, func(t *testing.T) { f(t, &fakeLedger{}, &fakeQueue{}) })
}

func every(cron string) job.Schedule {
	return job.Schedule{
		Name: "roster", Task: "sis.roster.pull", Client: "north", Rule: job.NewRule(cron, "UTC", json.RawMessage(`{"sync":"main"}`)),
		Created: time.Now(),
	}
}

// walk has a walker at work for so long.
func walk(t *testing.T, l *fakeLedger, q *fakeQueue, d time.Duration) {
	walkWith(t, &timetable.Walker{Ledger: l, Queue: q}, d)
}

func walkWith(t *testing.T, w *timetable.Walker, d time.Duration) {
	t.Helper()
	if w.Log == nil {
		w.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	if w.Now == nil {
		w.Now = time.Now
	}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := w.Run(ctx); err != nil {
		t.Errorf("the walker stopped: %v", err)
	}
}

func expect(t *testing.T, l *fakeLedger, want string) {
	t.Helper()
	if diff := cmp.Diff(want, l.story()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestStartsTheJobOfEachSlotWhenItIsDue(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = []job.Schedule{every("*/10 * * * *")}
		var seen []job.SlotOutcome
		walkWith(t, &timetable.Walker{Ledger: l, Queue: q, Observe: func(s job.Slot) { seen = append(seen, s.Outcome) }}, 21*time.Minute)
		expect(t, l, "01 00:10 ran\n01 00:20 ran")
		due := time.Date(2000, 1, 1, 0, 10, 0, 0, time.UTC)
		want := job.Request{
			ID: timetable.SlotID("roster", due), Task: "sis.roster.pull", Client: "north", Args: json.RawMessage(`{"sync":"main"}`),
			Owner: "schedule roster", Schedule: "roster", Slot: due,
		}
		if diff := cmp.Diff(want, q.requests[0]); diff != "" {
			t.Errorf("request: (-want +got)\n%s", diff)
		}
		if diff := cmp.Diff([]job.SlotOutcome{job.SlotRan, job.SlotRan}, seen); diff != "" {
			t.Errorf("observed: (-want +got)\n%s", diff)
		}
	})
}

func TestANewScheduleHasNoPast(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		walk(t, l, q, 5*time.Minute+time.Second)
		l.schedules = []job.Schedule{every("* * * * *")}
		walk(t, l, q, time.Minute)
		expect(t, l, "01 00:06 ran")
	})
}

func TestSeesAScheduleThatComesWhileItSleeps(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		go func() {
			time.Sleep(55 * time.Second)
			l.mu.Lock()
			defer l.mu.Unlock()
			l.schedules = []job.Schedule{every("* * * * *")}
		}()
		walk(t, l, q, 61*time.Second)
		expect(t, l, "01 00:01 ran")
	})
}

func TestCatchesUpOnTheLatestSlotOnly(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = []job.Schedule{every("0 */6 * * *")}
		time.Sleep(19 * time.Hour)
		walk(t, l, q, time.Minute)
		expect(t, l, "01 06:00 missed: the scheduler was down\n01 12:00 missed: the scheduler was down\n01 18:00 caught_up +1h0m0s")
	})
}

func TestCatchesUpOnNothingOlderThanADay(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = []job.Schedule{every("0 6 1 * *")}
		time.Sleep(31 * time.Hour)
		walk(t, l, q, time.Minute)
		expect(t, l, "01 06:00 missed: the scheduler was down")
		if len(q.requests) != 0 {
			t.Errorf("%d jobs", len(q.requests))
		}
	})
}

func TestASlotDueDuringAQuickChangeOfLeaderRan(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = []job.Schedule{every("* * * * *")}
		walk(t, l, q, 58*time.Second)
		time.Sleep(6 * time.Second)
		walk(t, l, q, 20*time.Second)
		expect(t, l, "01 00:01 ran +4s")
	})
}

func TestDecidesOnMoreSlotsThanFitOneTransaction(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = []job.Schedule{every("* * * * *")}
		time.Sleep(1999 * time.Minute)
		walk(t, l, q, time.Second)
		if n := strings.Count(l.story(), "missed: the scheduler was down"); n != 1998 || len(q.requests) != 1 {
			t.Errorf("%d slots missed, %d jobs", n, len(q.requests))
		}
	})
}

// A slowQueue takes its time for each batch.
type slowQueue struct {
	*fakeQueue
	takes time.Duration
}

func (q slowQueue) EnqueueBatch(ctx context.Context, all []job.Request) ([]timetable.Accepted, error) {
	time.Sleep(q.takes)
	return q.fakeQueue.EnqueueBatch(ctx, all)
}

func TestDoesNotRestWhileSlotsAreLeftToStart(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		const schedules = 3000
		for i := range schedules {
			s := every("0 1 * * *")
			s.Name = fmt.Sprint("roster-", i)
			l.schedules = append(l.schedules, s)
		}
		time.Sleep(time.Hour - time.Second) // there is much to compare at each look
		walkWith(t, &timetable.Walker{Ledger: l, Queue: slowQueue{q, 2500 * time.Millisecond}}, 6100*time.Millisecond)
		if len(q.requests) != schedules {
			t.Errorf("%d of %d jobs are enqueued after two batches, want all", len(q.requests), schedules)
		}
	})
}

func TestSkipsASlotWhileTheJobOfAnEarlierOneRuns(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = []job.Schedule{every("* * * * *")}
		q.takes = 90 * time.Second
		walk(t, l, q, 3*time.Minute+time.Second)
		busy := ": job " + q.requests[0].ID + " of an earlier slot had not ended"
		expect(t, l, "01 00:01 ran\n01 00:02 skipped"+busy+"\n01 00:03 ran")
	})
}

func TestAsksTheQueueWhereTheLedgerIsBehind(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = []job.Schedule{every("* * * * *")}
		walk(t, l, q, time.Minute+time.Second)
		l.behind = map[string]string{"roster": q.requests[0].ID} // it has ended, the ledger does not know yet
		walk(t, l, q, time.Minute)
		l.behind["roster"] = "0190a000-0000-7000-8000-000000000000" // only the ledger knows it
		walk(t, l, q, time.Minute)
		expect(t, l, "01 00:01 ran\n01 00:02 ran\n01 00:03 skipped: job 0190a000-0000-7000-8000-000000000000 of an earlier slot had not ended")
	})
}

func TestRecordsWhatASwitchedOffScheduleDoesNotRun(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		off, gone, broken, odd := every("* * * * *"), every("1-59/2 * * * *"), every("61 * * * *"), every("* * * *")
		off.Enabled = false
		gone.Name, gone.Missing = "gone", true
		broken.Name, broken.Problem = "broken", "minute 61"
		odd.Name = "odd"
		l.schedules = []job.Schedule{off, gone, broken, odd}
		time.Sleep(3 * time.Second)
		var log bytes.Buffer
		walkWith(t, &timetable.Walker{Ledger: l, Queue: q, Log: slog.New(slog.NewTextHandler(&log, nil))}, 2*time.Minute)
		expect(t, l, "01 00:01 missed: no worker announced the schedule any more\n01 00:01 paused: the schedule was switched off\n01 00:02 paused: the schedule was switched off")
		if n := strings.Count(log.String(), "the schedule has no slots"); n != 1 || !strings.Contains(log.String(), "schedule=odd") {
			t.Errorf("log:\n%s", &log)
		}
		if len(q.requests) != 0 {
			t.Errorf("%d jobs", len(q.requests))
		}
	})
}

func TestSwitchingOnStartsNothingOld(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		s := every("* * * * *")
		s.Enabled = false
		l.schedules = []job.Schedule{s}
		walk(t, l, q, 90*time.Second)
		l.schedules[0].Enabled = true
		walk(t, l, q, 40*time.Second)
		expect(t, l, "01 00:01 paused: the schedule was switched off\n01 00:02 ran")
	})
}

func TestARefusedSlotIsMissedAndTheOthersGoOn(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		other := every("* * * * *")
		other.Name, other.Task = "other", "unknown.task"
		l.schedules = []job.Schedule{other, every("* * * * *")}
		q.fail = func(r job.Request) error {
			if r.Task == "unknown.task" {
				return fault.New(fault.Invalid, "There is no task unknown.task.")
			}
			return nil
		}
		walk(t, l, q, 61*time.Second)
		expect(t, l, "01 00:01 missed: There is no task unknown.task.\n01 00:01 ran")
	})
}

func TestSaysOnceThatRedisIsAwayAndRunsTheSlotLate(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = []job.Schedule{every("*/10 * * * *")}
		q.fail = func(job.Request) error {
			if time.Now().Before(time.Date(2000, 1, 1, 0, 15, 0, 0, time.UTC)) {
				return errAway
			}
			return nil
		}
		var log bytes.Buffer
		walkWith(t, &timetable.Walker{Ledger: l, Queue: q, Log: slog.New(slog.NewTextHandler(&log, nil))}, 21*time.Minute)
		if n := strings.Count(log.String(), "the timetable"); n != 2 {
			t.Errorf("log:\n%s", &log)
		}
		if story := l.story(); !strings.HasPrefix(story, "01 00:10 ran_late +5m") || !strings.HasSuffix(story, "\n01 00:20 ran") {
			t.Errorf("story:\n%s", story)
		}
	})
}

func TestWaitsOutALedgerThatIsAway(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = []job.Schedule{every("*/2 * * * *")}
		start := time.Now()
		l.fail = func() error {
			if away := time.Since(start); away > 30*time.Second && away < 5*time.Minute {
				return errDisk
			}
			return nil
		}
		var log bytes.Buffer
		walkWith(t, &timetable.Walker{Ledger: l, Queue: q, Log: slog.New(slog.NewTextHandler(&log, nil))}, 6*time.Minute+time.Second)
		if n := strings.Count(log.String(), "the timetable"); n != 2 {
			t.Errorf("log:\n%s", &log)
		}
		lines := strings.Split(l.story(), "\n")
		if diff := cmp.Diff("01 00:02 missed: the scheduler could not decide on it in time", lines[0]); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if len(lines) != 3 || !strings.HasPrefix(lines[1], "01 00:04 ran_late +1m") || lines[2] != "01 00:06 ran" {
			t.Errorf("story:\n%s", l.story())
		}
	})
}

func TestOneStuckScheduleDoesNotHoldUpTheOthers(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		bad := every("* * * * *")
		bad.Name, bad.Task = "bad", "odd.task"
		l.schedules = []job.Schedule{bad, every("* * * * *")}
		q.fail = func(r job.Request) error {
			if r.Task == "odd.task" {
				return errDisk
			}
			return nil
		}
		walk(t, l, q, 3*time.Minute+4*time.Second)
		if n := len(q.requests); n != 3 {
			t.Errorf("%d jobs:\n%s", n, l.story())
		}
		if n := strings.Count(l.story(), " ran"); n != 3 {
			t.Errorf("story:\n%s", l.story())
		}
	})
}

func TestGoesOnWithTheSlotsOfAFormerLeader(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = []job.Schedule{every("* * * * *")}
		q.fail = func(job.Request) error { return errAway }
		walk(t, l, q, 62*time.Second)
		expect(t, l, "01 00:01 intended")
		q.fail = nil
		time.Sleep(18 * time.Second)
		walk(t, l, q, 10*time.Second)
		expect(t, l, "01 00:01 caught_up +20s")
	})
}

func TestAnEnqueueWhoseAnswerWasLostCountsFromWhenItWasMade(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = []job.Schedule{every("* * * * *")}
		calls := 0
		q.fail = func(r job.Request) error {
			if r.Task == "" {
				return nil
			}
			if calls++; calls > 1 && calls < 10 {
				return errAway
			}
			return nil
		}
		walk(t, l, q, 90*time.Second)
		expect(t, l, "01 00:01 ran")
		if len(q.requests) != 1 || calls < 10 {
			t.Errorf("%d jobs in %d calls", len(q.requests), calls)
		}
	})
}

func TestGivesUpOnASlotThatNobodyCouldAskForInADay(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = []job.Schedule{every("0 1 1 1 *")}
		q.fail = func(job.Request) error { return errAway }
		walk(t, l, q, time.Hour+time.Second)
		time.Sleep(25 * time.Hour)
		q.fail = nil
		walk(t, l, q, time.Second)
		expect(t, l, "01 01:00 missed: for 24 h it could not be found out whether its job had been started")
	})
}

func TestAnOpenSlotOfAScheduleThatIsGoneIsMissed(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.slots = []job.Slot{{Schedule: "gone", Due: time.Now(), Outcome: job.SlotIntended, JobID: "1"}}
		walk(t, l, q, time.Second)
		expect(t, l, "01 00:00 missed: the schedule was removed")
	})
}

func TestAClockThatJumpsDoublesNothing(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = []job.Schedule{every("0 * * * *")}
		shift := map[int]time.Duration{1: 150 * time.Minute, 2: -time.Hour} // in the second hour ahead, in the third back again
		start := time.Now()
		q.now = func() time.Time { return time.Now().Add(shift[int(time.Since(start)/time.Hour)]) }
		walkWith(t, &timetable.Walker{Ledger: l, Queue: q, Now: q.now}, 6*time.Hour+time.Second)
		expect(t, l, strings.Join([]string{
			"01 01:00 missed: the scheduler was down",
			"01 02:00 missed: the scheduler was down",
			"01 03:00 caught_up +30m0s",
			"01 04:00 ran",
			"01 05:00 ran",
			"01 06:00 ran",
		}, "\n"))
	})
}

func TestASuccessorTellsOfASlotThatWasIntendedBeforeItOnce(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = []job.Schedule{every("0 * * * *")}
		q.fail = func(job.Request) error { return errAway }
		walk(t, l, q, 61*time.Minute) // the slot of 01:00 is intended, and no job can be enqueued
		q.fail = nil
		var told []job.SlotOutcome
		walkWith(t, &timetable.Walker{Ledger: l, Queue: q, Observe: func(s job.Slot) { told = append(told, s.Outcome) }}, time.Minute)
		if diff := cmp.Diff([]job.SlotOutcome{job.SlotCaughtUp}, told); diff != "" {
			t.Errorf("told (-want +got)\n%s", diff)
		}
		if got := l.schedules[0].Decided; !got.Equal(l.slots[0].Due) {
			t.Errorf("all is decided up to %s, want %s", got, l.slots[0].Due)
		}
	})
}
