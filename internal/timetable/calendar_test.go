package timetable_test

import (
	"errors"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/timetable"
)

func TestExclusionsLeaveOutTheirTimes(t *testing.T) {
	tests := []struct {
		name string
		x    job.Exclusion
		in   []string // local times, excluded
		out  []string // and not
	}{
		{"a day", job.Exclusion{From: "2026-12-24"}, []string{"2026-12-24 00:00", "2026-12-24 23:59"}, []string{"2026-12-23 23:59", "2026-12-25 00:00", "2027-12-24 12:00"}},
		{"days", job.Exclusion{From: "2026-12-21", To: "2027-01-08"}, []string{"2026-12-21 00:00", "2027-01-08 23:59"}, []string{"2026-12-20 12:00", "2027-01-09 00:00"}},
		{"days of every year", job.Exclusion{From: "05-01", To: "05-03"}, []string{"2026-05-01 10:00", "2031-05-03 10:00"}, []string{"2026-04-30 10:00", "2026-05-04 00:00"}},
		{"over new year", job.Exclusion{From: "12-24", To: "01-02"}, []string{"2026-12-24 00:00", "2026-12-31 23:59", "2027-01-02 23:59"}, []string{"2026-12-23 23:59", "2027-01-03 00:00"}},
		{"a leap day", job.Exclusion{From: "02-29"}, []string{"2028-02-29 12:00"}, []string{"2027-02-28 12:00", "2027-03-01 12:00"}},
		{"weekdays", job.Exclusion{Weekdays: []string{"saturday", "Sunday"}}, []string{"2026-11-21 00:00", "2026-11-22 23:59"}, []string{"2026-11-20 23:59", "2026-11-23 00:00"}},
		{"times of day", job.Exclusion{Start: "09:00", End: "17:30"}, []string{"2026-11-20 09:00", "2026-11-21 17:29"}, []string{"2026-11-20 08:59", "2026-11-20 17:30"}},
		{"to the end of the day", job.Exclusion{Start: "22:00"}, []string{"2026-11-20 22:00", "2026-11-20 23:59"}, []string{"2026-11-20 21:59", "2026-11-21 00:00"}},
		{"over midnight", job.Exclusion{Start: "22:00", End: "06:00"}, []string{"2026-11-20 22:00", "2026-11-21 05:59"}, []string{"2026-11-20 21:59", "2026-11-21 06:00"}},
		{
			"over midnight of one day",
			job.Exclusion{Weekdays: []string{"friday"}, Start: "22:00", End: "06:00"},
			[]string{"2026-11-20 22:00", "2026-11-21 05:59"},
			[]string{"2026-11-20 05:59", "2026-11-21 22:00"},
		},
		{
			"weekdays of a term",
			job.Exclusion{From: "2026-09-01", To: "2026-12-18", Weekdays: []string{"friday"}, Start: "12:00", End: "24:00"},
			[]string{"2026-09-04 12:00", "2026-12-18 23:59"},
			[]string{"2026-09-04 11:59", "2026-09-03 12:00", "2026-12-25 12:00"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := job.Calendar{Name: "c", Title: "The calendar", Exclusions: []job.Exclusion{tt.x}}
			if err := timetable.CheckCalendar(c); err != nil {
				t.Fatal(err)
			}
			for _, local := range tt.in {
				if title, ok := timetable.Excluded(c, at(t, local)); !ok || title != "The calendar" {
					t.Errorf("%s: %q, %t", local, title, ok)
				}
			}
			for _, local := range tt.out {
				if title, ok := timetable.Excluded(c, at(t, local)); ok {
					t.Errorf("%s is left out: %s", local, title)
				}
			}
		})
	}
}

func at(t *testing.T, local string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", local, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestRefusesCalendarsThatMeanNothing(t *testing.T) {
	tests := []struct {
		x     job.Exclusion
		field string
	}{
		{job.Exclusion{Title: "all"}, "from"},
		{job.Exclusion{To: "2026-12-24"}, "from"},
		{job.Exclusion{From: "24.12."}, "from"},
		{job.Exclusion{From: "2026-02-30"}, "from"},
		{job.Exclusion{From: "02-30"}, "from"},
		{job.Exclusion{From: "2026-12-24", To: "12-26"}, "to"},
		{job.Exclusion{From: "2026-12-24", To: "2026-12-23"}, "to"},
		{job.Exclusion{From: "2026-12-24", To: "soon"}, "to"},
		{job.Exclusion{Weekdays: []string{"monday", "mon"}}, "weekdays"},
		{job.Exclusion{Start: "9:00", End: "17:00"}, "start"},
		{job.Exclusion{Start: "24:00", End: "17:00"}, "start"},
		{job.Exclusion{Start: "09:00", End: "25:00"}, "end"},
		{job.Exclusion{Start: "09:00", End: "09:00"}, "end"},
	}
	for _, tt := range tests {
		c := job.Calendar{Name: "c", Exclusions: []job.Exclusion{{Weekdays: []string{"sunday"}}, tt.x}}
		err, ok := errors.AsType[*fault.Error](timetable.CheckCalendar(c))
		if !ok || err.Kind != fault.Invalid || err.Field != "exclusions[1]."+tt.field {
			t.Errorf("%+v: %v", tt.x, err)
		}
	}
	if err, ok := errors.AsType[*fault.Error](timetable.CheckCalendar(job.Calendar{})); !ok || err.Field != "name" {
		t.Errorf("without a name: %v", err)
	}
}
