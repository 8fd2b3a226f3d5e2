package timetable_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// add puts a schedule of a person into the book.
func (d *desk) add(name, cron, zone string, changes ...func(s *job.Schedule)) {
	d.t.Helper()
	s := job.Schedule{Name: name, Task: "sis.pull", Client: "default", Base: job.NewRule(cron, zone, nil), Created: d.now, Decided: d.now, Revision: 1}
	for _, change := range changes {
		change(&s)
	}
	if err := s.Settle(); err != nil {
		d.t.Fatal(err)
	}
	d.ledger.schedules[name] = s
}

// forecast tells the firings that are foretold, one line each.
func (d *desk) forecast(schedule string, from time.Time, n int) string {
	d.t.Helper()
	firings, err := d.Forecast(d.t.Context(), schedule, from, n)
	if err != nil {
		d.t.Fatal(err)
	}
	return told(firings)
}

func told(firings []job.Firing) string {
	var lines []string
	for _, f := range firings {
		line := f.Schedule + " " + f.Due.Format("Mon 01-02 15:04 -07:00")
		if f.Skipped {
			line += " skipped"
		}
		if f.Remark != "" {
			line += ": " + f.Remark
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	return strings.Join(lines, "\n")
}

func TestForetellsASchedule(t *testing.T) {
	friday := monday.AddDate(0, 0, 4)
	wednesday := time.Date(2026, 9, 9, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name   string
		change func(s *job.Schedule)
		want   string
	}{
		{"as it is", func(*job.Schedule) {}, "x Tue 09-08 02:00 +00:00\nx Wed 09-09 02:00 +00:00\nx Thu 09-10 02:00 +00:00"},
		{"in its zone", func(s *job.Schedule) { s.Base.Zone = "Asia/Kolkata" }, "x Tue 09-08 02:00 +05:30\nx Wed 09-09 02:00 +05:30\nx Thu 09-10 02:00 +05:30"},
		{"not what is decided", func(s *job.Schedule) { s.Decided = friday }, "x Sat 09-12 02:00 +00:00\nx Sun 09-13 02:00 +00:00\nx Mon 09-14 02:00 +00:00"},
		{
			"paused for a day", func(s *job.Schedule) { s.PausedUntil, s.PauseNote = &wednesday, "The SIS is being moved." },
			"x Tue 09-08 02:00 +00:00 skipped: The SIS is being moved.\nx Wed 09-09 02:00 +00:00\nx Thu 09-10 02:00 +00:00",
		},
		{
			"with a calendar", func(s *job.Schedule) { s.Base.Calendar = "holidays" },
			"x Tue 09-08 02:00 +00:00\nx Wed 09-09 02:00 +00:00 skipped: left out: Founders' day\nx Thu 09-10 02:00 +00:00",
		},
		{"from when it starts", func(s *job.Schedule) { s.Base.StartsAt = &friday }, "x Sat 09-12 02:00 +00:00\nx Sun 09-13 02:00 +00:00\nx Mon 09-14 02:00 +00:00"},
		{"to when it ends", func(s *job.Schedule) { s.Base.EndsAt = &wednesday }, "x Tue 09-08 02:00 +00:00"},
		{"as often as it runs", func(s *job.Schedule) { s.Base.MaxRuns, s.Runs = 9, 7 }, "x Tue 09-08 02:00 +00:00\nx Wed 09-09 02:00 +00:00"},
		{
			"switched off", func(s *job.Schedule) { s.Base.Enabled = false },
			"x Tue 09-08 02:00 +00:00 skipped: the schedule was switched off\nx Wed 09-09 02:00 +00:00 skipped: the schedule was switched off\nx Thu 09-10 02:00 +00:00 skipped: the schedule was switched off",
		},
		{"with a problem", func(s *job.Schedule) { s.Problem = "bad" }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := openDesk(t)
			d.ledger.calendars["holidays"] = job.Calendar{Name: "holidays", Exclusions: []job.Exclusion{{Title: "Founders' day", From: "09-09"}}, Revision: 1}
			d.add("x", "0 2 * * *", "UTC", tt.change)
			if diff := cmp.Diff(tt.want, d.forecast("x", time.Time{}, 3)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestForetellsAllSchedulesInOrder(t *testing.T) {
	d := openDesk(t)
	d.add("a", "0 */12 * * *", "UTC")
	d.add("b", "0 2 * * *", "UTC")
	d.add("c", "0 2 * * *", "UTC", func(s *job.Schedule) { s.Base.Enabled = false })
	d.add("d", "90 minutes from 2026-09-08 01:00", "UTC", func(s *job.Schedule) { s.Base.Dialect = "every" })
	want := "a Mon 09-07 12:00 +00:00\na Tue 09-08 00:00 +00:00\nd Tue 09-08 01:00 +00:00\nb Tue 09-08 02:00 +00:00\n" +
		"sis.pull Tue 09-08 02:00 +00:00\nd Tue 09-08 02:30 +00:00\nd Tue 09-08 04:00 +00:00"
	if diff := cmp.Diff(want, d.forecast("", monday, 7)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	_, err := d.Forecast(t.Context(), "", monday, 0)
	refused(t, err, fault.Invalid, "n", "from 1 to")
	if _, err := d.Forecast(t.Context(), "nobody", monday, 1); fault.KindOf(err) != fault.NotFound {
		t.Errorf("of nobody: %v", err)
	}
}

func TestMarksDaysOnWhichTheClockIsChanged(t *testing.T) {
	spring, autumn := time.Date(2027, 3, 13, 12, 0, 0, 0, time.UTC), time.Date(2026, 10, 31, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		cron string
		from time.Time
		want string
	}{
		{"30 2 * * *", spring, "x Sun 03-14 03:00 -04:00: the clock goes forward: 02:30 does not exist, it runs at 03:00"},
		{"0 2 * * *", spring, "x Sun 03-14 03:00 -04:00: the clock goes forward: 02:00 does not exist, it runs at 03:00"},
		{"0 3 * * *", spring, "x Sun 03-14 03:00 -04:00"},
		{"30 1 * * *", autumn, "x Sun 11-01 01:30 -04:00: the clock goes back: 01:30 comes twice, it runs at the first"},
		{"30 2 * * *", autumn, "x Sun 11-01 02:30 -05:00"},
		{"0 * * * *", autumn.Add(-7*time.Hour + 24*time.Hour), "x Sun 11-01 01:00 -05:00"},
		{"1 day from 2026-01-01 02:30", spring, "x Sun 03-14 03:00 -04:00: the clock goes forward: 02:30 does not exist, it runs at 03:00"},
		{"1 day from 2026-01-01 03:00", spring, "x Sun 03-14 03:00 -04:00"},
		{"1 week from 2026-01-04 01:30", autumn, "x Sun 11-01 01:30 -04:00: the clock goes back: 01:30 comes twice, it runs at the first"},
		{"2 weeks from 2026-01-05 01:30", autumn, "x Mon 11-09 01:30 -05:00"},
		{"24 hours from 2027-03-01 02:00", spring, "x Sun 03-14 03:00 -04:00"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s in %s", tt.cron, tt.from.Month()), func(t *testing.T) {
			d := openDesk(t)
			d.add("x", tt.cron, "America/New_York", func(s *job.Schedule) {
				if strings.Contains(tt.cron, "from") {
					s.Base.Dialect = "every"
				}
			})
			if diff := cmp.Diff(tt.want, d.forecast("x", tt.from, 1)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	d := openDesk(t)
	d.add("x", "*/30 * * * *", "America/New_York")
	for _, day := range []time.Time{spring, autumn} {
		if all := d.forecast("x", day, 60); strings.Contains(all, "the clock") {
			t.Errorf("real time has a remark:\n%s", all)
		}
	}
}

func TestFindsWhenEachScheduleRunsNext(t *testing.T) {
	d := openDesk(t)
	wednesday := time.Date(2026, 9, 9, 0, 0, 0, 0, time.UTC)
	d.ledger.calendars["today"] = job.Calendar{Name: "today", Exclusions: []job.Exclusion{{From: "2026-09-07"}}, Revision: 1}
	d.ledger.calendars["ever"] = job.Calendar{Name: "ever", Exclusions: []job.Exclusion{{Start: "00:00", End: "23:59"}}, Revision: 1}
	d.add("daily", "0 2 * * *", "UTC")
	d.add("paused", "*/5 * * * *", "UTC", func(s *job.Schedule) { s.PausedUntil = &wednesday })
	d.add("closed", "*/5 * * * *", "UTC", func(s *job.Schedule) { s.Base.Calendar = "today" })
	d.add("never", "*/5 * * * *", "UTC", func(s *job.Schedule) { s.Base.Calendar = "ever" })
	d.add("off", "0 2 * * *", "UTC", func(s *job.Schedule) { s.Base.Enabled = false })
	d.add("over", "0 2 * * *", "UTC", func(s *job.Schedule) { s.Base.MaxRuns, s.Runs = 3, 3 })
	d.add("gone", "0 2 * * *", "UTC", func(s *job.Schedule) { s.Missing = true })
	all, err := d.ledger.Schedules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	next, err := d.NextOf(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]time.Time{
		"sis.pull": monday.Add(18 * time.Hour), "daily": monday.Add(18 * time.Hour), "paused": wednesday, "closed": monday.Add(16 * time.Hour),
	}
	if diff := cmp.Diff(want, next); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestPreviewsWhatARuleMeans(t *testing.T) {
	tests := []struct {
		name string
		rule job.Rule
		want job.Preview
		next string
	}{
		{
			"words",
			job.Rule{Cron: "On the last Friday of every month at 10:15 in America/New_York", Enabled: true},
			job.Preview{Text: "on the last friday of every month at 10:15", Dialect: "quartz", Cron: "0 15 10 ? * 6L", Quartz: "0 15 10 ? * 6L"},
			"Fri 09-25 10:15 -04:00",
		},
		{
			"words that unix can say",
			job.Rule{Dialect: "english", Cron: "every monday at 04:30", Zone: "UTC", Enabled: true},
			job.Preview{Text: "every monday at 04:30", Dialect: "unix", Cron: "30 4 * * 1", Unix: "30 4 * * 1", Quartz: "0 30 4 ? * 2"},
			"Mon 09-14 04:30 +00:00",
		},
		{
			"unix cron without a dialect",
			job.Rule{Cron: "30 4 * * 1", Zone: "UTC", Enabled: true},
			job.Preview{Text: "every monday at 04:30", Dialect: "unix", Cron: "30 4 * * 1", Unix: "30 4 * * 1", Quartz: "0 30 4 ? * 2"},
			"Mon 09-14 04:30 +00:00",
		},
		{
			"an interval",
			job.Rule{Cron: "90 minutes from 2026-09-08 01:00", Enabled: true},
			job.Preview{Text: "every 90 minutes from 2026-09-08 01:00", Dialect: "every", Cron: "90 minutes from 2026-09-08 01:00"},
			"Tue 09-08 01:00 +00:00",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := openDesk(t).Preview(t.Context(), job.Schedule{Rule: tt.rule}, 1)
			if err != nil {
				t.Fatal(err)
			}
			if next := told(got.Next); next != tt.next {
				t.Errorf("next: %s, want %s", next, tt.next)
			}
			got.Next = nil
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestPreviewWarns(t *testing.T) {
	d := openDesk(t)
	past := monday.AddDate(0, 0, -1)
	rule := job.NewRule("0 2 * * *", "UTC", nil)
	rule.EndsAt = &past
	p, err := d.Preview(t.Context(), job.Schedule{Rule: rule}, 3)
	if err != nil || len(p.Next) > 0 || !strings.Contains(strings.Join(p.Warnings, " "), "It never runs") {
		t.Errorf("a rule that is over: %+v, %v", p, err)
	}
	d.ledger.calendars["nights"] = job.Calendar{Name: "nights", Title: "Nights", Exclusions: []job.Exclusion{{Start: "22:00", End: "06:00"}}, Revision: 1}
	rule.EndsAt, rule.Calendar = nil, "nights"
	p, err = d.Preview(t.Context(), job.Schedule{Rule: rule}, 3)
	if err != nil || len(p.Next) != 3 || !strings.Contains(strings.Join(p.Warnings, " "), "None of the next") {
		t.Errorf("a rule that is left out: %+v, %v", p, err)
	}
	_, err = d.Preview(t.Context(), job.Schedule{Rule: job.Rule{Cron: "0 2 * *"}}, 3)
	refused(t, err, fault.Invalid, "cron", "field")
	for text, says := range map[string]string{"90 minutes": "from", "2 weeks from 2026-02-30 08:00": "2026-02-30", "every 45 minutes": "interval"} {
		_, err = d.Preview(t.Context(), job.Schedule{Rule: job.Rule{Cron: text}}, 3)
		refused(t, err, fault.Invalid, "cron", says)
	}
	rule.Calendar = "holidays"
	_, err = d.Preview(t.Context(), job.Schedule{Rule: rule}, 3)
	refused(t, err, fault.Invalid, "calendar", "There is no calendar")
}
