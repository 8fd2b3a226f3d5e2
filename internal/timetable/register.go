package timetable

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/cron"
)

// Register returns the schedules to write now that workers have declared these
// tasks: new ones, those whose declaration has changed, and those whose
// declaration, or task, has gone or come back. What people set stays, and they
// get a notice where a default has changed under it. A schedule that starts, or
// changes its times, has no slots before now. One that cannot have slots is
// written with the problem.
func Register(declared []job.Declaration, existing []job.Schedule, now time.Time) (put []job.Schedule) {
	wanted, zones := schedulesOf(declared), atlas{}
	for _, was := range existing {
		s := was
		switch w, still := wanted[s.Name]; {
		case !s.Declared:
			s = beside(zones, s, declared, w.Task, now)
		case still:
			s = merge(zones, s, w, now)
		default:
			s.Missing = true
		}
		if delete(wanted, s.Name); !same(s, was) {
			put = append(put, s)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		put = append(put, merge(zones, job.Schedule{}, wanted[name], now))
	}
	return put
}

// beside returns a person's schedule as it stands beside what is declared. If a
// task declares another one of that name, the person's stays the one, and says
// so.
func beside(zones atlas, s job.Schedule, declared []job.Declaration, claimedBy string, now time.Time) job.Schedule {
	was := s
	s.Missing = !slices.ContainsFunc(declared, func(d job.Declaration) bool { return d.Name == s.Task && !d.Missing })
	s.Problem, s.Notices = zones.problem(s), nil
	if claimedBy != "" {
		s.Notices = []string{fmt.Sprintf("The task %s now declares a schedule %s, too. This one, which was created for the task %s, goes on running, and the declared one does not; "+
			"to have both, duplicate this one under another name and delete it here.", claimedBy, s.Name, s.Task)}
	}
	if moved(was, s) {
		s.Decided = later(now, s.Decided)
	}
	return s
}

// schedulesOf returns the declared schedules by name.
func schedulesOf(declared []job.Declaration) map[string]job.Schedule {
	schedules := map[string]job.Schedule{}
	for _, d := range declared {
		if d.Missing {
			continue
		}
		for _, ds := range d.Schedules {
			s := job.Schedule{
				Name: ds.Name, Task: d.Name, Client: cmp.Or(ds.Client, job.DefaultClient), Declared: true,
				Base: job.NewRule(ds.Cron, ds.Zone, ds.Args),
			}
			if other, taken := schedules[ds.Name]; taken {
				s.Problem = fmt.Sprintf("declared more than once: by %s and by %s", other.Task, s.Task)
			}
			schedules[ds.Name] = s
		}
	}
	return schedules
}

// merge brings old, which is zero if there is none, to what s declares. What
// people set stays.
func merge(zones atlas, old, s job.Schedule, now time.Time) job.Schedule {
	declared, twice := s, s.Problem
	if s = old; s.Created.IsZero() {
		s.Name, s.Created, s.Decided = declared.Name, now, now
	}
	s.Task, s.Client, s.Base, s.Declared, s.Missing = declared.Task, declared.Client, declared.Base, true, false
	s.Problem = cmp.Or(twice, zones.settle(&s))
	if moved(old, s) {
		s.Decided = later(now, s.Decided)
	}
	return s
}

// settle works out what follows from the layers of s, and why it can have no
// slots.
func (a atlas) settle(s *job.Schedule) string {
	var err error
	if s.Notices, err = notices(*s); err != nil {
		return err.Error()
	}
	if err = s.Settle(); err != nil {
		return err.Error()
	}
	return a.problem(*s)
}

// problem returns why the rule of s can have no slots, if so.
func (a atlas) problem(s job.Schedule) string {
	if _, err := cron.ParseDialect(cron.Dialect(s.Dialect), s.Cron); err != nil {
		return err.Error()
	}
	if _, err := a.zone(s.Zone); err != nil {
		return err.Error()
	}
	return ""
}

// moved reports whether s has other slots than old.
func moved(old, s job.Schedule) bool {
	alike, err := sameTimes(old.Rule, s.Rule)
	return err != nil || !alike || s.Problem != old.Problem
}

// same reports whether nothing of s differs from old that a declaration
// decides.
func same(s, old job.Schedule) bool {
	fields, err := differing(s.Base, old.Base)
	return err == nil && len(fields) == 0 && s.Task == old.Task && s.Client == old.Client &&
		s.Missing == old.Missing && s.Problem == old.Problem && slices.Equal(s.Notices, old.Notices)
}

const (
	platform = "beadle"  // who notes what a new version of a task declares
	trouble  = "problem" // what a change is about that gives a schedule a problem, or takes it away
)

// Register brings the timetable to what workers have declared; see the function
// of that name. What a new version changes of a default is noted like any other
// change. Schedules that somebody changes meanwhile are left for the next time,
// which is a fault.Conflict.
func (b *Book) Register(ctx context.Context, declared []job.Declaration) error {
	existing, err := b.Ledger.Schedules(ctx)
	if err != nil {
		return fmt.Errorf("read schedules: %w", err)
	}
	old := map[string]job.Schedule{}
	for _, s := range existing {
		old[s.Name] = s
	}
	now := b.Now()
	put := Register(declared, existing, now)
	for i := range put {
		was := old[put[i].Name]
		if was.Name != "" && put[i].Decided.After(was.Decided) {
			if err := b.keepDue(ctx, was, now); err != nil {
				return err
			}
		}
		if err := b.upgrade(ctx, was, &put[i], now); err != nil {
			return err
		}
	}
	if err := b.Ledger.PutSchedules(ctx, put); err != nil {
		return fmt.Errorf("write schedules: %w", err)
	}
	return nil
}

// upgrade notes in what s, which is old until now, is another schedule.
func (b *Book) upgrade(ctx context.Context, old job.Schedule, s *job.Schedule, now time.Time) error {
	if old.Name == "" {
		return nil
	}
	changes, err := upgrades(old, *s)
	if err != nil || len(changes) == 0 {
		return err
	}
	for i := range changes {
		c := &changes[i]
		c.Schedule, c.At, c.By, c.Reason = s.Name, now, platform, "The task declares it so."
	}
	saved, err := b.save(ctx, *s, changes)
	if err != nil {
		return fmt.Errorf("save what task %s declares: %w", s.Task, err)
	}
	s.Revision = saved.Revision
	return nil
}

// upgrades returns what is new in the defaults of s, and its problem.
func upgrades(old, s job.Schedule) (changes []job.Change, err error) {
	was, err := byField(old.Base)
	if err != nil {
		return nil, err
	}
	is, err := byField(s.Base)
	if err != nil {
		return nil, err
	}
	for _, field := range job.RuleFields() {
		if !job.SameJSON(was[field], is[field]) {
			changes = append(changes, job.Change{Field: field, Old: was[field], New: is[field]})
		}
	}
	if s.Problem != old.Problem {
		changes = append(changes, job.Change{Field: trouble, Old: asJSON(old.Problem), New: asJSON(s.Problem)})
	}
	return changes, nil
}
