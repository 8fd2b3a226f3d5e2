package timetable_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/timetable"
)

func TestOffersTheNearestFreeTimes(t *testing.T) {
	tests := []struct {
		name, dialect string
		asked         string // its jobs take half an hour
		other         string
		long          time.Duration // of the other's jobs
		change        func(s *job.Schedule)
		want          string // empty: none
	}{
		{"later", "unix", "0 2 * * 4", "50 1 * * 4", 15 * time.Minute, nil, "5 2 * * 4"},
		{"earlier", "unix", "0 2 * * 4", "20 2 * * 4", time.Hour, nil, "50 1 * * 4"},
		{"hours later", "unix", "0 2 * * 4", "0 0 * * 4", 9 * time.Hour, nil, "0 9 * * 4"},
		{"not on the day before", "unix", "0 2 * * 4", "45 0 * * 4", 5 * time.Hour, nil, "15 0 * * 4"},
		{"not on the day after", "unix", "0 23 * * 4", "0 21 * * 4", 4 * time.Hour, nil, "30 20 * * 4"},
		{"not so far away", "unix", "0 0 * * 4", "0 0 * * 4", 13 * time.Hour, nil, ""},
		{"at another minute of the hour", "unix", "0 * * * *", "40 * * * *", 25 * time.Minute, nil, "5 * * * *"},
		{"in the same hours", "unix", "50 */2 * * *", "0 1-23/2 * * *", 15 * time.Minute, nil, "30 */2 * * *"},
		{"in Quartz", "quartz", "0 0 2 ? * 5#2", "50 1 * * *", 15 * time.Minute, nil, "0 5 2 ? * 5#2"},
		{"of words", "english", "every thursday at 02:00", "50 1 * * 4", 15 * time.Minute, nil, "5 2 * * 4"},
		{"none of intervals", "every", "90 minutes from 2026-09-08 01:00", "10 1 * * *", 15 * time.Minute, nil, ""},
		{"none of a busy hour", "unix", "0 * * * *", "0 * * * *", time.Hour, nil, ""},
		{"not when it is left out", "unix", "0 2 * * 4", "50 1 * * 4", 15 * time.Minute, func(s *job.Schedule) { s.Calendar = "nights" }, "20 1 * * 4"},
		{"not when it has gone by", "unix", "5 8 7 * *", "15 8 * * 1", 3 * time.Hour, nil, "15 11 7 * *"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := openArena(t)
			d.ledger.calendars["nights"] = job.Calendar{Name: "nights", Exclusions: []job.Exclusion{{Start: "02:01", End: "06:00"}}, Revision: 1}
			d.runs("other", "write", tt.other, tt.long)
			s := d.asked("write", tt.asked, func(s *job.Schedule) { s.Dialect = tt.dialect })
			if tt.change != nil {
				tt.change(&s)
			}
			f := d.clashes(s)
			if f.Count == 0 {
				t.Fatal("no clash")
			}
			var got string
			if f.Free != nil {
				got = f.Free.Cron
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSaysWhatIsFreeInWords(t *testing.T) {
	d := openArena(t)
	d.runs("other", "write", "50 1 * * 4", 15*time.Minute)
	s := d.asked("write", "0 2 * * 4", func(s *job.Schedule) { s.Zone = "Europe/London" })
	d.now = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	want := &job.FreeTimes{Dialect: "unix", Cron: "5 2 * * 4", Text: "every thursday at 02:05", Next: time.Date(2026, 12, 3, 2, 5, 0, 0, london)}
	if diff := cmp.Diff(want, d.clashes(s).Free); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Of any schedules, as many clashes are foretold as there are pairs of jobs
// that would run at a time, and there is none at the times that are offered.
func TestFreeTimesNeverClash(t *testing.T) {
	offered := 0
	rapid.Check(t, func(rt *rapid.T) {
		d := openArena(t)
		d.now = rapid.SampledFrom([]time.Time{monday, time.Date(2026, 10, 28, 3, 17, 0, 0, time.UTC), time.Date(2027, 3, 10, 22, 0, 0, 0, time.UTC)}).Draw(rt, "now")
		for i := range rapid.IntRange(1, 6).Draw(rt, "others") {
			d.put(drawRival(rt, fmt.Sprint("other", i)), rapid.IntRange(0, 300).Draw(rt, "minutes"))
		}
		s := drawRival(rt, "x")
		d.last("x", time.Duration(rapid.IntRange(1, 200).Draw(rt, "minutes"))*time.Minute)

		f := d.clashes(s)
		if want := d.countClashes(s); f.Count != want {
			rt.Fatalf("%d clashes, want %d", f.Count, want)
		}
		if f.Free == nil {
			return
		}
		offered++
		s.Dialect, s.Cron = f.Free.Dialect, f.Free.Cron
		if again := d.clashes(s); again.Count > 0 || f.Count == 0 {
			rt.Fatalf("%s is offered for %d clashes, and has %d:\n%s", s.Cron, f.Count, again.Count, toldClashes(again))
		}
	})
	if offered == 0 {
		t.Error("nothing was ever offered")
	}
}

func drawRival(t *rapid.T, name string) job.Schedule {
	minute := rapid.SampledFrom([]string{"0", "20", "55", "*/30"}).Draw(t, "minute")
	hour := rapid.SampledFrom([]string{"1", "2", "9", "23", "*", "*/3", "8-17"}).Draw(t, "hour")
	days := rapid.SampledFrom([]string{"* * *", "* * 1-5", "* * 0", "13 * 4"}).Draw(t, "days")
	s := job.Schedule{Name: name, Client: "default", Revision: 1, Rule: job.DefaultRule()}
	s.Task = rapid.SampledFrom([]string{"write", "write", "read", "users", "block"}).Draw(t, "task")
	s.Cron = strings.Join([]string{minute, hour, days}, " ")
	s.Zone = rapid.SampledFrom([]string{"UTC", "America/New_York"}).Draw(t, "zone")
	s.Jitter = job.Seconds(rapid.SampledFrom([]time.Duration{0, 0, 90 * time.Minute}).Draw(t, "jitter"))
	s.JitterBy = rapid.SampledFrom([]job.JitterBy{job.JitterByName, job.JitterByChance}).Draw(t, "jitter by")
	return s
}

// put adds a schedule whose jobs take so many minutes; 0: nobody knows.
func (d *desk) put(s job.Schedule, minutes int) {
	d.ledger.schedules[s.Name] = s
	d.last(s.Name, time.Duration(minutes)*time.Minute)
}

// countClashes counts them one by one.
func (d *desk) countClashes(s job.Schedule) (n int) {
	wants := d.wants(s)
	for _, own := range d.stints(s, d.now, 7*24*time.Hour) {
		for name, other := range d.ledger.schedules {
			if name == s.Name || wants.Clash(d.wants(other)) == "" {
				continue
			}
			for _, theirs := range d.stints(other, d.now.AddDate(0, 0, -1), 9*24*time.Hour) {
				if own[0].Before(theirs[1]) && theirs[0].Before(own[1]) {
					n++
				}
			}
		}
	}
	return n
}

func (d *desk) wants(s job.Schedule) (wants job.Wants) {
	for _, task := range d.declared {
		if task.Name == s.Task {
			wants, _ = task.WantsOf(s.Client, s.Args)
		}
	}
	return wants
}

// stints returns when jobs of s start and end whose slots are due within so
// long after a time.
func (d *desk) stints(s job.Schedule, after time.Time, within time.Duration) (all [][2]time.Time) {
	d.t.Helper()
	slots, err := timetable.Slots(s, nil, after)
	if err != nil {
		d.t.Fatal(err)
	}
	long := time.Minute
	if usual, known := d.ledger.usual[s.Name]; known {
		long = usual.Long
	}
	for due := range slots {
		if !due.At.Before(after.Add(within)) {
			break
		}
		all = append(all, [2]time.Time{due.Start, due.Start.Add(long)})
	}
	return all
}
