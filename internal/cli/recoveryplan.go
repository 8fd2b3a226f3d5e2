package cli

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func recoveryPlanCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "plan [ID]",
		Short: "Show the steps of a recovery, in order",
		Long: `Plan shows a recovery, the newest if none is named, and its steps: the slots that
run all the same, in the order in which they start. A step starts when those that
it comes after have succeeded, and none of the plan runs that shares a resource
with it.`,
		Example: `  jobctl recovery plan
  jobctl recovery plan 7 -o json`,
		ValidArgsFunction: env.complete(recoveryIDs()),
		Args:              cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) (err error) {
			var id int64 // the newest
			if len(ids) > 0 {
				if id, err = recoveryID(ids[0]); err != nil {
					return err
				}
			}
			p, err := env.client().Recovery(cmd.Context(), id)
			if err != nil {
				return err
			}
			return env.print(p, func() { env.printRecovery(p) })
		},
	}
}

func (env *Env) printRecovery(p client.RecoveryPlan) {
	decision := "approved"
	if p.State == job.RecoveryRejected {
		decision = "rejected"
	}
	env.facts(
		"recovery", fmt.Sprint(p.ID),
		"state", recoveryStateText(p),
		"from", clock(p.From.UTC()),
		"to", clock(p.To.UTC()),
		"slots", fmt.Sprint(p.Slots),
		"expected", expectedText(p.Recovery),
		decision, env.settledText(p.Recovery),
		"ended", env.agoIf(p.Ended),
	)
	env.say("")
	t := env.table("step", "schedule", "due", "comes after", "shares", "usual", "state")
	for _, s := range p.Steps {
		t.row(fmt.Sprint(s.Place), s.Schedule, clock(s.Due.UTC()), strings.Join(s.After, ", "), strings.Join(s.Shares, ", "), usualSpan(s.Usual), stepText(s))
	}
	t.end()
	if p.State == job.RecoveryHeld {
		env.hint("To start it: jobctl recovery approve %d --reason …; to have its slots missed: jobctl recovery reject %[1]d --reason …", p.ID)
	}
}

// recoveryStateText says how far a recovery is.
func recoveryStateText(p client.RecoveryPlan) string {
	switch p.State {
	case job.RecoveryMaking:
		return "making: slots are still being added"
	case job.RecoveryHeld:
		return "held: it starts when somebody approves it"
	case job.RecoveryRunning:
		return fmt.Sprintf("running: %d of %s have ended", stepsEnded(p), count(int64(len(p.Steps)), "step", "steps"))
	}
	return string(p.State)
}

func stepsEnded(p client.RecoveryPlan) (n int) {
	for _, s := range p.Steps {
		if s.Outcome.Final() && (!s.Outcome.Ran() || s.State.Final()) {
			n++
		}
	}
	return n
}

func expectedText(r client.Recovery) string {
	if r.Expected == 0 {
		return ""
	}
	return usualSpan(r.Expected) + " from start to end"
}

// settledText says who approved or rejected a recovery, when and why.
func (env *Env) settledText(r client.Recovery) string {
	if r.Settled == nil {
		return ""
	}
	return fmt.Sprintf("by %s, %s%s", r.By, env.ago(*r.Settled), because(r.Reason))
}

// usualSpan says how long something usually takes; nothing if that is not
// known.
func usualSpan(s job.Seconds) string {
	switch d := time.Duration(s); {
	case d == 0:
		return ""
	case d < time.Second:
		return "under 1 s"
	default:
		return span(d)
	}
}

// stepText says how the job of a step stands, or why there is none.
func stepText(s client.RecoveryStep) string {
	if s.State != "" {
		return string(s.State)
	}
	return cmp.Or(outcomeWord(s.Outcome), string(job.SlotIntended)) + because(s.Reason)
}
