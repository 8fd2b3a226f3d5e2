package roster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// Config is what the tasks work with.
type Config struct {
	Store   Store
	Sources map[string]sis.Source
	Targets map[string]sis.Target
	Syncs   []sync.Sync
	Batch   int // effects that the target is handed at once, which is also what is worth a job of its own; 0: 500
	Log     *slog.Logger
}

// The names of the tasks, which is what steps of the chain start each other by.
const (
	TermsPull            = "sis.terms.pull"
	TeachersPull         = "sis.teachers.pull"
	TeachersProcess      = "sis.teachers.process"
	SectionsPull         = "sis.sections.pull"
	SectionsProcess      = "sis.sections.process"
	RegistrationsPull    = "sis.registrations.pull"
	MakePlan             = "sis.plan"
	RegistrationsProcess = "sis.registrations.process"
	LinkSection          = "sis.link"
	UnlinkSection        = "sis.unlink"
	ChooseTerm           = "sis.term"
	Rekey                = "sis.rekey"
	Acknowledge          = "sis.ack"
	Undo                 = "sis.undo"
	Skip                 = "sis.skip"
	Reconcile            = "sis.reconcile"
	Replay               = "sis.replay"
	Purge                = "sis.purge"
	AuditDrift           = "sis.audit.drift"
)

// Chain is the names of the tasks that a run of a sync consists of, in order.
// A dry run ends before the last one.
var Chain = []string{
	TermsPull, TeachersPull, SectionsPull, SectionsProcess, RegistrationsPull, MakePlan, RegistrationsProcess,
}

// Args are what a run of a sync is asked to do. Steps hand them on to each
// other; the last five are theirs.
type Args struct {
	Sync       string `json:"sync" doc:"the name of the sync"`
	DryRun     bool   `json:"dry_run,omitempty" doc:"make a plan and change nothing in the LMS"`
	Full       bool   `json:"full,omitempty" doc:"ask the source for everything, not for what has changed since the last run"`
	Alone      bool   `json:"alone,omitempty" doc:"make this step only, and start none after it"`
	AllowDrops int    `json:"allow_drops,omitempty" doc:"let up to this many drops through that would be held"`

	Snapshot string `json:"snapshot,omitempty" doc:"the state of the SIS to read; empty means its newest"`
	Run      string `json:"run,omitempty" doc:"the job that the run began with; empty means this one"`
	Plan     string `json:"plan,omitempty" doc:"the plan to apply; empty means the newest"`
	Shard    int    `json:"shard,omitempty" doc:"the part of the plan to apply, from 1; 0 means what comes before the parts, or all"`
	Shards   int    `json:"shards,omitempty" doc:"of how many parts"`
}

// Validate implements [tasks.Validator].
func (a Args) Validate() error {
	switch {
	case a.Sync == "":
		return errors.New("argument sync is required: the name of the sync")
	case a.AllowDrops < 0:
		return errors.New("argument allow_drops must be 0 or more")
	case a.Shard < 0 || a.Shard > a.Shards || a.Shards > sync.Slots:
		return fmt.Errorf("arguments shard and shards must be a part, from 1, of at most %d", sync.Slots)
	}
	return nil
}

// Steps are patient with an SIS or an LMS that is down: ten attempts in some
// three hours.
const (
	attempts = 10
	backoff  = 30 * time.Second
	timeout  = 4 * time.Hour
)

// New returns the tasks. It panics if a sync names a source or a target that
// is not there, which configuration has checked.
func New(c Config) []tasks.Task {
	r := &roster{Config: c, syncs: map[string]sync.Sync{}}
	for _, s := range c.Syncs {
		if c.Sources[s.Source] == nil || c.Targets[s.Target] == nil {
			panic("roster: sync " + s.Name + " lacks its source or its target")
		}
		r.syncs[s.Name] = s
		cmp.Or(c.Log, slog.New(slog.DiscardHandler)).Info("sync ready",
			"sync", s.Name, "source", s.Source, "target", s.Target, "schedule", s.Cron, "zone", s.Location())
	}
	head := r.step(TermsPull, "Pull the terms from the SIS, and start the other steps of the sync.", pull(sis.Terms))
	head.Schedules = schedules(c.Syncs)
	return []tasks.Task{
		head,
		r.step(TeachersPull, "Pull teachers and students from the SIS.", pull(sis.Persons)),
		r.step(TeachersProcess, "Make or update the accounts of teachers in the LMS, ahead of the next plan.", processTeachers),
		r.step(SectionsPull, "Pull class sections from the SIS.", pull(sis.Sections)),
		r.step(SectionsProcess, "Make class sections available, and link them to courses of the LMS.", linkSections),
		r.step(RegistrationsPull, "Pull registrations from the SIS.", pull(sis.Registrations)),
		r.planning(),
		r.processing(),
		r.link(),
		r.unlink(),
		r.chooseTerm(),
		r.rekey(),
		r.acknowledge(),
		r.sealAgain(),
		r.undo(),
		r.skip(),
		r.reconcile(),
		r.replay(),
		r.purge(),
		r.audit(),
	}
}

func schedules(syncs []sync.Sync) (all []tasks.Schedule[Args]) {
	for _, s := range syncs {
		if s.Cron != "" {
			all = append(all, tasks.Schedule[Args]{
				Name: TermsPull + ":" + s.Name, Cron: s.Cron, Zone: s.Location().String(), Client: s.Client, Args: Args{Sync: s.Name},
			})
		}
	}
	return all
}

type roster struct {
	Config
	syncs map[string]sync.Sync
}

// planning is the one step that must know what was written last.
func (r *roster) planning() tasks.Task {
	spec := r.step(MakePlan, "Plan what to change in the LMS; nothing is written yet.", makePlan)
	spec.Reads = func(a Args) []string { return slices.Concat(reads(MakePlan, a.Sync), everySlot(a)) }
	return spec
}

// processing writes a plan. A shard of it holds its courses and nothing else.
func (r *roster) processing() tasks.Task {
	spec := r.step(RegistrationsProcess, "Write what was planned to the LMS: courses, people, enrolments.", process)
	spec.Writes = func(a Args) []string {
		if a.Shard > 0 {
			return slots(a)
		}
		return append(writes(RegistrationsProcess, a.Sync), slots(a)...)
	}
	spec.Reads = func(a Args) []string {
		if a.Shard > 0 {
			return nil
		}
		return reads(RegistrationsProcess, a.Sync)
	}
	return spec
}

// step declares one task of the chain. It hands over to the next one when do
// has succeeded.
func (r *roster) step(name, summary string, do func(context.Context, *step) error) tasks.Spec[Args] {
	return tasks.Spec[Args]{
		Name: name, Summary: summary,
		Timeout: timeout, Attempts: attempts, Backoff: backoff,
		Reads:  func(a Args) []string { return reads(name, a.Sync) },
		Writes: func(a Args) []string { return writes(name, a.Sync) },
		Run: func(ctx context.Context, job *tasks.Job[Args]) error {
			alone := job.Args.Run == ""
			s, err := r.begin(job)
			if err != nil {
				return err
			}
			if alone {
				if err := s.ready(ctx, name); err != nil {
					return err
				}
			}
			if err := do(ctx, s); err != nil {
				return err
			}
			return s.handOver(ctx, name)
		},
	}
}
