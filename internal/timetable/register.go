package timetable

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// Register returns the schedules to write now that workers have declared these
// tasks: new ones, those whose declaration has changed, and those whose
// declaration has gone or come back. A schedule that starts, or changes its
// times, has no slots before now. One that cannot have slots is written
// switched off, with the problem.
func Register(declared []job.Declaration, existing []job.Schedule, now time.Time) (put []job.Schedule) {
	known := map[string]job.Schedule{}
	for _, s := range existing {
		known[s.Name] = s
	}
	wanted := schedulesOf(declared)
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		old, exists := known[name]
		if s := merge(old, wanted[name], now); !exists || !same(s, old) {
			put = append(put, s)
		}
	}
	for _, s := range existing {
		if _, still := wanted[s.Name]; !still && !s.Missing {
			s.Missing = true
			put = append(put, s)
		}
	}
	return put
}

// schedulesOf returns the declared schedules by name.
func schedulesOf(declared []job.Declaration) map[string]job.Schedule {
	all := map[string]job.Schedule{}
	for _, d := range declared {
		for _, ds := range d.Schedules {
			s := job.Schedule{Name: ds.Name, Task: d.Name, Client: cmp.Or(ds.Client, job.DefaultClient), Rule: job.NewRule(ds.Cron, ds.Zone, ds.Args), Problem: problem(ds)}
			if other, taken := all[ds.Name]; taken {
				s.Problem = fmt.Sprintf("declared more than once: by %s and by %s", other.Task, s.Task)
			}
			all[ds.Name] = s
		}
	}
	return all
}

func problem(s job.DeclaredSchedule) string {
	if _, _, err := parse(s.Cron, s.Zone); err != nil {
		return err.Error()
	}
	return ""
}

// merge brings old, which is zero if there is none, to what s declares. What
// people set stays.
func merge(old, s job.Schedule, now time.Time) job.Schedule {
	s.Created, s.Decided, s.Enabled = now, now, true
	if !old.Created.IsZero() {
		s.Created, s.Decided = old.Created, old.Decided
		s.Enabled = old.Enabled || old.Problem != ""
	}
	if s.Cron != old.Cron || s.Zone != old.Zone || s.Problem != old.Problem {
		s.Decided = later(now, s.Decided)
	}
	s.Enabled = s.Enabled && s.Problem == ""
	return s
}

func same(a, b job.Schedule) bool {
	return a.Task == b.Task && a.Client == b.Client && a.Cron == b.Cron && a.Zone == b.Zone && bytes.Equal(compact(a.Args), compact(b.Args)) &&
		a.Enabled == b.Enabled && a.Missing == b.Missing && a.Problem == b.Problem
}

func compact(raw json.RawMessage) []byte {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return raw
	}
	return b.Bytes()
}
