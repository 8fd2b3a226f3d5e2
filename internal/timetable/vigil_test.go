package timetable_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/timetable"
)

// jumping walks for so long by a clock that is set by shift once, after so
// long, and returns what the log said.
func jumping(t *testing.T, l *fakeLedger, q *fakeQueue, after, shift, lasts time.Duration) string {
	start := time.Now()
	q.now = func() time.Time {
		if time.Since(start) < after {
			return time.Now()
		}
		return time.Now().Add(shift)
	}
	var log bytes.Buffer
	walkWith(t, &timetable.Walker{Ledger: l, Queue: q, Now: q.now, Log: slog.New(slog.NewTextHandler(&log, nil))}, lasts+time.Second)
	return log.String()
}

func TestAClockPutBackByAnHourRepeatsNothing(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = []job.Schedule{every("*/30 * * * *")}
		log := jumping(t, l, q, 2*time.Hour+10*time.Minute, -time.Hour, 6*time.Hour)
		expect(t, l, strings.Join([]string{
			"01 00:30 ran", "01 01:00 ran", "01 01:30 ran", "01 02:00 ran", "01 02:30 ran",
			"01 03:00 ran", "01 03:30 ran", "01 04:00 ran", "01 04:30 ran", "01 05:00 ran",
		}, "\n"))
		if n := strings.Count(log, "the clock was put back"); n != 1 || !strings.Contains(log, "by=1h0m0s") {
			t.Errorf("log:\n%s", log)
		}
	})
}

func TestAClockPutForwardByAnHourLosesNothing(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = []job.Schedule{every("*/30 * * * *")}
		l.schedules[0].CatchUp, l.schedules[0].Overlap = job.CatchUpAll, job.OverlapAllow
		log := jumping(t, l, q, 2*time.Hour+10*time.Minute, time.Hour, 5*time.Hour)
		expect(t, l, strings.Join([]string{
			"01 00:30 ran", "01 01:00 ran", "01 01:30 ran", "01 02:00 ran", "01 02:30 caught_up +40m0s", "01 03:00 caught_up +10m0s",
			"01 03:30 ran", "01 04:00 ran", "01 04:30 ran", "01 05:00 ran", "01 05:30 ran", "01 06:00 ran",
		}, "\n"))
		if n := strings.Count(log, "the clock went ahead"); n != 1 || !strings.Contains(log, "by=1h0m0s") {
			t.Errorf("log:\n%s", log)
		}
	})
}

func TestAMachineThatSleptCatchesUp(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = []job.Schedule{every("0 */3 * * *")}
		log := jumping(t, l, q, 4*time.Hour, 12*time.Hour, 5*time.Hour)
		expect(t, l, strings.Join([]string{
			"01 03:00 ran", "01 06:00 missed: the scheduler was down", "01 09:00 missed: the scheduler was down",
			"01 12:00 missed: the scheduler was down", "01 15:00 caught_up +1h0m0s",
		}, "\n"))
		if !strings.Contains(log, "the machine slept") || !strings.Contains(log, "by=12h0m0s") {
			t.Errorf("log:\n%s", log)
		}
	})
}

func TestAProcessThatWasFrozenCatchesUp(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = []job.Schedule{every("* * * * *")}
		thawed := time.Now().Add(3*time.Minute + 30*time.Second)
		now := func() time.Time {
			if at := time.Now(); at.After(thawed.Add(-2*time.Minute)) && at.Before(thawed) {
				time.Sleep(thawed.Sub(at)) // in the middle of a rest, as far as anybody can tell
			}
			return time.Now()
		}
		var log bytes.Buffer
		walkWith(t, &timetable.Walker{Ledger: l, Queue: q, Now: now, Log: slog.New(slog.NewTextHandler(&log, nil))}, 4*time.Minute+time.Second)
		expect(t, l, "01 00:01 ran\n01 00:02 missed: the scheduler was down\n01 00:03 caught_up +30s\n01 00:04 ran")
		if !strings.Contains(log.String(), "the scheduler was held up") {
			t.Errorf("log:\n%s", &log)
		}
	})
}

// TestMain has a folder of time zones that tests may change.
func TestMain(m *testing.M) {
	zones, err := os.MkdirTemp("", "zones")
	if err != nil {
		panic(err)
	}
	os.Setenv("ZONEINFO", zones)
	code := m.Run()
	os.RemoveAll(zones)
	os.Exit(code)
}

// moveZone makes the zone Test/Place one that is so far ahead of UTC.
func moveZone(t *testing.T, ahead time.Duration) {
	t.Helper()
	data := append([]byte("TZif"), make([]byte, 16)...)
	for _, n := range []uint32{0, 0, 0, 0, 1, 4, uint32(ahead.Seconds())} { // one type, four letters; its offset
		data = binary.BigEndian.AppendUint32(data, n)
	}
	data = append(data, 0, 0, 'A', 'B', 'C', 0)
	file := filepath.Join(os.Getenv("ZONEINFO"), "Test", "Place")
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, data, 0o600)); err != nil {
		t.Fatal(err)
	}
}

// What is decided stays, and nothing that is due by the new rules is left out.
func TestAnotherEditionOfTheTimeZonesMovesOnlyWhatIsToCome(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		moveZone(t, time.Hour)
		l.schedules = []job.Schedule{every("0 */2 * * *")}
		l.schedules[0].Zone = "Test/Place"
		go func() {
			time.Sleep(3*time.Hour + 30*time.Minute)
			moveZone(t, 2*time.Hour)
		}()
		var log bytes.Buffer
		walkWith(t, &timetable.Walker{Ledger: l, Queue: q, Log: slog.New(slog.NewTextHandler(&log, nil))}, 8*time.Hour+time.Second)
		expect(t, l, "01 01:00 ran\n01 03:00 ran\n01 04:00 ran\n01 06:00 ran\n01 08:00 ran")
		if n := strings.Count(log.String(), "the next slot has moved"); n != 1 || !strings.Contains(log.String(), "schedule=roster zone=Test/Place") {
			t.Errorf("log:\n%s", &log)
		}
	})
}

func TestRaisesTheAlarmOnceAboutALateSlotAndAboutAMissedOne(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = []job.Schedule{every("*/10 * * * *")}
		refused := every("15 * * * *")
		refused.Name, refused.Enabled, refused.Missing = "gone", true, true
		l.schedules = append(l.schedules, refused)
		q.fail = func(r job.Request) error {
			if r.Task != "" && time.Now().Before(time.Date(2000, 1, 1, 0, 13, 0, 0, time.UTC)) {
				return errAway
			}
			return nil
		}
		var told []string
		var log bytes.Buffer
		walkWith(t, &timetable.Walker{
			Ledger: l, Queue: q, Log: slog.New(slog.NewTextHandler(&log, nil)),
			Alarm: func(s job.Slot) { told = append(told, time.Now().Format("15:04 ")+s.Schedule+": "+s.Reason) },
		}, 21*time.Minute)
		want := []string{"00:11 roster: its job could not be enqueued yet", "00:15 gone: no worker announced the schedule any more"}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		for _, line := range []string{
			`msg="a slot is late" schedule=roster due=2000-01-01T00:10:00.000Z reason="its job could not be enqueued yet"`,
			`msg="a slot was missed" schedule=gone due=2000-01-01T00:15:00.000Z reason="no worker announced the schedule any more"`,
		} {
			if strings.Count(log.String(), line) != 1 {
				t.Errorf("the log does not say once %s:\n%s", line, &log)
			}
		}
	})
}

func TestRaisesTheAlarmWhileTheLedgerIsAway(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = []job.Schedule{every("*/10 * * * *")}
		start := time.Now()
		l.fail = func() error {
			if time.Since(start) > 9*time.Minute {
				return errDisk
			}
			return nil
		}
		var told []string
		walkWith(t, &timetable.Walker{Ledger: l, Queue: q, Alarm: func(s job.Slot) { told = append(told, time.Now().Format("15:04 ")+s.Reason) }}, 19*time.Minute)
		if diff := cmp.Diff([]string{"00:11 nothing could be decided about it yet"}, told); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestAQuietTimetableIsReadOnceAnHour(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		for i := range 10 {
			s := every("0 3 * * *")
			s.Name += string(rune('a' + i))
			l.schedules = append(l.schedules, s)
		}
		walk(t, l, q, 2*time.Hour)
		if l.reads > 3 || q.calls != 0 {
			t.Errorf("the schedules were read %d times, and jobs %d times", l.reads, q.calls)
		}
		walk(t, l, q, 2*time.Hour)
		if n := strings.Count(l.story(), "01 03:00 ran"); n != 10 || l.reads > 6 || q.calls > 5 {
			t.Errorf("%d slots ran, the schedules were read %d times, and jobs %d times", n, l.reads, q.calls)
		}
	})
}

func TestTheLogSaysOnceWhatManySlotsOfAScheduleWereMissedFor(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		var said bytes.Buffer
		alarms := 0
		l.schedules = []job.Schedule{every("*/5 * * * *")}
		time.Sleep(10 * time.Hour)
		walkWith(t, &timetable.Walker{Ledger: l, Queue: q, Log: slog.New(slog.NewTextHandler(&said, nil)), Alarm: func(job.Slot) { alarms++ }}, time.Second)
		if lines := strings.Count(said.String(), "missed"); lines != 1 || !strings.Contains(said.String(), "slots=119") || alarms != 119 {
			t.Errorf("%d lines and %d alarms, want one line about 119 slots, and as many alarms:\n%s", lines, alarms, said.String())
		}
	})
}
