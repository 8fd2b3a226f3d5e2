package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/cron"
)

// fakeTimetable are schedules in memory. It reads the words in someWords, and
// else cron.
type fakeTimetable struct {
	mu         sync.Mutex
	schedules  []job.Schedule // by name
	slots      map[string][]job.Slot
	changes    []job.Change // newest first
	ran        []string     // schedule and client
	calendars  []job.Calendar
	recoveries []job.RecoveryPlan // newest first
}

var someWords = map[string]string{
	"every weekday at 06:30": "30 6 * * 1-5",
	"every day at noon":      "0 12 * * *",
}

func (f *fakeTimetable) Schedules(context.Context) ([]job.Schedule, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.schedules), nil
}

func (f *fakeTimetable) Schedule(_ context.Context, name string) (job.Schedule, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.schedules {
		if s.Name == name {
			s.Overrides = slices.Clone(s.Overrides)
			return s, s.Settle()
		}
	}
	return job.Schedule{}, fault.New(fault.NotFound, "There is no schedule %s.", name)
}

func (f *fakeTimetable) Slots(_ context.Context, schedule string, _, _ time.Time, limit int) ([]job.Slot, error) {
	slots := f.slots[schedule]
	return slots[:min(len(slots), limit)], nil
}

func (f *fakeTimetable) LastSlots(_ context.Context, schedules []string) (map[string]job.Slot, error) {
	last := map[string]job.Slot{}
	for _, name := range schedules {
		if slots := f.slots[name]; len(slots) > 0 {
			last[name] = slots[0]
		}
	}
	return last, nil
}

func (f *fakeTimetable) Changes(_ context.Context, schedule string, limit int) (changes []job.Change, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.changes {
		if c.Schedule == schedule && len(changes) < limit {
			changes = append(changes, c)
		}
	}
	return changes, nil
}

func (f *fakeTimetable) Preview(_ context.Context, s job.Schedule, n int) (p job.Preview, err error) {
	if words, ok := someWords[s.Cron]; ok && s.Dialect == "" {
		s.Cron = words
	}
	expr, err := cron.Parse(s.Cron)
	if err != nil {
		return p, fault.New(fault.Invalid, "%v", err).In("cron").Because(err)
	}
	zone, err := cron.Zone(s.Zone)
	if err != nil {
		return p, fault.New(fault.Invalid, "There is no time zone %q.", s.Zone).In("zone")
	}
	p = job.Preview{Text: expr.Describe(), Dialect: "unix", Cron: s.Cron, Unix: s.Cron}
	if strings.Contains(s.Cron, "31") {
		p.Warnings = []string{"Months without a day 31 are left out. For the end of each month, write “the last day”."}
	}
	for at, ok := expr.Next(noon, zone); ok && len(p.Next) < n; at, ok = expr.Next(at, zone) {
		next := job.Firing{Schedule: s.Name, Due: at}
		if s.PausedUntil != nil && !at.After(*s.PausedUntil) {
			next.Skipped, next.Remark = true, "paused"
		}
		if local := at.In(zone); s.Calendar == "holidays" && (local.Weekday() == time.Saturday || local.Weekday() == time.Sunday) {
			next.Skipped, next.Remark = true, "left out: Weekend"
		}
		p.Next = append(p.Next, next)
	}
	return p, nil
}

func (f *fakeTimetable) NextOf(ctx context.Context, schedules []job.Schedule) (map[string]time.Time, error) {
	next := map[string]time.Time{}
	for _, s := range schedules {
		if p, err := f.Preview(ctx, s, 1); err == nil && s.Enabled && !s.Missing && s.Problem == "" {
			next[s.Name] = p.Next[0].Due
		}
	}
	return next, nil
}

func (f *fakeTimetable) Create(_ context.Context, s job.Schedule, by, reason string) (job.Schedule, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if slices.ContainsFunc(f.schedules, func(o job.Schedule) bool { return o.Name == s.Name }) {
		return s, fault.New(fault.Conflict, "There is a schedule %s already.", s.Name)
	}
	if words, ok := someWords[s.Cron]; ok {
		s.Cron, s.Dialect = words, "unix"
	}
	s.Base, s.Created, s.Revision = s.Rule, noon, 1
	f.schedules = append(f.schedules, s)
	f.note(job.Change{Schedule: s.Name, By: by, Reason: reason, Field: "created"})
	return s, nil
}

// Edit refuses a zone on the moon, and changes of an old revision.
func (f *fakeTimetable) Edit(ctx context.Context, name string, e job.Edit) (job.Schedule, error) {
	old, err := f.Schedule(ctx, name)
	if err != nil {
		return old, err
	}
	if e.Revision != old.Revision {
		return old, fault.New(fault.Conflict, "Somebody else has changed %s.", name)
	}
	f.change(name, func(s *job.Schedule) {
		s.Overrides = slices.DeleteFunc(slices.Clone(s.Overrides), func(o job.Override) bool {
			_, set := e.Set[o.Field]
			return o.Layer == e.Layer && (set || slices.Contains(e.Revert, o.Field) || slices.Contains(e.Revert, "*"))
		})
		for _, field := range job.RuleFields() {
			before, _ := old.Field(field)
			if value, ok := e.Set[field]; ok {
				standard, _ := s.Base.Field(field)
				s.Overrides = append(s.Overrides, job.Override{Layer: e.Layer, Field: field, Value: value, Default: standard, By: e.By, Reason: e.Reason, At: noon})
				f.note(job.Change{Schedule: name, By: e.By, Reason: e.Reason, Layer: e.Layer, Field: field, Old: before, New: value})
			}
		}
	})
	return f.Schedule(ctx, name)
}

func (f *fakeTimetable) Pause(ctx context.Context, name string, until time.Time, by, note string) (job.Schedule, error) {
	f.change(name, func(s *job.Schedule) { s.PausedUntil, s.PauseNote = &until, note })
	f.note(job.Change{Schedule: name, By: by, Reason: note, Field: "paused", New: json.RawMessage(`"` + until.Format(time.RFC3339) + `"`)})
	return f.Schedule(ctx, name)
}

func (f *fakeTimetable) Resume(ctx context.Context, name, by, reason string) (job.Schedule, error) {
	f.change(name, func(s *job.Schedule) { s.PausedUntil, s.PauseNote = nil, "" })
	f.note(job.Change{Schedule: name, By: by, Reason: reason, Field: "resumed"})
	return f.Schedule(ctx, name)
}

func (f *fakeTimetable) Delete(_ context.Context, name, _, _ string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.schedules = slices.DeleteFunc(f.schedules, func(s job.Schedule) bool { return s.Name == name })
	return nil
}

// run enqueues nothing and remembers it.
func (f *fakeTimetable) run(_ context.Context, name, client, by string) (job.Job, error) {
	f.ran = append(f.ran, name+" for "+client+" by "+by)
	return job.Job{ID: id(25)}, nil
}

func (f *fakeTimetable) note(c job.Change) {
	c.At, c.Seq = noon, int64(len(f.changes)+1)
	f.changes = slices.Insert(f.changes, 0, c)
}

// change makes a new revision.
func (f *fakeTimetable) change(name string, how func(*job.Schedule)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.schedules {
		if s := &f.schedules[i]; s.Name == name {
			how(s)
			s.Revision++
			if err := s.Settle(); err != nil {
				panic(err)
			}
		}
	}
}

// campusTimetable is one schedule of each kind. That of sis.main has its zone
// set by the platform and its owner by the client.
func campusTimetable() *fakeTimetable {
	f := &fakeTimetable{slots: map[string][]job.Slot{}, calendars: campusCalendars(), recoveries: campusRecoveries()}
	for _, s := range []job.Schedule{
		{Name: "backup", Task: "moodle.backup", Base: job.NewRule("0 3 * * 0", "UTC", nil)},
		{Name: "digest", Task: "mail.digest", Base: job.NewRule("0 7 * * *", "America/New_York", nil), PausedUntil: at(48 * time.Hour), PauseNote: "The mail server moves."},
		{Name: "gone", Task: "legacy.sync", Base: job.NewRule("0 1 * * *", "UTC", nil), Missing: true},
		{Name: "off", Task: "cache.purge", Client: "riverside", Base: job.NewRule("*/5 * * * *", "UTC", nil)},
		{Name: "quarterly", Task: "reports.build", Base: job.NewRule("0 0 32 * *", "UTC", nil), Problem: "day of month: 32 is more than 31"},
		{Name: "sis.main", Task: "sis.terms.pull", Base: job.NewRule("30 2 * * *", "Europe/Berlin", json.RawMessage(`{"sync":"main"}`)), Notices: []string{"The code now says UTC for zone; it said Europe/Berlin when this was set."}},
	} {
		s.Client = max(s.Client, "default")
		s.Declared, s.Revision, s.Created, s.Runs = s.Name != "backup", 3, noon.AddDate(0, -1, 0), 31
		s.Base.Enabled, s.Base.Labels = s.Name != "off", map[string]string{"term": "2026-fall"}
		f.schedules = append(f.schedules, s)
	}
	f.schedules[5].Base.Labels = map[string]string{"term": "2026-fall", "vip": ""}
	f.schedules[5].Overrides = []job.Override{
		{Layer: job.LayerPlatform, Field: "zone", Value: json.RawMessage(`"America/New_York"`), Default: json.RawMessage(`"UTC"`), By: "ana@example.edu", Reason: "The school moved", At: noon.Add(-time.Hour)},
		{Layer: job.LayerPlatform, Field: "owner", Value: json.RawMessage(`"it@example.edu"`), Default: json.RawMessage(`""`), By: "ana@example.edu", Reason: "Nobody answered", At: noon.Add(-time.Hour)},
		{Layer: job.LayerClient, Field: "owner", Value: json.RawMessage(`"registrar@example.edu"`), Default: json.RawMessage(`""`), By: "bo@example.edu", Reason: "We do", At: noon.Add(-time.Minute)},
	}
	for i := range f.schedules {
		if err := f.schedules[i].Settle(); err != nil {
			panic(err)
		}
	}
	f.note(job.Change{Schedule: "sis.main", By: "ana@example.edu", Reason: "The school moved", Layer: job.LayerPlatform, Field: "zone", Old: json.RawMessage(`"Europe/Berlin"`), New: json.RawMessage(`"America/New_York"`)})
	for i, outcome := range []job.SlotOutcome{job.SlotRan, job.SlotRanLate, job.SlotCaughtUp, job.SlotSkipped, job.SlotExcluded, job.SlotPaused, job.SlotMissed, job.SlotIntended} {
		slot := job.Slot{Schedule: "sis.main", Due: noon.AddDate(0, 0, -i).Add(-10 * time.Hour), Outcome: outcome, Reason: fmt.Sprint("Reason ", i)}
		if outcome == job.SlotIntended {
			slot.Recovery = 9
		}
		if outcome.Ran() {
			slot.JobID, slot.Lag = id(20), 38*time.Millisecond
		}
		f.slots["sis.main"] = append(f.slots["sis.main"], slot)
	}
	return f
}
