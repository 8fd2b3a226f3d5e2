package sistest

import (
	"slices"
	"testing"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A Maker starts fakes of the system that a connector speaks to. Make is
// required; the zero value of the rest is a source that always sends
// everything and that nothing can befall.
type Maker struct {
	// Make starts a system that holds a campus, with one thing that goes wrong
	// with it, and a source that reads it. It is called once for each test, and
	// stops what it has started in t.Cleanup.
	Make func(t testing.TB, holds Campus, goesWrong Fault) System

	// Faults are those that can befall the system. Others are not asked for.
	Faults []Fault

	// Carries returns what of a campus the source can send, for a system that
	// keeps less than the vocabulary can say. Nil: all of it.
	Carries func(Campus) Campus

	// Queue says that the source sends each message until it is acknowledged,
	// and that what is not there is therefore not gone: no pull is complete.
	Queue bool
}

// A System is a fake, and a source that reads it.
type System struct {
	Source sis.Source

	// Replace makes the system hold another campus, at once and in full. Nil: it
	// cannot, and cursors are not tested.
	Replace func(Campus)
}

// A Fault is one thing that goes wrong with a system while it is read.
type Fault string

// Nothing goes wrong.
const Nothing Fault = ""

// Faults that cost nothing: all rows come all the same, each once, and a pull
// of everything is complete.
const (
	// SmallPages: at most seven rows are sent at once, whatever is asked for.
	SmallPages Fault = "small pages"
	// EmptyLastPage: the rows fill all pages to the last place (pages of five).
	EmptyLastPage Fault = "empty last page"
	// NoTotals: the system does not say how many rows there are.
	NoTotals Fault = "no totals"
	// TokenExpires: after the third answer the token is no longer good, and a new
	// one is.
	TokenExpires Fault = "token expires"
	// RateLimited: one answer is "too many requests", with a time to wait.
	RateLimited Fault = "rate limited"
	// Unavailable: one answer is "unavailable", with a time to wait.
	Unavailable Fault = "unavailable"
	// CutOnce: one answer ends in the middle, and is whole the next time.
	CutOnce Fault = "cut once"
	// DatesOutOfOrder: rows that were changed later do not come later.
	DatesOutOfOrder Fault = "dates out of order"
	// ClockAhead: the system's clock is two hours ahead.
	ClockAhead Fault = "clock ahead"
	// ClockBehind: the system's clock is two hours behind.
	ClockBehind Fault = "clock behind"
)

// Faults that cost something, as their comments say.
const (
	// BadRow: the row of Persons[3] cannot be read. It is a problem; the others
	// come.
	BadRow Fault = "bad row"
	// RowInserted: after the first page of persons, [Latecomer] is there, before
	// all others. All others come, each once.
	RowInserted Fault = "row inserted while paging"
	// RowDeleted: after the first page of persons, Persons[0] is gone. All others
	// come, each once.
	RowDeleted Fault = "row deleted while paging"
	// WrongTotal: the system says that there are more rows than it sends. All
	// come; the pull is not complete.
	WrongTotal Fault = "wrong total"
)

// Faults that end each pull with an error, or already the question for a
// snapshot.
const (
	// Cut: what is read ends in the middle, each time.
	Cut Fault = "cut"
	// Down: nothing answers, or nothing is there. It may be later.
	Down Fault = "down"
	// Busy: every answer is "too many requests".
	Busy Fault = "busy"
	// Refused: the credentials are wrong.
	Refused Fault = "refused"
	// Forbidden: the credentials are good for something else.
	Forbidden Fault = "forbidden"
)

// An outcome is how a pull ends that a fault makes impossible.
type outcome struct {
	codes     []string
	temporary bool
}

var fatal = map[Fault]outcome{
	Cut:       {[]string{"SRC_UNAVAILABLE", "SRC_SCHEMA"}, true}, // a file that was cut long ago is for good
	Down:      {[]string{"SRC_UNAVAILABLE"}, true},
	Busy:      {[]string{"SRC_RATE_LIMITED"}, true},
	Refused:   {[]string{"SRC_AUTH"}, false},
	Forbidden: {[]string{"SRC_SCOPE"}, false},
}

var harmless = []Fault{
	SmallPages, EmptyLastPage, NoTotals, TokenExpires, RateLimited, Unavailable, CutOnce, DatesOutOfOrder, ClockAhead, ClockBehind,
}

func (m Maker) can(f Fault) bool { return f == Nothing || slices.Contains(m.Faults, f) }

// start makes a system that may do with its campus what it likes.
func (m Maker) start(t testing.TB, holds Campus, goesWrong Fault) System {
	return m.Make(t, holds.clone(), goesWrong)
}

func (m Maker) carried(c Campus) Campus {
	if m.Carries == nil {
		return c
	}
	return m.Carries(c.clone())
}
