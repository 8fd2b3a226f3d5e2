package timetable

import (
	"context"
	"fmt"
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// mostExclusions keeps the look into a calendar short.
const mostExclusions = 1000

// Calendars returns all calendars by name.
func (b *Book) Calendars(ctx context.Context) ([]job.Calendar, error) { return b.Ledger.Calendars(ctx) }

// Calendar returns one calendar.
func (b *Book) Calendar(ctx context.Context, name string) (job.Calendar, error) {
	return b.Ledger.Calendar(ctx, name)
}

// PutCalendar adds a calendar, if its revision is zero, or replaces the one of
// that revision. Slots that have their outcome keep it.
func (b *Book) PutCalendar(ctx context.Context, c job.Calendar, by, reason string) (job.Calendar, error) {
	if err := checkWrite(by, "reason", reason); err != nil {
		return c, err
	}
	if err := CheckCalendar(c); err != nil {
		return c, err
	}
	old, err := b.Ledger.Calendar(ctx, c.Name)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return c, err
	}
	change := job.Change{At: b.Now(), By: by, Reason: reason, Field: created, New: asJSON(c.Exclusions)}
	if err == nil {
		change.Field, change.Old = "exclusions", asJSON(old.Exclusions)
	}
	switch {
	case err == nil && c.Revision == 0:
		return c, fault.New(fault.Conflict, "There already is a calendar %q.", c.Name).In("name")
	case err != nil && c.Revision != 0:
		return c, fault.New(fault.Conflict, "The calendar %q was deleted; save it with revision 0 to have it again.", c.Name)
	case old.Revision != c.Revision:
		return c, b.outdatedCalendar(ctx, c.Name)
	}
	if err := b.Ledger.SaveCalendar(ctx, c, c.Revision, change); err != nil {
		return c, err
	}
	return b.Ledger.Calendar(ctx, c.Name)
}

// outdatedCalendar says who changed a calendar last.
func (b *Book) outdatedCalendar(ctx context.Context, name string) error {
	who := "somebody"
	if changes, err := b.Ledger.Changes(ctx, calendarChanges(name), 1); err == nil && len(changes) > 0 {
		who = changes[0].By
	}
	return fault.New(fault.Conflict, "The calendar %q is not as you saw it any more: %s changed it. Nothing of yours was saved; look at it again, and save then.", name, who)
}

// calendarChanges is what the changes of a calendar are kept under.
func calendarChanges(name string) string { return "calendar " + name }

// DeleteCalendar removes a calendar that no schedule names.
func (b *Book) DeleteCalendar(ctx context.Context, name, by, reason string) error {
	if err := checkWrite(by, "reason", reason); err != nil {
		return err
	}
	c, err := b.Ledger.Calendar(ctx, name)
	if err != nil {
		return err
	}
	users, err := b.usersOf(ctx, name)
	if err != nil {
		return err
	}
	if len(users) > 0 {
		return fault.New(fault.Conflict, "The calendar %q is used by %s; take it out there first.", name, listed(users))
	}
	change := job.Change{At: b.Now(), By: by, Reason: reason, Field: deleted, Old: asJSON(c.Exclusions)}
	return b.Ledger.DeleteCalendar(ctx, name, c.Revision, change)
}

// usersOf returns the schedules that name a calendar, in whatever layer.
func (b *Book) usersOf(ctx context.Context, calendar string) (names []string, err error) {
	schedules, err := b.Ledger.Schedules(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range schedules {
		if uses(s, calendar) {
			names = append(names, s.Name)
		}
	}
	return names, nil
}

func uses(s job.Schedule, calendar string) bool {
	if s.Calendar == calendar || s.Base.Calendar == calendar {
		return true
	}
	for _, o := range s.Overrides {
		if o.Field == "calendar" && job.SameJSON(o.Value, asJSON(calendar)) {
			return true
		}
	}
	return false
}

// listed names things in a sentence, but not too many.
func listed(names []string) string {
	const most = 10
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
