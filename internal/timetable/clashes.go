package timetable

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

const (
	clashesWithin = 7 * 24 * time.Hour
	mostClashes   = 20 // that are listed
)

// Clashes foretells for the next 7 days at which of its slots a schedule will
// want a resource while a job of another has it, and times near without that.
// The schedule is taken as it would be saved: its name may be empty, or that of
// the stored one whose place it takes, and its cron may be English as in
// [Book.Preview]. A job is taken to run from when its slot starts for as long as
// nearly all jobs of its schedule did lately; what is guessed is told as a
// remark. Schedules that come after each other run in order, and so do not
// clash.
func (b *Book) Clashes(ctx context.Context, s job.Schedule) (job.ClashForecast, error) {
	c, err := b.contest(ctx, s)
	if err != nil {
		return job.ClashForecast{}, err
	}
	return c.forecast(), nil
}

// A contest is a schedule in question and all that it may clash with.
type contest struct {
	subject  claimant
	rivals   []claimant // the others that share a resource with it
	from, to time.Time
	cut      bool // it ends early, or not all is known of its end
	remarks  []string
}

// contest finds what s may clash with.
func (b *Book) contest(ctx context.Context, s job.Schedule) (*contest, error) {
	schedules, err := b.Ledger.Schedules(ctx)
	if err != nil {
		return nil, fmt.Errorf("read schedules: %w", err)
	}
	tasks, err := b.catalogue(ctx)
	if err != nil {
		return nil, err
	}
	others, s := apart(schedules, s)
	if s, err = b.asSaved(ctx, s, tasks); err != nil {
		return nil, err
	}
	calendars, err := b.calendars(ctx)
	if err != nil {
		return nil, err
	}
	now := b.Now()
	c := &contest{from: now, to: now.Add(clashesWithin)}
	if err := c.enter(s, others, calendars, tasks); err != nil {
		return nil, err
	}
	usual, err := b.Ledger.UsualDurations(ctx, c.names())
	if err != nil {
		return nil, fmt.Errorf("read how long jobs take: %w", err)
	}
	c.last(usual)
	return c, nil
}

// catalogue returns the tasks by name.
func (b *Book) catalogue(ctx context.Context) (map[string]job.Declaration, error) {
	all, err := b.Tasks(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the tasks: %w", err)
	}
	return tasksByName(all), nil
}

func tasksByName(all []job.Declaration) map[string]job.Declaration {
	tasks := make(map[string]job.Declaration, len(all))
	for _, d := range all {
		tasks[d.Name] = d
	}
	return tasks
}

// apart takes the stored schedule of the name of s out of schedules, and
// returns s with what saving it keeps of that one.
func apart(schedules []job.Schedule, s job.Schedule) (others []job.Schedule, saved job.Schedule) {
	for _, one := range schedules {
		if one.Name != s.Name {
			others = append(others, one)
			continue
		}
		one.Rule, one.Problem = s.Rule, ""
		one.Task, one.Client = cmp.Or(s.Task, one.Task), cmp.Or(s.Client, one.Client)
		saved = one
	}
	if saved.Name == "" {
		saved = s
	}
	saved.Client = cmp.Or(saved.Client, job.DefaultClient)
	return others, saved
}

// asSaved returns s with its rule as it is stored, and refuses one that makes
// no sense.
func (b *Book) asSaved(ctx context.Context, s job.Schedule, tasks map[string]job.Declaration) (job.Schedule, error) {
	var err error
	if s.Rule, err = spellOut(s.Rule); err != nil {
		return s, err
	}
	if err := checkRule(s.Rule); err != nil {
		return s, err
	}
	if _, known := tasks[s.Task]; !known && s.Revision == 0 {
		return s, fault.New(fault.Invalid, "There is no task %q; use the name of one that a worker brings.", shorten(s.Task)).In("task")
	}
	return s, b.checkCalendar(ctx, s.Calendar)
}

// forecast works out what clashes.
func (c *contest) forecast() job.ClashForecast {
	own, rivals := c.walk()
	f := job.ClashForecast{From: c.from, To: c.to, Clashes: []job.Clash{}}
	for _, one := range own {
		n := rivals.count(one)
		if n > 0 && len(f.Clashes) < mostClashes {
			f.Clashes = c.list(f.Clashes, one, rivals)
		}
		f.Count += n
	}
	if f.Count > 0 && !c.cut {
		f.Free = c.free(len(own), rivals)
	}
	f.Remarks = c.remarks
	return f
}

// list adds what one clashes with, as long as there is room.
func (c *contest) list(all []job.Clash, one stint, rivals field) []job.Clash {
	for other := range rivals.overlapping(one) {
		if len(all) == mostClashes {
			break
		}
		rival, zone := c.rivals[other.of], c.subject.zone
		both := min(one.end, other.end) - max(one.start, other.start)
		all = append(all, job.Clash{
			Due: time.UnixMilli(one.due).In(zone), Schedule: rival.Name, With: time.UnixMilli(other.due).In(zone),
			Resource: rival.resource, Overlap: job.Seconds(both) * job.Seconds(time.Millisecond),
		})
	}
	return all
}

func (c *contest) remark(parts ...string) {
	c.remarks = append(c.remarks, strings.Join(parts, ""))
}
