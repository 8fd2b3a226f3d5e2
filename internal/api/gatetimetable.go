package api

import (
	"context"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// gatedTimetable is the timetable within the rights of whoever acts.
type gatedTimetable struct {
	gate
	book Timetable
}

// Create implements [Timetable].
func (t gatedTimetable) Create(ctx context.Context, s job.Schedule, by, reason string) (job.Schedule, error) {
	if err := may(ctx, auth.Operate, s.Client, s.Task); err != nil {
		return job.Schedule{}, err
	}
	var err error
	if s.Args, err = t.restored(ctx, s.Task, s.Args, nil); err != nil {
		return job.Schedule{}, err
	}
	return t.changed(ctx)(t.book.Create(ctx, s, by, reason))
}

// Edit implements [Timetable].
func (t gatedTimetable) Edit(ctx context.Context, name string, e job.Edit) (job.Schedule, error) {
	s, err := t.schedule(ctx, name, auth.Operate)
	if err != nil {
		return job.Schedule{}, err
	}
	if e, err = t.edit(ctx, s, e); err != nil {
		return job.Schedule{}, err
	}
	return t.changed(ctx)(t.book.Edit(ctx, name, e))
}

// changed shows a schedule that was changed.
func (t gatedTimetable) changed(ctx context.Context) func(job.Schedule, error) (job.Schedule, error) {
	return func(s job.Schedule, err error) (job.Schedule, error) { return t.bared(ctx, s), err }
}

// Pause implements [Timetable].
func (t gatedTimetable) Pause(ctx context.Context, name string, until time.Time, by, note string) (job.Schedule, error) {
	if _, err := t.schedule(ctx, name, auth.Operate); err != nil {
		return job.Schedule{}, err
	}
	return t.changed(ctx)(t.book.Pause(ctx, name, until, by, note))
}

// Resume implements [Timetable].
func (t gatedTimetable) Resume(ctx context.Context, name, by, reason string) (job.Schedule, error) {
	if _, err := t.schedule(ctx, name, auth.Operate); err != nil {
		return job.Schedule{}, err
	}
	return t.changed(ctx)(t.book.Resume(ctx, name, by, reason))
}

// Delete implements [Timetable].
func (t gatedTimetable) Delete(ctx context.Context, name, by, reason string) error {
	if _, err := t.schedule(ctx, name, auth.Operate); err != nil {
		return err
	}
	return t.book.Delete(ctx, name, by, reason)
}

// Preview implements [Timetable]: what a rule means is no secret.
func (t gatedTimetable) Preview(ctx context.Context, s job.Schedule, n int) (job.Preview, error) {
	return t.book.Preview(ctx, s, n)
}

// Forecast implements [Timetable]. Those who see a part of all schedules are
// told the firings of each of theirs, in order.
func (t gatedTimetable) Forecast(ctx context.Context, schedule string, from time.Time, n int) ([]job.Firing, error) {
	if schedule != "" {
		if err := t.opened(ctx, schedule); err != nil {
			return nil, err
		}
	}
	if schedule != "" || auth.Of(ctx).Everywhere(auth.See) {
		return t.book.Forecast(ctx, schedule, from, n)
	}
	theirs, err := gatedLedger{t.gate}.Schedules(ctx)
	if err != nil {
		return nil, err
	}
	var all []job.Firing
	for _, s := range theirs {
		some, err := t.book.Forecast(ctx, s.Name, from, n)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.SortStableFunc(all, func(a, b job.Firing) int { return a.Due.Compare(b.Due) })
	return all[:min(len(all), n)], nil
}

// NextOf implements [Timetable].
func (t gatedTimetable) NextOf(ctx context.Context, schedules []job.Schedule) (map[string]time.Time, error) {
	return t.book.NextOf(ctx, seen(ctx, schedules, func(s job.Schedule) (string, string) { return s.Client, s.Task }))
}

// Check implements [Timetable].
func (t gatedTimetable) Check(ctx context.Context, schedule string, from, to time.Time) (job.SlotCheck, error) {
	if err := t.opened(ctx, schedule); err != nil {
		return job.SlotCheck{}, err
	}
	return t.book.Check(ctx, schedule, from, to)
}

// Changes implements [Timetable].
func (t gatedTimetable) Changes(ctx context.Context, schedule string, limit int) ([]job.Change, error) {
	if err := t.opened(ctx, schedule); err != nil {
		return nil, err
	}
	all, err := t.book.Changes(ctx, schedule, limit)
	if err != nil {
		return nil, err
	}
	s, err := t.ledger.Schedule(ctx, schedule)
	if fault.KindOf(err) == fault.NotFound {
		return t.baredChanges(ctx, job.Schedule{}, all), nil // it was deleted
	}
	return t.baredChanges(ctx, s, all), err
}

// Clashes implements [Timetable]: those with schedules that may be seen.
func (t gatedTimetable) Clashes(ctx context.Context, s job.Schedule) (job.ClashForecast, error) {
	if kept, err := t.schedule(ctx, s.Name, auth.See); err == nil && kept.Task == s.Task {
		s.Args = t.keeper.of(ctx, s.Task).Restored(s.Args, kept.Args)
	}
	f, err := t.book.Clashes(ctx, s)
	if err != nil || auth.Of(ctx).Everywhere(auth.See) {
		return f, err
	}
	listed := len(f.Clashes)
	f.Clashes = slices.DeleteFunc(f.Clashes, func(c job.Clash) bool { return t.opened(ctx, c.Schedule) != nil })
	f.Count -= listed - len(f.Clashes)
	f.Remarks = nil // they name tasks of others
	return f, nil
}

// Calendars implements [CalendarBook]: they are shared by all.
func (t gatedTimetable) Calendars(ctx context.Context) ([]job.Calendar, error) {
	return t.book.Calendars(ctx)
}

// Calendar implements [CalendarBook].
func (t gatedTimetable) Calendar(ctx context.Context, name string) (job.Calendar, error) {
	return t.book.Calendar(ctx, name)
}

// PutCalendar implements [CalendarBook].
func (t gatedTimetable) PutCalendar(ctx context.Context, c job.Calendar, by, reason string) (job.Calendar, error) {
	if err := auth.NeedRun.Check(auth.Of(ctx)); err != nil {
		return job.Calendar{}, err
	}
	return t.book.PutCalendar(ctx, c, by, reason)
}

// DeleteCalendar implements [CalendarBook].
func (t gatedTimetable) DeleteCalendar(ctx context.Context, name, by, reason string) error {
	if err := auth.NeedRun.Check(auth.Of(ctx)); err != nil {
		return err
	}
	return t.book.DeleteCalendar(ctx, name, by, reason)
}

// Recoveries implements [RecoveryBook]: they count the slots of all clients.
func (t gatedTimetable) Recoveries(ctx context.Context, limit int) ([]job.Recovery, error) {
	return t.book.Recoveries(ctx, limit)
}

// Recovery implements [RecoveryBook]. Steps of what may not be seen are counted
// and not shown.
func (t gatedTimetable) Recovery(ctx context.Context, id int64) (job.RecoveryPlan, error) {
	p, err := t.book.Recovery(ctx, id)
	if err != nil || auth.Of(ctx).Everywhere(auth.See) {
		return p, err
	}
	p.Steps = seen(ctx, p.Steps, func(s job.RecoveryStep) (string, string) { return s.Client, s.Task })
	for i, s := range p.Steps {
		p.Steps[i].After = slices.DeleteFunc(slices.Clone(s.After), func(name string) bool { return t.opened(ctx, name) != nil })
	}
	return p, nil
}

// ApproveRecovery implements [RecoveryBook].
func (t gatedTimetable) ApproveRecovery(ctx context.Context, id int64, by, reason string) (job.Recovery, error) {
	if err := auth.NeedRun.Check(auth.Of(ctx)); err != nil {
		return job.Recovery{}, err
	}
	return t.book.ApproveRecovery(ctx, id, by, reason)
}

// RejectRecovery implements [RecoveryBook].
func (t gatedTimetable) RejectRecovery(ctx context.Context, id int64, by, reason string) (job.Recovery, error) {
	if err := auth.NeedRun.Check(auth.Of(ctx)); err != nil {
		return job.Recovery{}, err
	}
	return t.book.RejectRecovery(ctx, id, by, reason)
}
