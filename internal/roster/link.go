package roster

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// LinkArgs say which section is to be linked to which course.
type LinkArgs struct {
	Sync    string `json:"sync" doc:"the name of the sync"`
	Section string `json:"section" doc:"the section's id in the SIS"`
	Course  string `json:"course" doc:"the course's id number, short name or id in the LMS"`
	Reason  string `json:"reason,omitempty" doc:"why, for whoever wonders later"`
}

// Validate implements [tasks.Validator].
func (a LinkArgs) Validate() error {
	return named("sync", a.Sync, "section", a.Section, "course", a.Course)
}

// UnlinkArgs say which section is not to be linked any more, and why.
type UnlinkArgs struct {
	Sync    string `json:"sync" doc:"the name of the sync"`
	Section string `json:"section" doc:"the section's id in the SIS"`
	Reason  string `json:"reason,omitempty" doc:"why, for whoever wonders later"`
}

// Validate implements [tasks.Validator].
func (a UnlinkArgs) Validate() error { return named("sync", a.Sync, "section", a.Section) }

func named(pairs ...string) error {
	for pair := range slices.Chunk(pairs, 2) {
		if pair[1] == "" {
			return fmt.Errorf("argument %s must not be empty", pair[0])
		}
	}
	return nil
}

func (r *roster) link() tasks.Task {
	return tasks.Spec[LinkArgs]{
		Name:     LinkSection,
		Summary:  "Link a class section to a course of the LMS by hand.",
		Attempts: attempts, Backoff: backoff,
		Writes: func(a LinkArgs) []string { return resource(a.Sync) },
		Reads:  func(a LinkArgs) []string { return everySlot(Args{Sync: a.Sync}) },
		Run: func(ctx context.Context, job *tasks.Job[LinkArgs]) error {
			a := job.Args
			if err := r.knows(ctx, job.Client, a.Sync, sis.Sections, a.Section); err != nil {
				return err
			}
			course, err := r.course(ctx, r.syncs[a.Sync], a.Course)
			if err != nil {
				return err
			}
			link := sync.Link{Section: a.Section, Course: course.ID, Shortname: course.Shortname, How: sync.Manual, Linked: true, Reason: a.Reason, Changed: time.Now().UTC()}
			job.Log.Info("section linked", "section", a.Section, "course", course.Shortname)
			if err := r.Store.PutSISLinks(ctx, a.Sync, []sync.Link{link}); err != nil {
				return err
			}
			return wake(ctx, job, a.Sync)
		},
	}
}

// wake makes a plan of what is known already, so that what waited for a
// person's word goes on at once and not with the next run.
func wake[A any](ctx context.Context, job *tasks.Job[A], name string) error {
	_, err := job.Enqueue(ctx, tasks.Request{Task: MakePlan, Args: Args{Sync: name, Run: job.ID}, Key: "wake"})
	return err
}

// unlink leaves everybody who is enrolled where they are: what was applied
// stays applied, and no more is.
func (r *roster) unlink() tasks.Task {
	return tasks.Spec[UnlinkArgs]{
		Name:    UnlinkSection,
		Summary: "Unlink a class section from its course, for good; nobody is unenrolled.",
		Writes:  func(a UnlinkArgs) []string { return resource(a.Sync) },
		Reads:   func(a UnlinkArgs) []string { return everySlot(Args{Sync: a.Sync}) },
		Run: func(ctx context.Context, job *tasks.Job[UnlinkArgs]) error {
			a := job.Args
			if err := r.knows(ctx, job.Client, a.Sync, sis.Sections, a.Section); err != nil {
				return err
			}
			link := sync.Link{Section: a.Section, How: sync.Manual, Reason: a.Reason, Changed: time.Now().UTC()}
			job.Log.Info("section unlinked", "section", a.Section)
			return r.Store.PutSISLinks(ctx, a.Sync, []sync.Link{link})
		},
	}
}

// course returns the one course that a person means by text.
func (r *roster) course(ctx context.Context, s sync.Sync, text string) (sis.Course, error) {
	target := r.Targets[s.Target]
	for _, by := range []sis.CourseField{sis.CourseByKey, sis.CourseByShortname, sis.CourseByID} {
		if by == sis.CourseByID && !digits(text) {
			break
		}
		found, err := courses(ctx, target, by, []string{text})
		if err != nil {
			return sis.Course{}, unreachable("The LMS could not be reached", err)
		}
		switch len(found[text]) {
		case 0:
			continue
		case 1:
			return found[text][0], nil
		}
		return sis.Course{}, tasks.Permanent(fault.New(fault.Conflict,
			"%d courses of the LMS have the %s %q; say which by its id.", len(found[text]), fieldWord(by), text).In("course"))
	}
	return sis.Course{}, tasks.Permanent(fault.New(fault.NotFound,
		"The LMS has no course with the id number, short name or id %q.", text).In("course"))
}

func fieldWord(by sis.CourseField) string {
	if by == sis.CourseByKey {
		return "id number"
	}
	return string(by)
}

func digits(text string) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return text != ""
}
