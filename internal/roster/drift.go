package roster

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// What is done about places that people in the LMS have taken away.
const (
	Respect = "respect" // they are reported
	Readd   = "readd"   // the next plan writes them again
)

// DriftArgs say which courses are compared with what was written to them.
type DriftArgs struct {
	Sync    string   `json:"sync" doc:"the name of the sync"`
	Courses []string `json:"courses,omitempty" doc:"ids of courses of the LMS; none: all that the sync has written to"`
	Repair  string   `json:"repair,omitempty" doc:"what to do about places that were taken away by hand: respect (report them) or readd (plan to write them again)"`
}

// Validate implements [tasks.Validator].
func (a DriftArgs) Validate() error {
	if a.Repair != "" && a.Repair != Respect && a.Repair != Readd {
		return fmt.Errorf("argument repair must be %s or %s", Respect, Readd)
	}
	return named("sync", a.Sync)
}

// audit compares the LMS with what was written to it. What people have added
// there is counted and never touched.
func (r *roster) audit() tasks.Task {
	return tasks.Spec[DriftArgs]{
		Name:    AuditDrift,
		Summary: "Compare the courses of the LMS with what was written to them, and say what people have changed.",
		Timeout: timeout, Attempts: attempts, Backoff: backoff,
		Writes: func(a DriftArgs) []string { return resource(a.Sync) },
		Reads:  func(a DriftArgs) []string { return everySlot(Args{Sync: a.Sync}) },
		Run: func(ctx context.Context, job *tasks.Job[DriftArgs]) error {
			s, err := r.sync(job.Args.Sync, job.Client)
			if err != nil {
				return err
			}
			target, ok := r.Targets[s.Target].(sis.Rosterer)
			if !ok {
				return tasks.Permanent(fault.New(fault.Invalid, "The target %s cannot say who is in a course, so there is nothing to compare with.", s.Target))
			}
			campus, err := r.Store.SISCampus(ctx, s.Name)
			if err != nil {
				return err
			}
			return newAuditor(job, r.Store, target, campus).run(ctx)
		},
	}
}

// An auditor compares courses with what was written to them.
type auditor struct {
	*tasks.Job[DriftArgs]
	store    Store
	target   sis.Rosterer
	campus   sync.Campus
	written  map[string]map[sync.Place]sync.Span // by course
	taken    []sync.Place                        // by people, from what was written
	orphans  []sync.Link
	extra    int64
	progress tasks.Progress
}

func newAuditor(job *tasks.Job[DriftArgs], store Store, target sis.Rosterer, campus sync.Campus) *auditor {
	a := &auditor{Job: job, store: store, target: target, campus: campus, written: map[string]map[sync.Place]sync.Span{}}
	for at, span := range campus.Applied {
		if len(job.Args.Courses) > 0 && !slices.Contains(job.Args.Courses, at.Course) {
			continue
		}
		if a.written[at.Course] == nil {
			a.written[at.Course] = map[sync.Place]sync.Span{}
		}
		a.written[at.Course][at] = span
	}
	a.progress = tasks.Progress{Stage: "courses", Total: int64(len(a.written))}
	return a
}

func (a *auditor) run(ctx context.Context) error {
	for _, course := range slices.Sorted(maps.Keys(a.written)) {
		if err := a.course(ctx, course); err != nil {
			return err
		}
		a.progress.Done++
		a.Progress(a.progress)
	}
	if err := a.store.PutSISLinks(ctx, a.Args.Sync, a.orphans); err != nil {
		return err
	}
	a.Log.Info("courses compared", "courses", a.progress.Done, "gone", len(a.orphans), "taken_away", len(a.taken), "added_by_hand", a.extra)
	if a.Args.Repair != Readd || len(a.taken) == 0 {
		return nil
	}
	if err := a.store.ForgetSISApplied(ctx, a.Args.Sync, a.taken); err != nil {
		return err
	}
	return wake(ctx, a.Job, a.Args.Sync)
}

// course compares one course. One that is gone costs the others nothing.
func (a *auditor) course(ctx context.Context, course string) error {
	there := map[string]map[sis.Role]sis.Enrolment{} // by account
	err := a.target.Roster(ctx, course, func(e sis.Enrolment) error {
		if there[e.User] == nil {
			there[e.User] = map[sis.Role]sis.Enrolment{}
		}
		there[e.User][e.Role] = e
		return ctx.Err()
	})
	switch {
	case courseGone(err):
		a.gone(course)
		return nil
	case err != nil:
		return unreachable("The LMS could not be reached", err)
	}
	known := map[string]bool{}
	for at, span := range a.written[course] {
		user := a.campus.People[at.Person].User
		known[user+" "+string(at.Role)] = true
		if wrong := drift(there[user], at.Role, span); wrong != "" {
			a.taken = append(a.taken, at)
			a.Error(at.Key(), "MANUAL_OVERRIDE", wrong)
		}
	}
	for user, roles := range there {
		for role := range roles {
			if !known[user+" "+string(role)] {
				a.extra++
			}
		}
	}
	return nil
}

// drift says how a place differs from what was written, where that matters: a
// person who was let back in by hand after they had dropped is not put out.
func drift(there map[sis.Role]sis.Enrolment, role sis.Role, written sync.Span) string {
	if written.Suspended {
		return ""
	}
	e, has := there[role]
	switch {
	case len(there) == 0:
		return "The person was unenrolled in the LMS."
	case !has:
		return "The person's role was taken away in the LMS."
	case e.Suspended:
		return "The person was suspended in the LMS."
	}
	return ""
}

// gone unlinks the sections of a course that is not there any more.
func (a *auditor) gone(course string) {
	a.Error("course "+course, "COURSE_GONE", "The course is gone from the LMS. Its sections wait until they are linked to another one.")
	for section, link := range a.campus.Links {
		if link.Linked && link.Course == course {
			a.orphans = append(a.orphans, orphan(section, course))
		}
	}
}
