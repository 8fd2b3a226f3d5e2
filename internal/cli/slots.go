package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func slotsCmd(env *Env) *cobra.Command {
	var from, to string
	var list bool
	var limit int
	cmd := &cobra.Command{
		Use:   "slots NAME",
		Short: "Check that each due time of a schedule has its outcome",
		Long: `Slots works out when a schedule was due, for as long as its rule has not changed,
and compares that with what is recorded. It prints what became of the due times,
how late jobs were, and how many due times have no record: gaps, of which there
must be none. It exits with 1 if there are any.`,
		Example: `  jobctl slots roster.sync --from "2026-09-01 00:00"
  jobctl slots roster.sync --list --limit 100`,
		ValidArgsFunction: env.complete(scheduleNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			begin, err := parseWhen("from", from)
			if err != nil {
				return err
			}
			end, err := parseWhen("to", to)
			if err != nil {
				return err
			}
			if list {
				return env.listSlots(cmd, names[0], begin, end, limit)
			}
			check, err := env.client().CheckSlots(cmd.Context(), names[0], begin, end)
			if err != nil {
				return err
			}
			if err := env.print(check, func() { env.printCheck(check) }); err != nil {
				return err
			}
			return gapError(check)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&from, "from", "", "from this time on: 2026-09-01T08:00:00Z, or “2026-09-01 08:00” in your zone (default: since the rule last changed)")
	flags.StringVar(&to, "to", "", "up to, and without, this time (default now)")
	flags.BoolVar(&list, "list", false, "list the slots that are recorded, newest first")
	flags.IntVar(&limit, "limit", 50, "how many slots to list at most")
	return cmd
}

// outcomes are in the order in which people ask for them.
var outcomes = [...]client.SlotOutcome{job.SlotRan, job.SlotRanLate, job.SlotCaughtUp, job.SlotSkipped, job.SlotExcluded, job.SlotPaused, job.SlotBlocked, job.SlotMissed, job.SlotIntended}

// fewGaps is how many gaps are printed one by one.
const fewGaps = 20

func (env *Env) printCheck(c client.SlotCheck) {
	env.say("Schedule %s from %s to %s", c.Schedule, c.From.UTC().Format(time.RFC3339), c.To.UTC().Format(time.RFC3339))
	env.say("")
	t := env.table("outcome", "slots")
	for _, o := range outcomes {
		if n := c.Outcomes[o]; n > 0 {
			t.row(outcomeWord(o), fmt.Sprint(n))
		}
	}
	t.row("no record", fmt.Sprint(len(c.Gaps)))
	t.end()
	if len(c.Lag) > 0 {
		env.say("")
		env.say("Lag: half within %s, 99 %% within %s, at most %s.", lag(c.Lag["p50"]), lag(c.Lag["p99"]), lag(c.Lag["max"]))
	}
	for _, at := range c.Gaps[:min(len(c.Gaps), fewGaps)] {
		env.say("gap: %s", at.UTC().Format(time.RFC3339))
	}
	if more := len(c.Gaps) - fewGaps; more > 0 {
		env.say("… and %d more", more)
	}
}

func lag(s job.Seconds) string { return time.Duration(s).Round(time.Millisecond).String() }

func outcomeWord(o client.SlotOutcome) string {
	switch o {
	case job.SlotRanLate:
		return "ran late"
	case job.SlotCaughtUp:
		return "caught up"
	}
	return string(o)
}

func gapError(c client.SlotCheck) error {
	if len(c.Gaps) == 0 {
		return nil
	}
	return fault.New(fault.Internal, "%s of schedule %s without a record", count(int64(len(c.Gaps)), "due time", "due times"), c.Schedule)
}

func (env *Env) listSlots(cmd *cobra.Command, name string, from, to time.Time, limit int) error {
	all, err := env.client().Slots(cmd.Context(), name, from, to, limit)
	if err != nil {
		return err
	}
	return env.print(all, func() {
		if len(all) == 0 {
			env.hint("No slots are recorded of that time.")
			return
		}
		t := env.table("due", "outcome", "lag", "job", "why")
		for _, s := range all {
			late := ""
			if s.Outcome.Ran() {
				late = lag(job.Seconds(s.Lag))
			}
			t.row(s.Due.UTC().Format(time.RFC3339), outcomeWord(s.Outcome), late, s.JobID, s.Reason)
		}
		t.end()
	})
}
