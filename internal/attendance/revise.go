package attendance

import (
	"fmt"
	"maps"
	"slices"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A classDay is a class on a day: its students with what they did.
type classDay struct {
	sync.AttendanceClass
	rows   []revision
	posted int // people of whom minutes are posted
}

// A revision is a person's day as it was kept, and as it is now.
type revision struct {
	was   sync.Attendance
	known bool // that it was kept
	now   Day
}

// classDay puts together what is known of a class on a day. Who did nothing is
// in it where something is kept of the day, or absences are posted.
func (c *collection) classDay(of class, day sis.Date, days map[sync.AttendancePlace]Day) classDay {
	d := classDay{AttendanceClass: sync.AttendanceClass{Section: of.key, Day: day, Students: of.registered(day)}}
	for _, person := range slices.Sorted(maps.Keys(of.students)) {
		place := sync.AttendancePlace{Section: of.key, Person: person, Day: day}
		was, known := c.known[place]
		now, active := days[place]
		if now.Minutes > 0 {
			d.Attended++
		}
		if known && was.Posted != nil && *was.Posted > 0 {
			d.posted++
		}
		if !active {
			now = Day{Section: of.key, Day: day, Zone: of.zone.String()}
		}
		if active || known || c.sync.Absences && of.students[person].holds(day) {
			was.AttendancePlace = place
			d.rows = append(d.rows, revision{was, known, now})
		}
	}
	return d
}

// settle keeps a class's day. Where the whole sync is held, the class is not
// looked at by itself.
func (c *collection) settle(d classDay, whole *sync.AttendanceHold) {
	hold := whole
	if hold == nil {
		hold = c.holdClass(d)
	}
	for _, r := range d.rows {
		if next := c.revise(r, hold); !r.known || next != r.was {
			next.Changed = c.now
			c.out.Days = append(c.out.Days, next)
		}
	}
}

// holdClass looks at a class's day, and returns the hold that is in force.
// There is none where a person has released the day of the whole sync.
func (c *collection) holdClass(d classDay) *sync.AttendanceHold {
	if whole, ok := c.holds[at{d.Day, ""}]; ok && !whole.Open() {
		return nil
	}
	if why := c.past.unusual(d.AttendanceClass, d.posted); why != "" {
		return c.hold(d.AttendanceClass, sync.BrakeAttendance, why)
	}
	if late := c.late(d); late > 0 && c.sync.final(d.Day, c.now) {
		return c.hold(d.AttendanceClass, sync.AttFinalised,
			fmt.Sprintf("Attendance of %d students would change on a day that is over for %d days: it was final.", late, c.sync.finality()))
	}
	c.lift(d.AttendanceClass)
	return nil
}

// late counts the people whose day the sink does not have as it is.
func (c *collection) late(d classDay) (n int) {
	for _, r := range d.rows {
		if c.toPost(r.was.Posted, r.now.Minutes) {
			n++
		}
	}
	return n
}

// toPost reports whether minutes are to be posted where others were, or none.
func (c *collection) toPost(posted *int, minutes int) bool {
	if posted == nil {
		return minutes >= c.sync.least()
	}
	return *posted != minutes
}

// revise returns a person's day as it is to be kept. What the SIS decided, and
// what nobody knows the outcome of, stays so.
func (c *collection) revise(r revision, hold *sync.AttendanceHold) sync.Attendance {
	next := r.was
	next.Zone, next.Minutes, next.Digest = r.now.Zone, r.now.Minutes, r.now.Digest
	switch {
	case r.was.State == sync.AttConflict || r.was.State == sync.AttUnknown:
	case r.was.State == sync.AttRefused && next.Minutes == r.was.Minutes:
	case !c.toPost(next.Posted, next.Minutes):
		next.State = sync.AttComputed
		if next.Posted != nil {
			next.State = sync.AttPosted
		}
		explain(&next, r.now)
	case hold != nil:
		next.State, next.Code, next.Message = sync.AttHeld, hold.Code, hold.Reason
	default:
		next.State = sync.AttComputed
		explain(&next, r.now)
	}
	return next
}

// explain says what is odd about a day. That somebody was dropped after a post
// is not forgotten.
func explain(a *sync.Attendance, d Day) {
	switch {
	case a.Code == sync.AttFeedback:
	case d.Outside:
		a.Code, a.Message = sync.AttOutside, "There is activity on this day, and the student was not registered in the section then: it does not count."
	case d.Capped:
		a.Code, a.Message = sync.AttCapped, "There was more activity than a day may have: the minutes are what it may have."
	default:
		a.Code, a.Message = "", ""
	}
}
