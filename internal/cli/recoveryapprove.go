package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func recoveryApproveCmd(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "approve ID",
		Short: "Let a plan start that is held",
		Long: `Approve lets a plan start that is held. A step whose schedule has run a newer slot
in the meantime, and catches up on the latest only, is missed.`,
		Example:           `  jobctl recovery approve 7 --reason "the registrar has looked at it"`,
		ValidArgsFunction: env.complete(recoveryIDs(job.RecoveryHeld)),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			return env.settle(cmd.Context(), ids[0], reason, (*client.Client).ApproveRecovery)
		},
	}
	reasonFlag(cmd, &reason)
	return cmd
}

func recoveryRejectCmd(env *Env) *cobra.Command {
	var reason string
	var yes bool
	cmd := &cobra.Command{
		Use:   "reject ID",
		Short: "Have the slots of a plan missed that have not started",
		Long: `Reject ends a plan that is held or running. Its slots that have not started are
missed, for good; jobs that it has started go on.`,
		Example:           `  jobctl recovery reject 7 --reason "the term is over"`,
		ValidArgsFunction: env.complete(recoveryIDs(job.RecoveryHeld, job.RecoveryRunning)),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			if err := needReason(reason); err != nil {
				return err
			}
			if !yes && !env.agrees("Have the slots of recovery %s missed?", ids[0]) {
				return fault.New(fault.Conflict, "nothing was changed")
			}
			return env.settle(cmd.Context(), ids[0], reason, (*client.Client).RejectRecovery)
		},
	}
	reasonFlag(cmd, &reason)
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

// settle decides on a recovery and prints what became of it.
func (env *Env) settle(ctx context.Context, name, reason string, decide func(*client.Client, context.Context, int64, string) (client.Recovery, error)) error {
	if err := needReason(reason); err != nil {
		return err
	}
	id, err := recoveryID(name)
	if err != nil {
		return err
	}
	r, err := decide(env.client(), ctx, id, reason)
	if err != nil {
		return err
	}
	return env.print(r, func() { env.say("Recovery %d of %s is %s.", r.ID, slotCount(r), r.State) })
}
