package timetable

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A Book is the timetable as people read and change it. Whatever it refuses it
// refuses as a fault.Error that names the field, and then nothing has changed.
// Whatever it changes it notes, with who did it and why. It may be used by many
// goroutines, and several schedulers may have one each.
type Book struct {
	Ledger BookLedger
	Tasks  func(ctx context.Context) ([]job.Declaration, error) // the catalogue
	Now    func() time.Time
	Log    *slog.Logger

	// CheckArgs holds arguments against the schema that their task declares;
	// nil: any object will do.
	CheckArgs func(schema, args json.RawMessage) error
}

// BookLedger is where a [Book] is kept. What is saved or deleted names the
// revision that it was made from; if that is not the present one, nothing is
// written, and that is a fault.Conflict.
type BookLedger interface {
	Schedules(ctx context.Context) ([]job.Schedule, error)
	Schedule(ctx context.Context, name string) (job.Schedule, error)
	// SaveSchedule writes s, as revision was+1, and the changes in one
	// transaction. It must be new if was is zero.
	SaveSchedule(ctx context.Context, s job.Schedule, was int64, changes []job.Change) error
	DeleteSchedule(ctx context.Context, name string, was int64, change job.Change) error
	// PutSchedules writes what follows for schedules from their declarations;
	// it leaves alone those that were changed since they were read.
	PutSchedules(ctx context.Context, schedules []job.Schedule) error
	// Changes are the newest first; "" is of all schedules.
	Changes(ctx context.Context, schedule string, limit int) ([]job.Change, error)
	// SlotTimes returns all slots in [from, to), the oldest first.
	SlotTimes(ctx context.Context, schedule string, from, to time.Time) ([]job.Slot, error)
	// PutManySlots writes what becomes of slots. What is recorded stays.
	PutManySlots(ctx context.Context, batches []job.SlotBatch) error
	// UsualDurations returns how long the jobs of schedules took lately; those
	// that had none are left out.
	UsualDurations(ctx context.Context, schedules []string) (map[string]job.Usual, error)
	// UsableClient reports why a client cannot have new jobs.
	UsableClient(ctx context.Context, name string) error

	Calendars(ctx context.Context) ([]job.Calendar, error)
	Calendar(ctx context.Context, name string) (job.Calendar, error)
	SaveCalendar(ctx context.Context, c job.Calendar, was int64, change job.Change) error
	DeleteCalendar(ctx context.Context, name string, was int64, change job.Change) error

	// Recoveries returns the newest first.
	Recoveries(ctx context.Context, limit int) ([]job.Recovery, error)
	Recovery(ctx context.Context, id int64) (job.Recovery, error)
	RecoverySteps(ctx context.Context, id int64) ([]job.SlotStand, error)
	SaveRecovery(ctx context.Context, r job.Recovery, was job.RecoveryState, order []job.Slot, settled []job.SlotBatch) error
	Slots(ctx context.Context, schedule string, from, to time.Time, limit int) ([]job.Slot, error)
}

// What fields of changes are called that are about a schedule as a whole.
const (
	created = "created"
	deleted = "deleted"
	paused  = "paused"
	resumed = "resumed"
)

// Create adds a schedule, from its name, task, client and rule. What the rule
// leaves empty is as in [job.DefaultRule], and its cron may be English if it
// has no dialect. It has no slots before now.
func (b *Book) Create(ctx context.Context, s job.Schedule, by, reason string) (job.Schedule, error) {
	if err := checkWrite(by, "reason", reason); err != nil {
		return s, err
	}
	if err := CheckName("name", s.Name); err != nil {
		return s, err
	}
	rule, err := spellOut(s.Rule)
	if err != nil {
		return s, err
	}
	now := b.Now()
	s = job.Schedule{Name: s.Name, Task: s.Task, Client: s.Client, Rule: rule, Base: rule, Created: now, Decided: now}
	if err := b.checkNew(ctx, &s); err != nil {
		return s, err
	}
	change := job.Change{Schedule: s.Name, At: now, By: by, Reason: reason, Field: created, New: asJSON(s.Base)}
	return b.save(ctx, s, []job.Change{change})
}

// save writes s, which has the revision that it was made from, and returns it
// as it is kept.
func (b *Book) save(ctx context.Context, s job.Schedule, changes []job.Change) (job.Schedule, error) {
	if err := b.Ledger.SaveSchedule(ctx, s, s.Revision, changes); err != nil {
		return s, err
	}
	for _, c := range changes {
		b.Log.InfoContext(ctx, "the timetable was changed", "schedule", s.Name, "field", c.Field, "by", c.By, "reason", c.Reason)
	}
	return b.Ledger.Schedule(ctx, s.Name)
}

// checkNew checks what a new schedule refers to.
func (b *Book) checkNew(ctx context.Context, s *job.Schedule) error {
	if s.Client == "" {
		s.Client = job.DefaultClient
	}
	if err := b.Ledger.UsableClient(ctx, s.Client); fault.KindOf(err) == fault.NotFound {
		return fault.New(fault.Invalid, "There is no client %q.", s.Client).In("client")
	} else if err != nil {
		return err
	}
	return b.check(ctx, *s)
}

// check checks all of a schedule's rule, and what it refers to.
func (b *Book) check(ctx context.Context, s job.Schedule) error {
	if err := checkRule(s.Rule); err != nil {
		return err
	}
	if err := b.checkCalendar(ctx, s.Calendar); err != nil {
		return err
	}
	if err := b.checkOthers(ctx, s); err != nil {
		return err
	}
	return b.checkTask(ctx, s)
}

func (b *Book) checkCalendar(ctx context.Context, name string) error {
	if name == "" {
		return nil
	}
	_, err := b.Ledger.Calendar(ctx, name)
	if fault.KindOf(err) == fault.NotFound {
		return fault.New(fault.Invalid, "There is no calendar %q; write the name of one, or nothing for none.", name).In("calendar")
	}
	return err
}

// checkTask checks that somebody brings the task, and that it takes the
// arguments. A missing task refuses no change of a schedule that there is.
func (b *Book) checkTask(ctx context.Context, s job.Schedule) error {
	if s.Task == "" {
		return fault.New(fault.Invalid, "Field task is required: the name of a task.").In("task")
	}
	tasks, err := b.Tasks(ctx)
	if err != nil {
		return fmt.Errorf("read the tasks: %w", err)
	}
	i := slices.IndexFunc(tasks, func(d job.Declaration) bool { return d.Name == s.Task && !d.Missing })
	switch {
	case i < 0 && s.Revision == 0:
		return fault.New(fault.Invalid, "There is no task %q; use the name of one that a worker brings.", s.Task).In("task")
	case i < 0 || b.CheckArgs == nil:
		return nil
	}
	return b.CheckArgs(tasks[i].Schema, s.Args)
}

// Delete removes a schedule that a person created, or whose task is gone,
// unless others come after it. The record of its slots and changes stays.
func (b *Book) Delete(ctx context.Context, name, by, reason string) error {
	if err := checkWrite(by, "reason", reason); err != nil {
		return err
	}
	s, err := b.Ledger.Schedule(ctx, name)
	if err != nil {
		return err
	}
	if s.Declared && !s.Missing {
		return fault.New(fault.Conflict, "The task %s brings the schedule %q along, so it would come back; switch it off instead.", s.Task, name)
	}
	if err := b.checkAlone(ctx, name); err != nil {
		return err
	}
	change := job.Change{Schedule: name, At: b.Now(), By: by, Reason: reason, Field: deleted, Old: asJSON(s.Rule)}
	if err := b.Ledger.DeleteSchedule(ctx, name, s.Revision, change); err != nil {
		return err
	}
	b.Log.InfoContext(ctx, "a schedule was deleted", "schedule", name, "by", by, "reason", reason)
	return nil
}

// Pause keeps a schedule from running until then: its slots up to that time
// are paused. The note says why.
func (b *Book) Pause(ctx context.Context, name string, until time.Time, by, note string) (job.Schedule, error) {
	if err := checkWrite(by, "note", note); err != nil {
		return job.Schedule{}, err
	}
	now := b.Now()
	if !until.After(now) || !inCalendar(until) {
		return job.Schedule{}, fault.New(fault.Invalid,
			"Say until when it is to be paused: a time after now and before the year 10000, such as %s; to stop it without an end, switch it off.",
			now.AddDate(0, 0, 1).UTC().Format(time.RFC3339)).In("until")
	}
	until = until.UTC().Truncate(time.Millisecond)
	return b.change(ctx, name, func(s *job.Schedule) ([]job.Change, error) {
		old := asJSON(s.PausedUntil)
		s.PausedUntil, s.PauseNote = &until, note
		return []job.Change{{Schedule: name, At: now, By: by, Reason: note, Field: paused, Old: old, New: asJSON(until)}}, nil
	})
}

// Resume ends a pause.
func (b *Book) Resume(ctx context.Context, name, by, reason string) (job.Schedule, error) {
	if err := checkWrite(by, "reason", reason); err != nil {
		return job.Schedule{}, err
	}
	now := b.Now()
	return b.change(ctx, name, func(s *job.Schedule) ([]job.Change, error) {
		if s.PausedUntil == nil || !s.PausedUntil.After(now) {
			return nil, notPaused(*s)
		}
		old := asJSON(s.PausedUntil)
		s.PausedUntil, s.PauseNote = nil, ""
		return []job.Change{{Schedule: name, At: now, By: by, Reason: reason, Field: resumed, Old: old}}, nil
	})
}

func notPaused(s job.Schedule) error {
	if !s.Enabled {
		return fault.New(fault.Conflict, "The schedule %q is switched off, not paused; set enabled to true.", s.Name)
	}
	return fault.New(fault.Conflict, "The schedule %q is not paused.", s.Name)
}

// change saves what edit makes of the present schedule. If somebody else was
// faster, it is made of theirs.
func (b *Book) change(ctx context.Context, name string, edit func(s *job.Schedule) ([]job.Change, error)) (job.Schedule, error) {
	const tries = 5
	var failed error
	for range tries {
		s, err := b.Ledger.Schedule(ctx, name)
		if err != nil {
			return s, err
		}
		changes, err := edit(&s)
		if err != nil {
			return s, err
		}
		if s, failed = b.save(ctx, s, changes); fault.KindOf(failed) != fault.Conflict {
			return s, failed
		}
	}
	return job.Schedule{}, failed
}

// Changes returns what was changed of a schedule, the newest first; of all if
// schedule is empty. What was changed of a deleted one is still known.
func (b *Book) Changes(ctx context.Context, schedule string, limit int) ([]job.Change, error) {
	changes, err := b.Ledger.Changes(ctx, schedule, limit)
	if err == nil && len(changes) == 0 && schedule != "" {
		_, err = b.Ledger.Schedule(ctx, schedule)
	}
	return changes, err
}

const (
	maxName = 100
	maxLine = 500 // of reasons, notes and other texts for people
)

// checkWrite checks who changes something, and the field that says why.
func checkWrite(by, field, why string) error {
	switch {
	case strings.TrimSpace(why) == "":
		return fault.New(fault.Invalid, "Say why, in a sentence: the history keeps it.").In(field)
	case !oneLine(why):
		return fault.New(fault.Invalid, "The %s must be one line of at most %d bytes.", field, maxLine).In(field)
	case by == "":
		return fault.New(fault.Invalid, "Say who does this: the history keeps it.").In("by")
	}
	return nil
}

func oneLine(text string) bool {
	return len(text) <= maxLine && utf8.ValidString(text) && !strings.ContainsAny(text, "\r\n\x00")
}

// CheckName refuses what cannot be the name of a schedule or calendar: it is
// part of addresses.
func CheckName(field, name string) error {
	ok := name != "" && len(name) <= maxName && name[0] != '.'
	for _, c := range []byte(name) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		ok = ok && (letter || strings.IndexByte("._:-", c) >= 0)
	}
	if !ok {
		return fault.New(fault.Invalid, "A name is 1 to %d letters, digits and any of . _ : -, such as sis.roster.pull:north; not %q.", maxName, shorten(name)).In(field)
	}
	return nil
}

// shorten keeps a text that is quoted short enough for a sentence.
func shorten(text string) string {
	const most = 60
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// asJSON returns v as JSON, and nothing if v is nothing.
func asJSON(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil || string(raw) == "null" {
		return nil
	}
	return raw
}
