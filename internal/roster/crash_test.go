package roster_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

var errCrash = errors.New("the process is gone")

// A fuse lets a number of calls pass; the next one is the process's last. It
// happens or it does not, and nothing comes back either way.
type fuse struct {
	left  int // negative: for ever
	after bool
	burnt bool
}

func (f *fuse) call(do func() error) error {
	if f.burnt {
		return errCrash
	}
	if f.left != 0 {
		f.left--
		return do()
	}
	f.burnt = true
	if f.after {
		_ = do()
	}
	return errCrash
}

// before and ending are call for a call of the target.
func (f *fuse) before() error {
	if !f.burnt && f.left == 0 && f.after {
		f.burnt = true
		return nil
	}
	return f.call(func() error { return nil })
}

func (f *fuse) ending() error {
	if f.burnt {
		return errCrash
	}
	return nil
}

// fused is the store of a process that may die at any call.
type fused struct {
	roster.Store
	fuse *fuse
}

func through[T any](f *fuse, do func() (T, error)) (got T, err error) {
	err = f.call(func() (err error) {
		got, err = do()
		return err
	})
	if errors.Is(err, errCrash) {
		got = *new(T)
	}
	return got, err
}

func (s fused) SISPull(ctx context.Context, name string, stream sis.Stream) (sync.Pull, error) {
	return through(s.fuse, func() (sync.Pull, error) { return s.Store.SISPull(ctx, name, stream) })
}

func (s fused) SISRows(ctx context.Context, name string, stream sis.Stream) ([]sync.Row, error) {
	return through(s.fuse, func() ([]sync.Row, error) { return s.Store.SISRows(ctx, name, stream) })
}

func (s fused) AbsorbSIS(ctx context.Context, d sync.Delta) error {
	return s.fuse.call(func() error { return s.Store.AbsorbSIS(ctx, d) })
}

func (s fused) EachSISOpenMessage(ctx context.Context, name string, stream sis.Stream, take func(sync.Message)) error {
	return s.fuse.call(func() error { return s.Store.EachSISOpenMessage(ctx, name, stream, take) })
}

func (s fused) SISSectionLinks(ctx context.Context, name string) (sync.Campus, error) {
	return through(s.fuse, func() (sync.Campus, error) { return s.Store.SISSectionLinks(ctx, name) })
}

func (s fused) SISCampus(ctx context.Context, name string) (sync.Campus, error) {
	return through(s.fuse, func() (sync.Campus, error) { return s.Store.SISCampus(ctx, name) })
}

func (s fused) PutSISLinks(ctx context.Context, name string, links []sync.Link) error {
	return s.fuse.call(func() error { return s.Store.PutSISLinks(ctx, name, links) })
}

func (s fused) PutSISPlan(ctx context.Context, d sync.Draft) error {
	return s.fuse.call(func() error { return s.Store.PutSISPlan(ctx, d) })
}

func (s fused) SendSISEffects(ctx context.Context, plan string, effects []sync.Effect) error {
	return s.fuse.call(func() error { return s.Store.SendSISEffects(ctx, plan, effects) })
}

func (s fused) SettleSIS(ctx context.Context, settlement sync.Settlement) error {
	return s.fuse.call(func() error { return s.Store.SettleSIS(ctx, settlement) })
}

func (s fused) MoveSISPlan(ctx context.Context, id string, state sync.PlanState) error {
	return s.fuse.call(func() error { return s.Store.MoveSISPlan(ctx, id, state) })
}

// A world is a campus that changes, and a process that dies.
type world struct {
	*campus
	*rapid.T
	lms  *fakeLMS
	fuse *fuse
	next int
}

func newWorld(t *rapid.T, c *campus) *world {
	w := &world{campus: c, T: t, fuse: &fuse{left: -1}, lms: newLMS(sis.Course{Shortname: "ORIENT"})}
	c.sis = newSIS(term("fall", "2026-09-01", "2027-01-15"), term("spring", "2027-02-01", "2027-06-30"),
		class("s1", "ALG", "fall"), class("s2", "GEO", "fall"), class("s3", "ALG", "spring"), teacher("tom"),
		student("keeper"), registration("keeper", "s2", "keeper")) // an empty file drops nobody
	c.source, c.lms = c.sis, w.lms
	c.store = fused{c.ledger, w.fuse}
	w.lms.before, w.lms.after = w.fuse.before, w.fuse.ending
	return w
}

// change lets the SIS change something.
func (w *world) change() {
	w.next++
	id := fmt.Sprintf("r%d", w.next)
	person := fmt.Sprintf("p%d", rapid.IntRange(1, 5).Draw(w.T, "person"))
	section := fmt.Sprintf("s%d", rapid.IntRange(1, 4).Draw(w.T, "section"))
	ofPlace := func(r sis.Record) bool {
		return r.Registration.Person == person && r.Registration.Section == section
	}
	regs := w.sis.records[sis.Registrations]
	switch rapid.SampledFrom([]string{"add", "add", "remove", "delete", "move", "rename", "open"}).Draw(w.T, "change") {
	case "add":
		if !w.has(sis.Persons, person) {
			w.sis.add(student(person))
		}
		regs = slices.DeleteFunc(slices.Clone(regs), ofPlace)
		w.sis.records[sis.Registrations] = regs
		w.sis.add(registration(id, section, person))
	case "remove":
		w.sis.records[sis.Registrations] = slices.DeleteFunc(slices.Clone(regs), ofPlace)
	case "delete":
		for i := range regs {
			regs[i].Deleted = regs[i].Deleted || ofPlace(regs[i])
		}
	case "move":
		for i := range regs {
			if ofPlace(regs[i]) {
				moved := *regs[i].Registration
				moved.End = sis.Date{Year: 2027, Month: 7, Day: 1 + w.next%28}
				regs[i].Registration = &moved
			}
		}
	case "rename":
		w.sis.edit(sis.Persons, person, func(r *sis.Record) {
			renamed := *r.Person
			renamed.Family = fmt.Sprintf("Family %d", w.next)
			r.Person = &renamed
		})
	case "open":
		if !w.has(sis.Sections, "s4") {
			w.sis.add(class("s4", "ART", "spring"))
		}
	}
}

func (w *world) has(stream sis.Stream, key string) bool {
	return slices.ContainsFunc(w.sis.records[stream], func(r sis.Record) bool { return r.Key == key })
}

// runOnce runs the chain. A job whose process dies is attempted again, or its
// chain is given up.
func (w *world) runOnce(crashes bool) {
	w.sis.snapshot++
	raw, _ := json.Marshal(roster.Args{Sync: w.sync.Name, AllowDrops: 1000})
	o := outcome{progress: map[string]tasks.Progress{}}
	id := w.jobID()
	for waiting := []tasks.SinkRequest{{Task: roster.TermsPull, Args: raw}}; len(waiting) > 0; {
		*w.fuse = fuse{left: -1}
		if crashes && rapid.Bool().Draw(w.T, "crash") {
			*w.fuse = fuse{left: rapid.IntRange(0, 9).Draw(w.T, "calls"), after: rapid.Bool().Draw(w.T, "after")}
		}
		then, err := w.attempt(id, waiting[0], &o)
		switch {
		case err == nil:
			waiting, id = append(waiting[1:], then...), w.jobID()
		case !errors.Is(err, errCrash):
			w.Fatalf("%s: %v", waiting[0].Task, err)
		case rapid.IntRange(0, 3).Draw(w.T, "give up") == 0:
			return
		}
	}
}

// want is what the LMS must hold for what the SIS says now.
func (w *world) want() map[string]bool {
	want := map[string]bool{}
	for _, r := range w.sis.records[sis.Registrations] {
		g := r.Registration
		if r.Deleted || !w.has(sis.Sections, g.Section) {
			continue
		}
		end := date("2027-01-15")
		start := date("2026-09-01")
		if g.Section == "s3" || g.Section == "s4" {
			start, end = date("2027-02-01"), date("2027-06-30")
		}
		if !g.End.IsZero() {
			end = g.End
		}
		want[fmt.Sprintf("%s %s %s %s", g.Section, g.Person, start, end)] = true
	}
	return want
}

// active is what the LMS holds, less what is suspended.
func (w *world) active() map[string]bool {
	active := map[string]bool{}
	for _, e := range w.lms.places {
		course := w.lms.courses[slices.IndexFunc(w.lms.courses, func(c sis.Course) bool { return c.ID == e.Course })]
		user := w.lms.users[slices.IndexFunc(w.lms.users, func(u sis.User) bool { return u.ID == e.User })]
		if course.Shortname != "ORIENT" && !e.Suspended {
			active[fmt.Sprintf("%s %s %s %s", course.Key, user.Key, e.Start.In(madrid).Format("2006-01-02"), e.End.In(madrid).Format("2006-01-02"))] = true
		}
	}
	return active
}

func (w *world) check() {
	if diff := cmp.Diff(w.want(), w.active()); diff != "" {
		w.Errorf("enrolments in force (-want +got):\n%s", diff)
	}
	for _, u := range w.lms.users {
		for _, r := range w.sis.records[sis.Persons] {
			if r.Key == u.Key && r.Person.Family != u.Family {
				w.Errorf("%s is called %q, and %q in the LMS", u.Key, r.Person.Family, u.Family)
			}
		}
	}
	for line := range w.active() {
		person := strings.Fields(line)[1]
		if !contains(w.lms.roster(), "ORIENT "+person+" student") {
			w.Errorf("%s was not oriented", person)
		}
	}
	w.lms.writes = 0
	w.runOnce(false)
	if w.lms.writes != 0 {
		w.Errorf("a further run made %d write calls", w.lms.writes)
	}
}

func TestWhateverChangesAndWheneverProcessesDieTheLMSEndsUpRight(t *testing.T) {
	t.Parallel()
	c := newCampus(t, newSIS(), newLMS(), func(s *sync.Sync) { s.OrientationCourse = "ORIENT" })
	worlds := 0
	rapid.Check(t, func(rt *rapid.T) {
		worlds++
		c.sync.Name = fmt.Sprintf("world-%d", worlds)
		c.batch = rapid.SampledFrom([]int{0, 2}).Draw(rt, "batch") // with two, plans are written in shards
		w := newWorld(rt, c)
		for range rapid.IntRange(1, 3).Draw(rt, "rounds") {
			for range rapid.IntRange(0, 5).Draw(rt, "changes") {
				w.change()
			}
			w.runOnce(true)
		}
		w.runOnce(false)
		w.check()
	})
}
