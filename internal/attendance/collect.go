package attendance

import (
	"context"
	"errors"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// collect computes the days that a job is about, holds what is odd, and keeps
// what has changed.
func collect(ctx context.Context, s *step) error {
	campus, err := s.store.SISCampus(ctx, s.sync.Name)
	if err != nil {
		return err
	}
	c := &collection{step: s, classes: classesOf(campus, s.sync), users: map[string]string{}, did: map[string][]sis.Activity{}, unread: map[string]bool{}}
	for person, link := range campus.People {
		c.users[link.User] = person
	}
	if err := c.read(ctx); err != nil {
		return err
	}
	if err := c.compute(ctx); err != nil {
		return err
	}
	return s.store.CollectAttendance(ctx, c.out)
}

// A collection is attendance while it is collected.
type collection struct {
	*step
	classes []class
	users   map[string]string // persons by the target's ids

	did    map[string][]sis.Activity // by person
	unread map[string]bool           // courses of which nothing is known
	silent map[sis.Date]bool         // days of which the platform has nothing at all

	known map[sync.AttendancePlace]sync.Attendance // as it was kept before
	holds map[at]sync.AttendanceHold
	past  *past
	out   sync.Collected
}

// read reads what people did in the courses of all classes, a little beyond
// the days, for sessions begin before midnight.
func (c *collection) read(ctx context.Context) error {
	read := map[string]bool{}
	for i, class := range c.classes {
		c.Progress(tasks.Progress{Stage: "courses", Done: int64(i), Total: int64(len(c.classes))})
		if read[class.course] {
			continue
		}
		read[class.course] = true
		if err := c.readCourse(ctx, class); err != nil {
			return err
		}
	}
	c.silent = map[sis.Date]bool{}
	for day := c.from; !c.to.Before(day); day = day.Add(1) {
		alive, err := c.sync.Activity.Alive(ctx, day.In(c.sync.Location()), day.Add(1).In(c.sync.Location()))
		if err != nil {
			return unreachable("Activity could not be read", err)
		}
		c.silent[day] = !alive
	}
	return nil
}

// widest is more than zones of sections of one course differ by.
const widest = 26 * time.Hour

func (c *collection) readCourse(ctx context.Context, of class) error {
	gap := c.sync.Rules.filled().Gap
	from, to := c.from.In(time.UTC).Add(-widest-gap), c.to.Add(1).In(time.UTC).Add(widest+gap)
	err := c.sync.Activity.Activities(ctx, of.course, from, to, func(a sis.Activity) error {
		if person := c.users[a.User]; person != "" && c.sync.Rules.Counts(a.Event) {
			c.did[person] = append(c.did[person], a)
		}
		return ctx.Err()
	})
	if said, ok := errors.AsType[*sis.Error](err); ok && said.Code == "COURSE_GONE" {
		c.unread[of.course] = true
		c.Error(of.key, said.Code, "The course of this section is gone from the LMS: its attendance stays as it is.")
		return nil
	}
	return unreachable("Activity could not be read", err)
}

// compute fills in what is to be kept.
func (c *collection) compute(ctx context.Context) (err error) {
	c.out = sync.Collected{Sync: c.sync.Name, At: c.now}
	if err := c.recall(ctx); err != nil {
		return err
	}
	days := c.days()
	for day := c.from; !c.to.Before(day); day = day.Add(1) {
		c.day(day, days)
	}
	c.Log.Info("attendance collected", "from", c.from.String(), "to", c.to.String(), "changed", len(c.out.Days), "held", len(c.out.Holds))
	return nil
}

// recall reads what was known before.
func (c *collection) recall(ctx context.Context) error {
	rows, err := c.store.Attendance(ctx, sync.AttendanceFilter{Sync: c.sync.Name, From: c.from, To: c.to})
	if err != nil {
		return err
	}
	c.known = make(map[sync.AttendancePlace]sync.Attendance, len(rows))
	for _, a := range rows {
		c.known[a.AttendancePlace] = a
	}
	since := c.from.Add(-c.sync.Brake.days())
	holds, err := c.store.AttendanceHolds(ctx, c.sync.Name, since, c.to)
	if err != nil {
		return err
	}
	c.holds = make(map[at]sync.AttendanceHold, len(holds))
	for _, h := range holds {
		c.holds[at{h.Day, h.Section}] = h
	}
	classes, err := c.store.AttendanceClasses(ctx, c.sync.Name, since, c.to)
	c.past = pastOf(classes, c.holds, c.sync.Brake)
	return err
}

// days returns the minutes of everybody.
func (c *collection) days() map[sync.AttendancePlace]Day {
	places := map[string][]Place{}
	for _, class := range c.classes {
		for person, p := range class.students {
			places[person] = append(places[person], p)
		}
	}
	all := map[sync.AttendancePlace]Day{}
	for person, did := range c.did {
		for _, d := range c.sync.Rules.Days(places[person], did) {
			all[sync.AttendancePlace{Section: d.Section, Person: person, Day: d.Day}] = d
		}
	}
	return all
}

// day computes a day of all classes. Of a day on which the platform was silent
// nothing is known, and nothing is changed, unless a person says that nobody
// did anything.
func (c *collection) day(day sis.Date, days map[sync.AttendancePlace]Day) {
	var classes []classDay
	total := sync.AttendanceClass{Day: day}
	for _, one := range c.classes {
		if c.unread[one.course] {
			continue
		}
		d := c.classDay(one, day, days)
		if d.Students == 0 && len(d.rows) == 0 {
			continue
		}
		classes = append(classes, d)
		total.Students += d.Students
		total.Attended += d.Attended
	}
	if len(classes) == 0 {
		return
	}
	whole, stop := c.holdWhole(day, total, classes)
	if stop {
		return
	}
	c.out.Classes = append(c.out.Classes, total)
	for _, d := range classes {
		c.out.Classes = append(c.out.Classes, d.AttendanceClass)
		c.settle(d, whole)
	}
}
