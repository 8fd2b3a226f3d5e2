package timetable_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// openArena opens a desk with tasks that want one or the other of the grades,
// or all there is.
func openArena(t *testing.T) *desk {
	d := openDesk(t)
	d.declared = append(d.declared,
		job.Declaration{Name: "write", Locks: true, Writes: []string{"grades"}},
		job.Declaration{Name: "read", Locks: true, Reads: []string{"grades"}},
		job.Declaration{Name: "users", Locks: true, Writes: []string{"users"}},
		job.Declaration{Name: "free"},
		job.Declaration{Name: "some", Locks: true},
		job.Declaration{Name: "block", Locks: true, Schedules: []job.DeclaredSchedule{{Args: json.RawMessage("{}"), Wants: &job.Wants{Blocking: true}}}},
	)
	d.ledger.usual = map[string]job.Usual{}
	return d
}

// runs adds a schedule of a task, whose jobs take so long.
func (d *desk) runs(name, task, cron string, long time.Duration, changes ...func(s *job.Schedule)) {
	d.t.Helper()
	d.add(name, cron, "UTC", append(changes, func(s *job.Schedule) { s.Task, s.Base.Args = task, json.RawMessage("{}") })...)
	d.last(name, long)
}

func (d *desk) last(name string, long time.Duration) {
	if long > 0 {
		d.ledger.usual[name] = job.Usual{Median: long / 2, Long: long}
	}
}

// asked is the schedule that is asked about; its jobs take half an hour.
func (d *desk) asked(task, cron string, changes ...func(s *job.Schedule)) job.Schedule {
	s := job.Schedule{Name: "x", Task: task, Rule: job.NewRule(cron, "UTC", json.RawMessage("{}"))}
	d.last("x", 30*time.Minute)
	for _, change := range changes {
		change(&s)
	}
	return s
}

func (d *desk) clashes(s job.Schedule) job.ClashForecast {
	d.t.Helper()
	f, err := d.Clashes(d.t.Context(), s)
	if err != nil {
		d.t.Fatal(err)
	}
	return f
}

func toldClashes(f job.ClashForecast) string {
	var lines []string
	for _, c := range f.Clashes {
		lines = append(lines, fmt.Sprintf("%s, %s of %s: %s for %s", c.Due.Format("Mon 15:04"), c.Schedule, c.With.Format("Mon 15:04"), c.Resource, time.Duration(c.Overlap)))
	}
	if more := f.Count - len(f.Clashes); more > 0 {
		lines = append(lines, fmt.Sprint("and ", more))
	}
	return strings.Join(lines, "\n")
}

func TestForetellsWhichJobsWantTheSameResource(t *testing.T) {
	north := func(s *job.Schedule) { s.Client = "north" }
	tests := []struct {
		name  string
		asked string // its task
		other string // and of the other
		more  func(s *job.Schedule)
		want  string
	}{
		{"two that write", "write", "write", nil, "Thu 02:00, other of Thu 02:20: default/grades for 10m0s"},
		{"one that writes and one that reads", "write", "read", nil, "Thu 02:00, other of Thu 02:20: default/grades for 10m0s"},
		{"one that reads and one that writes", "read", "write", nil, "Thu 02:00, other of Thu 02:20: default/grades for 10m0s"},
		{"two that read", "read", "read", nil, ""},
		{"another resource", "write", "users", nil, ""},
		{"another client", "write", "write", north, ""},
		{"a blocking one", "write", "block", nil, "Thu 02:00, other of Thu 02:20: default/* for 10m0s"},
		{"a blocking one and one without locks", "free", "block", nil, "Thu 02:00, other of Thu 02:20: default/* for 10m0s"},
		{"two without locks", "free", "free", nil, ""},
		{"a blocking one of another client", "write", "block", north, ""},
		{"one that is switched off", "write", "write", func(s *job.Schedule) { s.Base.Enabled = false }, ""},
		{"one that is paused", "write", "write", func(s *job.Schedule) { s.PausedUntil = new(monday.AddDate(0, 0, 9)) }, ""},
		{"one that no worker announces", "write", "write", func(s *job.Schedule) { s.Missing = true }, ""},
		{"one that had all its runs", "write", "write", func(s *job.Schedule) { s.Base.MaxRuns, s.Runs = 3, 3 }, ""},
		{"one that is over", "write", "write", func(s *job.Schedule) { s.Base.EndsAt = new(monday.AddDate(0, 0, 1)) }, ""},
		{"one that begins later", "write", "write", func(s *job.Schedule) { s.Base.StartsAt = new(monday.AddDate(0, 0, 6)) }, ""},
		{"one on a day that is left out", "write", "write", func(s *job.Schedule) { s.Base.Calendar = "thursdays" }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := openArena(t)
			d.ledger.calendars["thursdays"] = job.Calendar{Name: "thursdays", Exclusions: []job.Exclusion{{Weekdays: []string{"thursday"}}}, Revision: 1}
			d.runs("other", tt.other, "20 2 * * 4", time.Hour, func(s *job.Schedule) {
				if tt.more != nil {
					tt.more(s)
				}
			})
			f := d.clashes(d.asked(tt.asked, "every day at 02:00", func(s *job.Schedule) { s.Dialect = "english" }))
			if diff := cmp.Diff(tt.want, toldClashes(f)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if (f.Free != nil) != (tt.want != "") || f.Count != len(f.Clashes) || len(f.Remarks) > 0 {
				t.Errorf("%d clashes, %+v is free, %q", f.Count, f.Free, f.Remarks)
			}
			if !f.From.Equal(monday) || !f.To.Equal(monday.AddDate(0, 0, 7)) {
				t.Errorf("from %s to %s", f.From, f.To)
			}
		})
	}
}

func TestForetellsWhenJobsRunAtATime(t *testing.T) {
	tests := []struct {
		name  string
		asked string // its cron
		other string // and of the other, whose jobs take two hours
		more  func(s *job.Schedule)
		want  string
	}{
		{"one after the other", "0 2 * * 4", "30 2 * * 4", nil, ""},
		{"one before the other", "30 4 * * 4", "30 2 * * 4", nil, ""},
		{"a moment together", "29 4 * * 4", "30 2 * * 4", nil, "Thu 04:29, other of Thu 02:30: default/grades for 1m0s"},
		{"over midnight", "15 0 * * 4", "30 22 * * 3", nil, "Thu 00:15, other of Wed 22:30: default/grades for 15m0s"},
		{"before midnight", "45 23 * * 3", "0 0 * * 4", nil, "Wed 23:45, other of Thu 00:00: default/grades for 15m0s"},
		{"one that runs already", "0 9 * * 1", "30 7 * * *", nil, "Mon 09:00, other of Mon 07:30: default/grades for 30m0s"},
		{"at the end of the week", "50 7 * * 1", "10 8 * * 1", nil, "Mon 07:50, other of Mon 08:10: default/grades for 10m0s"},
		{"twice", "0 8,9 * * 4", "30 7 * * 4", nil, "Thu 08:00, other of Thu 07:30: default/grades for 30m0s\nThu 09:00, other of Thu 07:30: default/grades for 30m0s"},
		{"with two slots", "0 4 * * 4", "30 2,3 * * 4", nil, "Thu 04:00, other of Thu 02:30: default/grades for 30m0s\nThu 04:00, other of Thu 03:30: default/grades for 30m0s"},
		{"in another zone", "0 2 * * 4", "15 22 * * 3", func(s *job.Schedule) { s.Base.Zone = "America/New_York" }, "Thu 02:00, other of Thu 02:15: default/grades for 15m0s"},
		{"later by jitter", "0 2 * * 4", "0 2 * * 4", func(s *job.Schedule) { s.Base.Jitter = job.Seconds(2 * time.Hour) }, ""},
		{"as often as it may run", "0 3 * * *", "0 2 * * *", func(s *job.Schedule) { s.Base.MaxRuns, s.Runs = 3, 2 }, "Tue 03:00, other of Tue 02:00: default/grades for 30m0s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := openArena(t)
			d.runs("other", "write", tt.other, 2*time.Hour, func(s *job.Schedule) {
				s.Created = monday.AddDate(0, 0, -9)
				if tt.more != nil {
					tt.more(s)
				}
			})
			if diff := cmp.Diff(tt.want, toldClashes(d.clashes(d.asked("write", tt.asked)))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestForetellsClashesOnlyOfSlotsThatRun(t *testing.T) {
	wednesday := monday.AddDate(0, 0, 2)
	for name, change := range map[string]func(s *job.Schedule){
		"switched off":    func(s *job.Schedule) { s.Enabled = false },
		"over":            func(s *job.Schedule) { s.EndsAt = &wednesday },
		"not yet":         func(s *job.Schedule) { s.StartsAt = new(monday.AddDate(0, 0, 5)) },
		"left out":        func(s *job.Schedule) { s.Calendar = "thursdays" },
		"on other days":   func(s *job.Schedule) { s.Cron = "0 2 * * 0,3,5" },
		"seldom":          func(s *job.Schedule) { s.Cron = "0 2 20 12 *" },
		"later by jitter": func(s *job.Schedule) { s.Jitter = job.Seconds(8 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			d := openArena(t)
			d.ledger.calendars["thursdays"] = job.Calendar{Name: "thursdays", Exclusions: []job.Exclusion{{Weekdays: []string{"thursday"}}}, Revision: 1}
			d.runs("other", "write", "0 2 * * 4", time.Hour)
			if f := d.clashes(d.asked("write", "0 2 * * 4", change)); f.Count > 0 || f.Free != nil || f.Clashes == nil {
				t.Errorf("%+v", f)
			}
		})
	}
}

func TestTheStoredScheduleIsNoOther(t *testing.T) {
	d := openArena(t)
	d.runs("x", "write", "0 2 * * *", time.Hour, func(s *job.Schedule) { s.PausedUntil = new(monday.AddDate(0, 0, 3)) })
	d.runs("y", "write", "0 3 * * *", time.Hour)
	s := job.Schedule{Name: "x", Rule: job.NewRule("30 2 * * *", "UTC", json.RawMessage("{}"))}
	want := "Fri 02:30, y of Fri 03:00: default/grades for 30m0s\nSat 02:30, y of Sat 03:00: default/grades for 30m0s\n" +
		"Sun 02:30, y of Sun 03:00: default/grades for 30m0s\nMon 02:30, y of Mon 03:00: default/grades for 30m0s"
	if diff := cmp.Diff(want, toldClashes(d.clashes(s))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	s.Name, s.Task = "", "write"
	if f := d.clashes(s); f.Count != 4 || f.Clashes[0].Schedule != "x" {
		t.Errorf("a new one of a minute clashes %d times, want 4 with x:\n%s", f.Count, toldClashes(f))
	}
}

func TestClashesFollowTheClockWhenItIsChanged(t *testing.T) {
	d := openArena(t)
	d.now = time.Date(2026, 10, 29, 12, 0, 0, 0, time.UTC)
	d.runs("other", "write", "0 6 * * *", time.Hour)
	s := d.asked("write", "0 1 * * *", func(s *job.Schedule) { s.Zone = "America/New_York" })
	want := "Mon 01:00, other of Mon 01:00: default/grades for 30m0s\nTue 01:00, other of Tue 01:00: default/grades for 30m0s\n" +
		"Wed 01:00, other of Wed 01:00: default/grades for 30m0s\nThu 01:00, other of Thu 01:00: default/grades for 30m0s"
	f := d.clashes(s)
	if diff := cmp.Diff(want, toldClashes(f)); diff != "" {
		t.Errorf("after 1 november (-want +got)\n%s", diff)
	}
	// Up to 00:30 it would be over before, on the standard time of later days;
	// from 02:00 on it is later than the other, also on 30 and 31 october.
	if f.Free == nil || f.Free.Cron != "30 0 * * *" || f.Free.Next.Format(time.RFC3339) != "2026-10-30T00:30:00-04:00" {
		t.Errorf("free: %+v", f.Free)
	}
}

func TestSchedulesThatComeAfterEachOtherDoNotClash(t *testing.T) {
	after := func(names ...string) func(s *job.Schedule) {
		return func(s *job.Schedule) { s.Base.After, s.After = names, names }
	}
	d := openArena(t)
	d.runs("first", "write", "0 2 * * 4", time.Hour)
	d.runs("second", "write", "0 2 * * 4", time.Hour, after("first"))
	d.runs("fourth", "write", "0 2 * * 4", time.Hour, after("x"))
	d.runs("fifth", "write", "0 2 * * 4", time.Hour, after("fourth"))
	d.runs("beside", "write", "0 2 * * 4", time.Hour, after("first"))
	f := d.clashes(d.asked("write", "0 2 * * 4", after("second")))
	if diff := cmp.Diff("Thu 02:00, beside of Thu 02:00: default/grades for 30m0s", toldClashes(f)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"how long it waits for second"}, f.Remarks); diff != "" {
		t.Errorf("remarks (-want +got)\n%s", diff)
	}
}

func TestRemarksOnWhatNobodyKnows(t *testing.T) {
	d := openArena(t)
	d.runs("short", "some", "0 2 * * 4", 0)
	d.runs("other", "some", "0 3 * * 4", 0)
	f := d.clashes(d.asked("some", "0 2 * * 4", func(s *job.Schedule) { s.Name, s.Jitter = "", job.Seconds(time.Millisecond) }))
	if diff := cmp.Diff("Thu 02:00, short of Thu 02:00: default/task some for 1m0s", toldClashes(f)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	want := []string{
		"which resources jobs of this schedule, other, short want", "how much later its slots start: that follows from its name",
		"how long jobs of this schedule, other, short take: a minute is assumed",
	}
	if diff := cmp.Diff(want, f.Remarks); diff != "" {
		t.Errorf("remarks (-want +got)\n%s", diff)
	}
	f = d.clashes(d.asked("some", "0 2 20 12 *"))
	if last := f.Remarks[len(f.Remarks)-1]; last != "what comes after 2026-09-14 08:00:00: it does not run before then" {
		t.Errorf("one that runs seldom: %q", f.Remarks)
	}
}

func TestRefusesToForetellWhatMakesNoSense(t *testing.T) {
	for field, change := range map[string]func(s *job.Schedule){
		"cron":     func(s *job.Schedule) { s.Cron = "0 2 * *" },
		"zone":     func(s *job.Schedule) { s.Zone = "EST" },
		"calendar": func(s *job.Schedule) { s.Calendar = "nothing" },
		"task":     func(s *job.Schedule) { s.Task = "nothing" },
	} {
		d := openArena(t)
		_, err := d.Clashes(t.Context(), d.asked("write", "0 2 * * *", change))
		refused(t, err, fault.Invalid, field, "")
	}
}
