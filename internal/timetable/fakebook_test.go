package timetable_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/timetable"
)

// A fakeBook keeps what a Book is kept in by the rules of the real ledger.
type fakeBook struct {
	mu        sync.Mutex
	schedules map[string]job.Schedule
	calendars map[string]job.Calendar
	changes   []job.Change // oldest first
	slots     []job.Slot
	before    func() // runs once, before the next SaveSchedule: somebody who is faster

	*fakeLedger // of recoveries, and of what else it does not keep itself
}

func newFakeBook() *fakeBook {
	return &fakeBook{fakeLedger: &fakeLedger{}, schedules: map[string]job.Schedule{}, calendars: map[string]job.Calendar{}}
}

func (f *fakeBook) Schedules(context.Context) (all []job.Schedule, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.schedules {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b job.Schedule) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

func (f *fakeBook) Schedule(_ context.Context, name string) (job.Schedule, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, ok := f.schedules[name]
	if !ok {
		return s, fault.New(fault.NotFound, "There is no schedule %q.", name)
	}
	return s, nil
}

func (f *fakeBook) SaveSchedule(_ context.Context, s job.Schedule, was int64, changes []job.Change) error {
	if faster := f.before; faster != nil {
		f.before = nil
		faster()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.schedules[s.Name].Revision != was {
		return fault.New(fault.Conflict, "It was changed.")
	}
	if was > 0 {
		s.Missing, s.Runs = f.schedules[s.Name].Missing, f.schedules[s.Name].Runs
	}
	s.Revision = was + 1
	f.schedules[s.Name] = s
	f.note(s.Name, changes...)
	return nil
}

func (f *fakeBook) note(schedule string, changes ...job.Change) {
	for _, c := range changes {
		c.Schedule, c.Seq = schedule, int64(len(f.changes)+1)
		f.changes = append(f.changes, c)
	}
}

func (f *fakeBook) PutSchedules(_ context.Context, schedules []job.Schedule) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range schedules {
		if old := f.schedules[s.Name]; old.Revision != s.Revision {
			return fault.New(fault.Conflict, "It was changed.")
		}
		s.Revision = max(s.Revision, 1)
		f.schedules[s.Name] = s
	}
	return nil
}

func (f *fakeBook) DeleteSchedule(_ context.Context, name string, was int64, change job.Change) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.schedules[name].Revision != was {
		return fault.New(fault.Conflict, "It was changed.")
	}
	delete(f.schedules, name)
	f.note(name, change)
	return nil
}

func (f *fakeBook) Changes(_ context.Context, schedule string, limit int) (found []job.Change, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range slices.Backward(f.changes) {
		if (schedule == "" || c.Schedule == schedule) && len(found) < limit {
			found = append(found, c)
		}
	}
	return found, nil
}

func (f *fakeBook) SlotTimes(_ context.Context, schedule string, from, to time.Time) (found []job.Slot, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.slots {
		if s.Schedule == schedule && !s.Due.Before(from) && s.Due.Before(to) {
			found = append(found, s)
		}
	}
	return found, nil
}

func (f *fakeBook) PutManySlots(_ context.Context, batches []job.SlotBatch) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, b := range batches {
		f.slots = append(f.slots, b.Slots...)
		s := f.schedules[b.Schedule]
		s.Decided = b.Decided
		f.schedules[b.Schedule] = s
	}
	return nil
}

func (f *fakeBook) UsableClient(_ context.Context, name string) error {
	switch name {
	case "default", "north":
		return nil
	case "closed":
		return fault.New(fault.Conflict, "The client %q is disabled and takes no new jobs.", name).In("client")
	}
	return fault.New(fault.NotFound, "There is no client %q.", name)
}

func (f *fakeBook) Calendars(context.Context) (all []job.Calendar, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calendars {
		all = append(all, c)
	}
	return all, nil
}

func (f *fakeBook) Calendar(_ context.Context, name string) (job.Calendar, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c, ok := f.calendars[name]
	if !ok {
		return c, fault.New(fault.NotFound, "There is no calendar %q.", name)
	}
	return c, nil
}

func (f *fakeBook) SaveCalendar(_ context.Context, c job.Calendar, was int64, change job.Change) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.calendars[c.Name].Revision != was {
		return fault.New(fault.Conflict, "It was changed.")
	}
	c.Revision = was + 1
	f.calendars[c.Name] = c
	f.note("calendar "+c.Name, change)
	return nil
}

func (f *fakeBook) DeleteCalendar(_ context.Context, name string, was int64, change job.Change) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.calendars[name].Revision != was {
		return fault.New(fault.Conflict, "It was changed.")
	}
	delete(f.calendars, name)
	f.note("calendar "+name, change)
	return nil
}

// A desk is a book, what it is kept in, and the clock and catalogue that its
// story goes by.
type desk struct {
	*timetable.Book
	t        *testing.T
	ledger   *fakeBook
	now      time.Time
	declared []job.Declaration
}

// openDesk opens on a monday at 08:00 UTC with the task sis.pull, which
// declares a schedule every day at 02:00.
func openDesk(t *testing.T) *desk {
	d := &desk{t: t, ledger: newFakeBook(), now: monday, declared: declared("0 2 * * *", "UTC", `{"sync":"main"}`)}
	d.Book = &timetable.Book{
		Ledger: d.ledger, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Tasks: func(context.Context) ([]job.Declaration, error) { return d.declared, nil },
		Now:   func() time.Time { return d.now },
		CheckArgs: func(_, args json.RawMessage) error {
			if strings.Contains(string(args), "sinc") {
				return fault.New(fault.Invalid, "There is no argument sinc.").In("args")
			}
			return nil
		},
	}
	d.announce()
	return d
}

// announce has workers declare what they do.
func (d *desk) announce() {
	d.t.Helper()
	if err := d.Register(d.t.Context(), d.declared); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) schedule(name string) job.Schedule {
	d.t.Helper()
	s, err := d.ledger.Schedule(d.t.Context(), name)
	if err != nil {
		d.t.Fatal(err)
	}
	return s
}

// edit edits the present revision of sis.pull; set is JSON.
func (d *desk) edit(layer job.Layer, by, set string, revert ...string) job.Schedule {
	d.t.Helper()
	s, err := d.tryEdit(layer, by, set, revert...)
	if err != nil {
		d.t.Fatal(err)
	}
	return s
}

func (d *desk) tryEdit(layer job.Layer, by, set string, revert ...string) (job.Schedule, error) {
	e := job.Edit{Layer: layer, Revert: revert, Revision: d.schedule("sis.pull").Revision, By: by, Reason: "The night is too short."}
	if err := json.Unmarshal([]byte(set), &e.Set); err != nil {
		d.t.Fatal(err)
	}
	return d.Edit(d.t.Context(), "sis.pull", e)
}

// history tells the changes of a schedule, the oldest first.
func (d *desk) history(name string) string {
	d.t.Helper()
	changes, err := d.Changes(d.t.Context(), name, 100)
	if err != nil {
		d.t.Fatal(err)
	}
	var lines []string
	for _, c := range slices.Backward(changes) {
		lines = append(lines, strings.TrimSpace(strings.Join([]string{c.By, string(c.Layer), c.Field, string(c.Old), "->", string(c.New)}, " ")))
	}
	return strings.Join(lines, "\n")
}

// refused checks that err is a fault of that kind, about that field, that says
// so.
func refused(t *testing.T, err error, kind fault.Kind, field, text string) {
	t.Helper()
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || e.Kind != kind || e.Field != field || !strings.Contains(e.Msg, text) {
		t.Errorf("got %#v, want kind %v in %q with %q", err, kind, field, text)
	}
}
