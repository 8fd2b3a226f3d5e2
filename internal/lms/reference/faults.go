package reference

import (
	"context"
	"maps"
	"sync/atomic"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A Call is one of the methods of a target.
type Call string

// The calls.
const (
	Check            Call = "Check"
	Users            Call = "Users"
	Courses          Call = "Courses"
	CreateUsers      Call = "CreateUsers"
	UpdateUsers      Call = "UpdateUsers"
	CreateCourses    Call = "CreateCourses"
	Enrol            Call = "Enrol"
	RemoveRoles      Call = "RemoveRoles"
	Unenrol          Call = "Unenrol"
	EnsureGroups     Call = "EnsureGroups"
	SetMembers       Call = "SetMembers"
	EnsureCohorts    Call = "EnsureCohorts"
	SetCohortMembers Call = "SetCohortMembers"
	Roster           Call = "Roster"
)

// Writes reports whether a call changes the platform.
func (c Call) Writes() bool {
	return c != Check && c != Users && c != Courses && c != Roster
}

// Faults are what goes wrong. The functions may be called from several
// goroutines at once; nil means never.
type Faults struct {
	Slow time.Duration // before each call is done

	// Down is asked before each call; its error is the call's, and nothing is
	// done.
	Down func(Call) error

	// Lose is asked after each call. The answer of those that it names is lost
	// though their work is done.
	Lose func(Call) bool

	// Refuse is asked for each item of a batch (a sis.User, a sis.Enrolment, …).
	// Its error is the item's.
	Refuse func(item any) error
}

// Unavailable is a [Faults.Down] that lets nothing through.
func Unavailable(Call) error {
	return &sis.Error{Code: "TGT_UNAVAILABLE", Message: "The LMS does not answer.", Temporary: true}
}

// Every returns a [Faults.Lose] for every nth call that writes.
func Every(n int64) func(Call) bool {
	var count atomic.Int64
	return func(c Call) bool { return c.Writes() && count.Add(1)%n == 0 }
}

// SetFaults replaces the faults. The zero Faults make the platform healthy.
func (t *Target) SetFaults(f Faults) {
	t.watch.Lock()
	defer t.watch.Unlock()
	t.faults = f
}

// Counts are how much was asked of a platform.
type Counts struct {
	Calls    map[Call]int // those included that failed
	Rows     int          // written, those included that were so already
	Overlaps int          // calls that wrote to a course while another did
}

// Writes returns how many calls wrote.
func (c Counts) Writes() (calls int) {
	for call, n := range c.Calls {
		if call.Writes() {
			calls += n
		}
	}
	return calls
}

// Counts returns what was asked since the platform was made, or the counts
// were reset.
func (t *Target) Counts() Counts {
	t.watch.Lock()
	defer t.watch.Unlock()
	counts := t.counts
	counts.Calls = maps.Clone(counts.Calls)
	return counts
}

// ResetCounts begins the counts anew.
func (t *Target) ResetCounts() {
	t.watch.Lock()
	defer t.watch.Unlock()
	t.counts = Counts{Calls: map[Call]int{}}
}

// A visit is one call that is under way.
type visit struct {
	*Target
	Faults
	call Call
}

// visit begins a call. Its error ends the call before anything is done.
func (t *Target) visit(ctx context.Context, call Call) (visit, error) {
	t.watch.Lock()
	v := visit{t, t.faults, call}
	t.counts.Calls[call]++
	t.watch.Unlock()
	if err := pause(ctx, v.Slow); err != nil {
		return v, err
	}
	if v.Down != nil {
		return v, v.Down(call)
	}
	return v, nil
}

// refusal returns what the faults say about an item.
func (v visit) refusal(item any) error {
	if v.Refuse == nil {
		return nil
	}
	return v.Refuse(item)
}

// end counts what was written. Its error is that the answer is lost.
func (v visit) end(written []sis.Written) error {
	rows := 0
	for _, w := range written {
		if w.Err == nil {
			rows++
		}
	}
	v.watch.Lock()
	v.counts.Rows += rows
	v.watch.Unlock()
	if v.Lose != nil && v.Lose(v.call) {
		return &sis.Error{Code: "TGT_TIMEOUT_UNKNOWN", Message: "The LMS did not answer in time.", Temporary: true}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	if d > 0 {
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
	}
	if err := ctx.Err(); err != nil {
		return &sis.Error{Code: "TGT_UNAVAILABLE", Message: "Stopped while waiting for the LMS.", Temporary: true, Err: err}
	}
	return nil
}

// enter notes to which courses a call writes, until release is called.
func enter[T any](t *Target, items []T, courseOf func(T) string) (release func()) {
	courses := map[string]bool{}
	for _, item := range items {
		if course := courseOf(item); course != "" {
			courses[course] = true
		}
	}
	t.occupy(courses, 1)
	return func() { t.occupy(courses, -1) }
}

func (t *Target) occupy(courses map[string]bool, change int) {
	t.watch.Lock()
	defer t.watch.Unlock()
	overlap := false
	for course := range courses {
		t.writing[course] += change
		overlap = overlap || change > 0 && t.writing[course] > 1
	}
	if overlap {
		t.counts.Overlaps++
	}
}
