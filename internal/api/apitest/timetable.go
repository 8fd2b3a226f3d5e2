package apitest

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/timetable"
)

// book is what a timetable is kept in, beside the schedules and their slots.
type book struct {
	changes   []job.Change // oldest first
	calendars map[string]job.Calendar
}

// Timetable returns the timetable of p: the real one, kept in memory.
func (p *Platform) Timetable() api.Timetable {
	return &timetable.Book{
		Ledger: Ledger{p}, Tasks: Engine{p}.Tasks, CheckArgs: api.CheckArgs,
		Now: func() time.Time { return Now }, Log: slog.New(slog.DiscardHandler),
	}
}

// openBook adds a schedule that its task declares, and a calendar that nothing
// uses.
func (p *Platform) openBook() {
	p.SeedSchedule(job.Schedule{
		Name: "roster.sync", Task: "roster.sync", Client: job.DefaultClient, Rule: job.NewRule("0 2 * * *", "UTC", json.RawMessage(`{"school":"17"}`)),
		Declared: true, Runs: 1, Created: Now.AddDate(0, 0, -1), Decided: Now.Add(-6 * time.Hour),
	})
	p.SeedSlots(job.Slot{Schedule: "roster.sync", Due: Now.Add(-6 * time.Hour), Outcome: job.SlotRan, Decided: Now.Add(-6 * time.Hour)})
	p.book.calendars = map[string]job.Calendar{"holidays": {
		Name: "holidays", Title: "Public holidays", Revision: 1,
		Exclusions: []job.Exclusion{{Title: "Labor Day", From: "2026-09-07"}, {Title: "Winter break", From: "12-24", To: "01-02"}},
	}}
}

// SeedSchedule adds a schedule as it is, or replaces the one of that name.
func (p *Platform) SeedSchedule(s job.Schedule) {
	s.Base, s.Revision = s.Rule, max(s.Revision, 1)
	p.putSchedule(s)
}

// SeedSlots adds slots, which are newer than those that there are.
func (p *Platform) SeedSlots(slots ...job.Slot) {
	for _, s := range slots {
		p.slots = slices.Insert(p.slots, 0, s)
	}
}

func (p *Platform) putSchedule(s job.Schedule) {
	p.removeSchedule(s.Name)
	p.schedules = append(p.schedules, s)
	slices.SortFunc(p.schedules, func(x, y job.Schedule) int { return strings.Compare(x.Name, y.Name) })
}

func (p *Platform) removeSchedule(name string) {
	p.schedules = slices.DeleteFunc(p.schedules, func(s job.Schedule) bool { return s.Name == name })
}

func (p *Platform) note(c job.Change) {
	c.Seq = int64(len(p.book.changes)) + 1
	p.book.changes = append(p.book.changes, c)
}

// noteCalendar notes a change of a calendar, which stands among those of
// schedules.
func (p *Platform) noteCalendar(name string, c job.Change) {
	c.Schedule = "calendar " + name
	p.note(c)
}

// outdated refuses to save what was made from another revision.
func outdated(name string) error {
	return fault.New(fault.Conflict, "Somebody else has changed %q at the same time.", name)
}

// Schedules implements api.Ledger.
func (l Ledger) Schedules(ctx context.Context) ([]job.Schedule, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.schedules), l.Ping(ctx)
}

// Schedule implements api.Ledger.
func (l Ledger) Schedule(ctx context.Context, name string) (job.Schedule, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.schedules {
		if s.Name == name {
			return s, l.Ping(ctx)
		}
	}
	return job.Schedule{}, fault.New(fault.NotFound, "There is no schedule %q.", name)
}

// Slots implements api.Ledger.
func (l Ledger) Slots(ctx context.Context, schedule string, from, to time.Time, limit int) ([]job.Slot, error) {
	return page(l.slots, limit, func(s job.Slot) bool {
		return s.Schedule == schedule && !s.Due.Before(from) && (to.IsZero() || s.Due.Before(to))
	}), l.Ping(ctx)
}

// LastSlots implements api.Ledger.
func (l Ledger) LastSlots(ctx context.Context, schedules []string) (map[string]job.Slot, error) {
	last := map[string]job.Slot{}
	for _, name := range schedules {
		slots, err := l.Slots(ctx, name, time.Time{}, time.Time{}, 1)
		if err != nil {
			return nil, err
		}
		for _, s := range slots {
			last[name] = s
		}
	}
	return last, nil
}

// SaveSchedule implements timetable.BookLedger.
func (l Ledger) SaveSchedule(ctx context.Context, s job.Schedule, was int64, changes []job.Change) error {
	if known, _ := l.Schedule(ctx, s.Name); known.Revision != was {
		return outdated(s.Name)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s.Revision = was + 1
	l.putSchedule(s)
	for _, c := range changes {
		l.note(c)
	}
	return l.Ping(ctx)
}

// DeleteSchedule implements timetable.BookLedger.
func (l Ledger) DeleteSchedule(ctx context.Context, name string, was int64, change job.Change) error {
	if known, err := l.Schedule(ctx, name); err != nil || known.Revision != was {
		return outdated(name)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.removeSchedule(name)
	l.note(change)
	return nil
}

// PutSchedules implements timetable.BookLedger.
func (l Ledger) PutSchedules(ctx context.Context, schedules []job.Schedule) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range schedules {
		l.putSchedule(s)
	}
	return l.Ping(ctx)
}

// Changes implements timetable.BookLedger.
func (l Ledger) Changes(ctx context.Context, schedule string, limit int) ([]job.Change, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	newest := slices.Clone(l.book.changes)
	slices.Reverse(newest)
	return page(newest, limit, func(c job.Change) bool { return schedule == "" || c.Schedule == schedule }), l.Ping(ctx)
}

// SlotTimes implements timetable.BookLedger.
func (l Ledger) SlotTimes(ctx context.Context, schedule string, from, to time.Time) ([]job.Slot, error) {
	slots, err := l.Slots(ctx, schedule, from, to, len(l.slots))
	slices.Reverse(slots)
	return slots, err
}

// PutManySlots implements timetable.BookLedger.
func (l Ledger) PutManySlots(_ context.Context, batches []job.SlotBatch) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range batches {
		l.SeedSlots(b.Slots...)
	}
	return nil
}

// Calendars implements timetable.BookLedger.
func (l Ledger) Calendars(ctx context.Context) (all []job.Calendar, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(l.book.calendars)) {
		all = append(all, l.book.calendars[name])
	}
	return all, l.Ping(ctx)
}

// Calendar implements timetable.BookLedger.
func (l Ledger) Calendar(ctx context.Context, name string) (job.Calendar, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.book.calendars[name]
	if !ok {
		return c, fault.New(fault.NotFound, "There is no calendar %q.", name)
	}
	return c, l.Ping(ctx)
}

// SaveCalendar implements timetable.BookLedger.
func (l Ledger) SaveCalendar(ctx context.Context, c job.Calendar, was int64, change job.Change) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.book.calendars[c.Name].Revision != was {
		return outdated(c.Name)
	}
	c.Revision = was + 1
	l.book.calendars[c.Name] = c
	l.noteCalendar(c.Name, change)
	return l.Ping(ctx)
}

// DeleteCalendar implements timetable.BookLedger.
func (l Ledger) DeleteCalendar(ctx context.Context, name string, was int64, change job.Change) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.book.calendars[name].Revision != was {
		return outdated(name)
	}
	delete(l.book.calendars, name)
	l.noteCalendar(name, change)
	return l.Ping(ctx)
}
