package cli

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func sisRunCmd(env *Env) *cobra.Command {
	var (
		ask  client.RunSync
		wait bool
	)
	cmd := &cobra.Command{
		Use:   "run SYNC",
		Short: "Pull what the SIS has, plan, and write the plan to the LMS",
		Long: `Run starts a sync: it pulls terms, people, sections and registrations from the
SIS, plans what to change in the LMS, and changes it. With --wait it shows each
step and prints what changed; it fails if a step did.

A dry run waits for the plan and prints it; nothing in the LMS is changed.`,
		Example: `  jobctl sis run main --dry-run
  jobctl sis run main --wait`,
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			ctx, c := cmd.Context(), env.client()
			j, err := c.RunSync(ctx, names[0], ask)
			if err != nil {
				return err
			}
			if wait || ask.DryRun {
				return env.waitAndPrintRun(ctx, c, names[0], j.ID)
			}
			return env.print(j, func() {
				fmt.Fprintln(env.Out, j.ID)
				env.hint("The run has begun; see its steps with: jobctl jobs --root %s", j.ID)
			})
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&ask.DryRun, "dry-run", false, "print the plan and change nothing")
	flags.IntVar(&ask.AllowDrops, "allow-drops", 0, "let up to this many drops through that would be held")
	flags.BoolVar(&wait, "wait", false, "wait for the end and show each step")
	return cmd
}

func (env *Env) waitAndPrintRun(ctx context.Context, c *client.Client, name, root string) error {
	run, err := env.waitRun(ctx, c, name, root)
	if err != nil {
		return env.whileWaiting(err, root)
	}
	if run.DryRun && run.Succeeded {
		return env.printPlanOf(ctx, c, run)
	}
	if err := env.print(run, func() { env.printRun(run) }); err != nil {
		return err
	}
	return howRunEnded(run)
}

// waitRun shows the steps of a run, one after the other, until it is done.
func (env *Env) waitRun(ctx context.Context, c *client.Client, name, root string) (client.Run, error) {
	s := stepper{env: env}
	defer s.end()
	p := patience{}
	for {
		run, err := c.Run(ctx, name, root)
		if err = p.bear(err); err != nil {
			return run, err
		}
		s.show(run.Steps)
		if run.Done {
			return run, nil
		}
		if err := env.pause(ctx); err != nil {
			return run, err
		}
	}
}

// A stepper shows steps in order, each until it has succeeded.
type stepper struct {
	env  *Env
	past int // steps that have succeeded
	now  watcher
}

func (s *stepper) show(steps []client.Step) {
	for _, step := range steps[min(s.past, len(steps)):] {
		if step.Job == nil {
			return
		}
		if s.now == nil {
			s.now = s.env.watcher(stepWord(step.Task))
		}
		s.now.show(*step.Job)
		if step.Job.State != job.Succeeded {
			return
		}
		s.end()
		s.past++
		if s.env.Terminal {
			s.env.hint("%-14s %s", stepWord(step.Task), cmp.Or(achieved(*step.Job), "done"))
		}
	}
}

func (s *stepper) end() {
	if s.now != nil {
		s.now.end()
		s.now = nil
	}
}

// howRunEnded is nil if run succeeded, and says which step did not otherwise.
func howRunEnded(run client.Run) error {
	for _, s := range run.Steps {
		if s.Job != nil && s.Job.State.Final() && s.Job.State != job.Succeeded {
			return fault.New(fault.Internal, "step %s: %s", stepWord(s.Task), howItEnded(*s.Job))
		}
	}
	return nil
}

// printRun says what a run has changed.
func (env *Env) printRun(run client.Run) {
	if run.Plan != nil {
		env.printEffectCounts(run)
		env.printHeld(*run.Plan)
	}
	for _, s := range run.Steps {
		if s.Job != nil && s.Job.Errors > 0 {
			env.say("%s in step %s: jobctl job %s", count(s.Job.Errors, "record error", "record errors"), stepWord(s.Task), s.Job.ID)
		}
	}
}

func (env *Env) printEffectCounts(run client.Run) {
	if len(run.Effects) == 0 {
		env.say("Nothing was to be changed in the LMS.")
		return
	}
	t := env.table("change", "applied", "failed", "held", "open")
	for _, op := range sync.EffectOps {
		n := map[sync.EffectState]int64{}
		for _, e := range run.Effects {
			if e.Op == op {
				n[e.State] += e.Count
			}
		}
		if len(n) > 0 {
			t.row(opWord(op), number(n[sync.EffectApplied]), number(n[sync.EffectFailed]), number(n[sync.EffectHeld]),
				number(n[sync.EffectPlanned]+n[sync.EffectSent]+n[sync.EffectUnknown]))
		}
	}
	t.end()
}
