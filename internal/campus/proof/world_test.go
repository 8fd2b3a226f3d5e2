package proof_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/campus/oracle"
	"github.com/beadle-jobs/beadle/internal/campus/university"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/lms/reference"
	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

const orientation = "ORIENT"

// A world is a university, the platform that it is brought into, and a process
// that dies.
type world struct {
	dice     *rand.Rand
	ledger   *ledger.Ledger
	state    *university.State
	source   *feed
	lms      *reference.Target
	sync     sync.Sync
	registry *tasks.Registry
	fuse     *fuse
	jobs     int
	limit    map[string]int           // drops that the last round may have made, by term
	took     map[string]time.Duration // by task
}

func newWorld(l *ledger.Ledger, o university.Options) *world {
	u := university.New(o)
	timeline := u.Timeline()
	w := &world{
		dice: rand.New(rand.NewPCG(o.Seed, 1)), ledger: l, state: u.After(timeline, 0), lms: reference.New(), fuse: &fuse{}, took: map[string]time.Duration{},
		sync: sync.Sync{
			Name: fmt.Sprintf("%s-%d", o.Size.Name, o.Seed), Client: "default", Source: "sis", Target: "lms", CreateCourses: true, Provider: university.Ours,
			OrientationCourse: orientation, Zone: newYork, AsOf: u.Day(0),
		},
	}
	w.source = &feed{dice: w.dice, fuse: w.fuse}
	if w.dice.IntN(2) == 0 {
		w.source.deltas = map[string]university.Campus{}
	}
	w.registry = tasks.NewRegistry(roster.New(roster.Config{
		Store: frail{l, w.fuse}, Sources: map[string]sis.Source{"sis": w.source}, Targets: map[string]sis.Target{"lms": w.lms},
		Syncs: []sync.Sync{w.sync}, Log: slog.New(slog.DiscardHandler),
	})...)
	w.lms.AddCourse(sis.Course{Key: orientation, Shortname: orientation, Fullname: "Orientation"})
	w.lms.SetFaults(reference.Faults{Down: w.fuse.down, Lose: w.fuse.lose})
	return w
}

var newYork = func() *time.Location {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	return zone
}()

// crossList makes a course for each group of cross-listed sections, and links
// them to it by hand.
func (w *world) crossList(ctx context.Context) error {
	w.source.campus = w.state.Campus()
	if err := w.run(ctx, roster.TermsPull, roster.Args{Sync: w.sync.Name, DryRun: true}, false); err != nil {
		return err
	}
	for _, s := range w.source.campus.Sections {
		course := w.state.Courses()[s.Key]
		if course == s.Key {
			continue
		}
		for _, section := range []string{course, s.Key} {
			if err := w.link(ctx, section, course); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *world) link(ctx context.Context, section, course string) error {
	if found, _ := w.lms.Courses(ctx, sis.CourseByKey, []string{course}); len(found) == 0 {
		w.lms.AddCourse(sis.Course{Key: course, Shortname: "X " + course, Fullname: course})
	}
	return w.run(ctx, roster.LinkSection, roster.LinkArgs{Sync: w.sync.Name, Section: section, Course: course}, false)
}

// approved lets any number of drops through.
func (w *world) approved() roster.Args {
	return roster.Args{Sync: w.sync.Name, AllowDrops: 1 << 30}
}

// round lets things happen, and runs the sync on what the student information
// system sends, while its process dies.
func (w *world) round(ctx context.Context, events int) error {
	before := w.state.Campus()
	w.state.Advance(events)
	w.source.campus, w.source.half = w.state.Campus(), w.source.deltas == nil && w.dice.IntN(8) == 0
	if w.dice.IntN(5) == 0 {
		w.source.campus = before
	}
	args := w.approved()
	unapproved := w.dice.IntN(3) > 0
	if unapproved {
		args.AllowDrops = 0
	}
	was := w.inForce()
	if err := w.run(ctx, roster.TermsPull, args, true); err != nil {
		return err
	}
	if err := w.braked(was, unapproved); err != nil || w.dice.IntN(3) > 0 {
		return err
	}
	_, err := w.approve(ctx, true)
	w.limit = map[string]int{}
	return err
}

// braked reports drops that nobody approved and that the brakes ought to have
// held. What the round before has dropped may have been unknown to the sync.
func (w *world) braked(was map[string]bool, unapproved bool) error {
	is, of, dropped := w.inForce(), map[string]int{}, map[string]int{}
	for place := range was {
		course := strings.TrimSuffix(place, "-R1")
		term := course[strings.LastIndex(course, "-")+1:]
		of[term]++
		if !is[place] {
			dropped[term]++
		}
	}
	var wrong error
	for term, n := range dropped {
		if most := max(10, (of[term]+w.limit[term])/20); unapproved && n > most {
			wrong = errors.Join(wrong, fmt.Errorf("%d of %d places of term %s were dropped, and nobody had approved more than %d", n, of[term], term, most))
		}
	}
	w.limit = dropped
	return wrong
}

// inForce returns the places in force, each as person, role and course.
func (w *world) inForce() map[string]bool {
	all := map[string]bool{}
	for at, stay := range w.found().Seats {
		for _, role := range stay.Roles {
			all[at.Person+" "+string(role)+" "+at.Course] = true
		}
	}
	return all
}

// found returns what the platform holds.
func (w *world) found() oracle.Found {
	state := w.lms.State()
	keys := keysOf(state.Courses)
	f := oracle.Found{Accounts: state.Users, Seats: map[oracle.Seat]oracle.Stay{}}
	for _, p := range state.Places {
		if !p.Suspended {
			f.Seats[oracle.Seat{Person: p.User, Course: keys[p.Course]}] = oracle.Stay{Roles: p.Roles, Start: p.Start, End: p.End}
		}
	}
	return f
}

// keysOf returns the keys of courses by their short names. Where a section had
// no course before its id changed, the course that it got then is the one.
func keysOf(courses []sis.Course) map[string]string {
	there, keys := map[string]bool{}, map[string]string{}
	for _, c := range courses {
		there[c.Key] = true
	}
	for _, c := range courses {
		keys[c.Shortname] = c.Key
		if first, changed := strings.CutSuffix(c.Key, "-R1"); changed && !there[first] {
			keys[c.Shortname] = first
		}
	}
	return keys
}

// drain runs the sync in peace, and with every approval, until it writes
// nothing more.
func (w *world) drain(ctx context.Context) error {
	w.source.campus, w.source.half = w.state.Campus(), false
	for range 5 {
		w.lms.ResetCounts()
		if err := w.run(ctx, roster.TermsPull, roster.Args{Sync: w.sync.Name}, false); err != nil {
			return err
		}
		waited, err := w.approve(ctx, false)
		if err != nil {
			return err
		}
		asked, err := w.answer(ctx)
		if err != nil || !asked && !waited && w.lms.Counts().Writes() == 0 {
			return err
		}
	}
	return errors.New("the sync still writes after five quiet rounds")
}

// approve has a person approve what the newest plan holds, so that its run goes
// on, and reports whether anything waited for that.
func (w *world) approve(ctx context.Context, crashes bool) (waited bool, err error) {
	p, err := w.ledger.SISPlan(ctx, w.sync.Name, "")
	if err != nil || len(p.Waits()) == 0 || p.State == sync.PlanDraft {
		return false, err
	}
	for _, h := range p.Waits() {
		if h.Code == sync.RekeySuspectedCode {
			continue // see answer
		}
		waited = true
		_, err = w.ledger.DecideSIS(ctx, sync.Ruling{
			Sync: w.sync.Name, Plan: p.ID, Hold: h.ID, Choice: sync.Approve, By: "registrar", Reason: "it is as it ought to be", At: time.Now(),
		})
		if err != nil {
			return true, err
		}
	}
	if !waited {
		return false, nil
	}
	return true, w.run(ctx, roster.RegistrationsProcess, roster.Args{Sync: w.sync.Name, Run: p.Run, Plan: p.ID}, crashes)
}

// answer says truthfully whether new sections and persons are old ones under
// another key, and reports whether that was asked.
func (w *world) answer(ctx context.Context) (asked bool, err error) {
	campus, err := w.ledger.SISCampus(ctx, w.sync.Name)
	if err != nil {
		return false, err
	}
	courses := w.state.Courses()
	for _, k := range campus.Rekeys {
		if k.State != sync.RekeySuspected {
			continue
		}
		asked = true
		same := k.Stream == sis.Sections && strings.HasPrefix(k.New, k.Old) && courses[k.New] != ""
		args := roster.RekeyArgs{Sync: w.sync.Name, Stream: k.Stream, New: []string{k.New}, Refuse: !same}
		if err := w.run(ctx, roster.Rekey, args, false); err != nil {
			return asked, err
		}
	}
	return asked, nil
}

// judge compares the platform with what the oracle says.
func (w *world) judge() error {
	c := w.state.Campus()
	want := oracle.Desire(oracle.Truth{
		Terms: c.Terms, Persons: c.Persons, Sections: c.Sections, Registrations: c.Registrations,
		Courses: w.state.Courses(), Provider: university.Ours, Zone: newYork, Orientation: orientation,
	})
	found := w.found()
	for at := range found.Seats {
		if _, wanted := want.Seats[at]; at.Course == orientation && !wanted {
			delete(found.Seats, at) // whoever was oriented once stays so
		}
	}
	if wrong := want.Judge(found); len(wrong) > 0 {
		return fmt.Errorf("%d things are wrong:\n%s", len(wrong), strings.Join(wrong[:min(len(wrong), 12)], "\n"))
	}
	return nil
}

// run makes attempts at a job and at those that it enqueues until they have
// succeeded. With crashes, they die now and then, and are attempted again or
// given up with all that would have followed.
func (w *world) run(ctx context.Context, task string, args any, crashes bool) error {
	raw, err := json.Marshal(args)
	if err != nil {
		return err
	}
	waiting := []job{w.job(tasks.SinkRequest{Task: task, Args: raw})}
	for len(waiting) > 0 {
		j := waiting[0]
		if crashes {
			w.fuse.set(w.dice)
		}
		s := &sink{}
		err := w.attempt(ctx, j, s)
		died := w.fuse.clear()
		switch {
		case err == nil:
			waiting = waiting[1:]
			for _, r := range s.requests {
				waiting = append(waiting, w.job(r))
			}
		case !died:
			return fmt.Errorf("%s: %w", j.Task, err)
		case w.dice.IntN(4) == 0:
			return nil
		}
	}
	return nil
}

// A job is a request with its id.
type job struct {
	id string
	tasks.SinkRequest
}

func (w *world) job(r tasks.SinkRequest) job {
	w.jobs++
	return job{fmt.Sprintf("%s-job-%06d", w.sync.Name, w.jobs), r}
}

func (w *world) attempt(ctx context.Context, j job, s *sink) error {
	task, ok := w.registry.Lookup(j.Task)
	if !ok {
		return fmt.Errorf("there is no task %s", j.Task)
	}
	from := time.Now()
	defer func() { w.took[j.Task] += time.Since(from) }()
	return task.Attempt(ctx, tasks.Attempt{
		JobID: j.id, Client: w.sync.Client, Number: 1, Args: j.Args, Sink: s, Log: slog.New(slog.DiscardHandler),
	})
}

// A sink keeps what a job enqueues.
type sink struct{ requests []tasks.SinkRequest }

func (s *sink) Progress(tasks.Progress) {}
func (s *sink) Error(tasks.RecordError) {}
func (s *sink) Enqueue(_ context.Context, r tasks.SinkRequest) (string, error) {
	s.requests = append(s.requests, r)
	return fmt.Sprintf("next-%d", len(s.requests)), nil
}
