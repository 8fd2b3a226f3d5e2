package timetable_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/timetable"
)

var (
	monday  = time.Date(2026, 9, 7, 8, 0, 0, 0, time.UTC)
	tuesday = monday.AddDate(0, 0, 1)
)

func declared(cron, zone, args string) []job.Declaration {
	return []job.Declaration{{Name: "sis.pull", Schedules: []job.DeclaredSchedule{
		{Name: "sis.pull", Cron: cron, Zone: zone, Args: json.RawMessage(args)},
	}}}
}

func known(change func(s *job.Schedule)) []job.Schedule {
	s := job.Schedule{
		Name: "sis.pull", Task: "sis.pull", Client: "default", Rule: job.NewRule("0 2 * * *", "UTC", json.RawMessage(`{"sync":"main"}`)),
		Created: monday, Decided: monday.Add(time.Hour),
	}
	if change != nil {
		change(&s)
	}
	return []job.Schedule{s}
}

func TestRegistersWhatWorkersDeclare(t *testing.T) {
	asBefore := declared("0 2 * * *", "UTC", `{"sync": "main"}`)
	tests := []struct {
		name     string
		declared []job.Declaration
		existing []job.Schedule
		want     []job.Schedule
	}{
		{"a new schedule begins now", asBefore, nil, known(func(s *job.Schedule) {
			s.Created, s.Decided, s.Args = tuesday, tuesday, json.RawMessage(`{"sync": "main"}`)
		})},
		{"an unchanged one is left alone", asBefore, known(nil), nil},
		{"other times begin now", declared("0 3 * * *", "UTC", `{"sync":"main"}`), known(nil), known(func(s *job.Schedule) {
			s.Cron, s.Decided = "0 3 * * *", tuesday
		})},
		{"another zone is other times", declared("0 2 * * *", "Asia/Kolkata", `{"sync":"main"}`), known(nil), known(func(s *job.Schedule) {
			s.Zone, s.Decided = "Asia/Kolkata", tuesday
		})},
		{"other arguments keep the times", declared("0 2 * * *", "UTC", `{"sync":"b"}`), known(nil), known(func(s *job.Schedule) {
			s.Args = json.RawMessage(`{"sync":"b"}`)
		})},
		{"what people set stays", declared("0 2 * * *", "UTC", `{"sync":"b"}`), known(func(s *job.Schedule) {
			s.Enabled = false
		}), known(func(s *job.Schedule) {
			s.Enabled, s.Args = false, json.RawMessage(`{"sync":"b"}`)
		})},
		{"one that is declared no more is missing", nil, known(nil), known(func(s *job.Schedule) { s.Missing = true })},
		{"and is not written again", nil, known(func(s *job.Schedule) { s.Missing = true }), nil},
		{"and comes back", declared("0 2 * * *", "UTC", `{"sync":"main"}`), known(func(s *job.Schedule) { s.Missing = true }), known(nil)},
		{"a bad expression switches it off and says why", declared("61 2 * * *", "UTC", `{"sync":"main"}`), known(nil), known(func(s *job.Schedule) {
			s.Cron, s.Enabled, s.Decided = "61 2 * * *", false, tuesday
			s.Problem = `minute "61" (column 1): is not from 0 to 59; use 0 to 59`
		})},
		{"so does a bad zone", declared("0 2 * * *", "EST", `{"sync":"main"}`), nil, known(func(s *job.Schedule) {
			s.Zone, s.Enabled, s.Created, s.Decided = "EST", false, tuesday, tuesday
			s.Problem = `time zone "EST" is not the name of a place; use a place, such as America/New_York`
		})},
		{"once it is right it is on again", asBefore, known(func(s *job.Schedule) {
			s.Cron, s.Problem, s.Enabled = "61 2 * * *", "bad", false
		}), known(func(s *job.Schedule) {
			s.Decided, s.Args = tuesday, json.RawMessage(`{"sync": "main"}`)
		})},
		{"one name declared twice is a problem", append(declared("0 2 * * *", "UTC", `{"sync":"main"}`), job.Declaration{
			Name: "other", Schedules: []job.DeclaredSchedule{{Name: "sis.pull", Cron: "0 4 * * *", Zone: "UTC", Args: json.RawMessage(`{}`)}},
		}), nil, known(func(s *job.Schedule) {
			s.Task, s.Cron, s.Args = "other", "0 4 * * *", json.RawMessage(`{}`)
			s.Enabled, s.Created, s.Decided = false, tuesday, tuesday
			s.Problem = "declared more than once: by sis.pull and by other"
		})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, timetable.Register(tt.declared, tt.existing, tuesday)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestShowsWhenAScheduleFiresNext(t *testing.T) {
	tests := []struct {
		name   string
		change func(s *job.Schedule)
		want   string
	}{
		{"in its zone", func(s *job.Schedule) { s.Zone = "America/New_York" }, "2026-09-09T02:00:00-04:00"},
		{"not while it is switched off", func(s *job.Schedule) { s.Enabled = false }, ""},
		{"not while it is missing", func(s *job.Schedule) { s.Missing = true }, ""},
		{"not with a problem", func(s *job.Schedule) { s.Problem = "bad" }, ""},
		{"not if it cannot be read", func(s *job.Schedule) { s.Cron = "61 * * * *" }, ""},
		{"not what is decided already", func(s *job.Schedule) { s.Decided = tuesday.AddDate(0, 0, 5) }, "2026-09-14T02:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if next := timetable.Next(known(tt.change)[0], tuesday); next != nil {
				got = next.Format(time.RFC3339)
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
