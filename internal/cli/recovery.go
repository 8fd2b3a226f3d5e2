package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func recoveryCmd(env *Env) *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "recovery",
		Short: "List what there was to recover after no scheduler was up",
		Long: `When no scheduler was up for a while, all slots that went by and are to run all
the same become one plan: in the order of what comes after what, and one at a
time where jobs want the same. A small plan starts by itself; a larger one is
held until somebody approves it. Recovery lists the plans, newest first.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := env.client().Recoveries(cmd.Context(), limit)
			if err != nil {
				return err
			}
			return env.print(all, func() { env.printRecoveries(all) })
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 20, "how many to list at most")
	cmd.AddCommand(recoveryPlanCmd(env), recoveryApproveCmd(env), recoveryRejectCmd(env))
	return cmd
}

func (env *Env) printRecoveries(all []client.Recovery) {
	if len(all) == 0 {
		env.hint("There was nothing to recover: no scheduler was away for long.")
		return
	}
	t := env.table("id", "state", "from", "to", "slots", "by", "why")
	for _, r := range all {
		t.row(fmt.Sprint(r.ID), string(r.State), clock(r.From.UTC()), clock(r.To.UTC()), fmt.Sprint(r.Slots), r.By, r.Reason)
	}
	t.end()
	for _, r := range all {
		if r.State == job.RecoveryHeld {
			env.hint("Recovery %d is held. To see its steps: jobctl recovery plan %[1]d", r.ID)
		}
	}
}

// recoveryID reads the number of a recovery.
func recoveryID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, fault.New(fault.Invalid, "a recovery has a number, such as 7, and is not called %q; jobctl recovery lists them", text).In("id")
	}
	return id, nil
}

// recoveryIDs returns the numbers of recoveries that are in one of the states,
// or of any.
func recoveryIDs(states ...client.RecoveryState) func(context.Context, *client.Client) ([]string, error) {
	return func(ctx context.Context, c *client.Client) ([]string, error) {
		all, err := c.Recoveries(ctx, 0)
		all = slices.DeleteFunc(all, func(r client.Recovery) bool { return len(states) > 0 && !slices.Contains(states, r.State) })
		return namesOf(all, func(r client.Recovery) string { return fmt.Sprintf("%d\t%s, %s", r.ID, r.State, slotCount(r)) }), err
	}
}

func slotCount(r client.Recovery) string { return count(int64(r.Slots), "slot", "slots") }
