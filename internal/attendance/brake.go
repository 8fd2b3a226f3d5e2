package attendance

import (
	"fmt"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A Brake says when far fewer people attended than usual. The zero Brake has
// the defaults.
type Brake struct {
	Percent int // held where more than so many percent fewer attended; 0: 50
	Above   int // where fewer than so many would be missing, it is not unusual; 0: 5
	Weeks   int // before the day, that are looked at; 0: 4
}

func (b Brake) filled() Brake {
	orElse(&b.Percent, 50)
	orElse(&b.Above, 5)
	orElse(&b.Weeks, 4)
	return b
}

func (b Brake) days() int { return 7 * b.filled().Weeks }

// holds reports whether it is unusual that so many attended where others would
// have been expected.
func (b Brake) holds(attended, expected int) bool {
	b = b.filled()
	return expected-attended >= b.Above && (expected-attended)*100 > b.Percent*expected
}

// past is how many attended on days before, by section; the empty section is
// the whole sync.
type past struct {
	Brake
	classes map[string]map[sis.Date]sync.AttendanceClass
}

// pastOf leaves out days that are held: what is doubtful is no measure.
func pastOf(classes []sync.AttendanceClass, holds map[at]sync.AttendanceHold, b Brake) *past {
	p := &past{b.filled(), map[string]map[sis.Date]sync.AttendanceClass{}}
	for _, c := range classes {
		own, whole := holds[at{c.Day, c.Section}], holds[at{c.Day, ""}]
		if c.Students == 0 || own.Code != "" && own.Open() || whole.Code != "" && whole.Open() {
			continue
		}
		if p.classes[c.Section] == nil {
			p.classes[c.Section] = map[sis.Date]sync.AttendanceClass{}
		}
		p.classes[c.Section][c.Day] = c
	}
	return p
}

// usual returns how many of a class would be expected to attend, by the same
// weekday of the weeks before, of which there must be two at least.
func (p *past) usual(c sync.AttendanceClass) int {
	students, attended, weeks := 0, 0, 0
	for week := 1; week <= p.Weeks; week++ {
		if was, ok := p.classes[c.Section][c.Day.Add(-7*week)]; ok {
			students += was.Students
			attended += was.Attended
			weeks++
		}
	}
	if weeks < 2 {
		return 0
	}
	return attended * c.Students / students
}

// unusual returns why a class's day is held, or nothing. What was posted of
// the day already is expected again.
func (p *past) unusual(c sync.AttendanceClass, posted int) string {
	switch usual := p.usual(c); {
	case p.holds(c.Attended, usual):
		return fmt.Sprintf("%d of %d students attended, where %d would be usual by the weeks before.", c.Attended, c.Students, usual)
	case p.holds(c.Attended, posted):
		return fmt.Sprintf("%d of %d students attended, and attendance of %d is posted already.", c.Attended, c.Students, posted)
	}
	return ""
}

// holdWhole looks at a day of the whole sync. It returns the hold that is in
// force, if any, and whether the day is to be left as it is.
func (c *collection) holdWhole(day sis.Date, total sync.AttendanceClass, classes []classDay) (hold *sync.AttendanceHold, stop bool) {
	if c.silent[day] {
		hold = c.hold(total, sync.BrakeAttendance, "There is no activity of anybody on the whole platform on this day: the log was not collected, or nobody was there.")
		return hold, hold != nil
	}
	posted := 0
	for _, d := range classes {
		posted += d.posted
	}
	if why := c.past.unusual(total, posted); why != "" {
		return c.hold(total, sync.BrakeAttendance, why), false
	}
	c.lift(total)
	return nil, false
}

// hold returns the hold of a class's day: a new one, or the one that there is.
// There is none once a person has released it, unless even fewer attended.
func (c *collection) hold(class sync.AttendanceClass, code, reason string) *sync.AttendanceHold {
	was, ok := c.holds[at{class.Day, class.Section}]
	if ok && !was.Open() && class.Attended >= was.Attended {
		return nil
	}
	h := sync.AttendanceHold{AttendanceClass: class, Code: code, Reason: reason, Made: c.now}
	if ok && was.Open() && was.AttendanceClass == class && was.Code == code {
		return &was
	}
	c.out.Holds = append(c.out.Holds, h)
	c.Error(holdKey(h), code, reason)
	return &h
}

func holdKey(h sync.AttendanceHold) string {
	if h.Section == "" {
		return h.Day.String()
	}
	return h.Section + "|" + h.Day.String()
}

// lift ends an open hold whose reason is gone.
func (c *collection) lift(class sync.AttendanceClass) {
	if was, ok := c.holds[at{class.Day, class.Section}]; ok && was.Open() {
		c.out.Lifted = append(c.out.Lifted, was)
	}
}
