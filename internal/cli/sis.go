package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func sisCmd(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sis",
		Short: "Sync an SIS with an LMS, and see what it sent",
		Long: `The commands below are about syncs: each pairs a student information system with
a learning platform, as the settings of the server name them.`,
	}
	cmd.AddCommand(
		sisRunCmd(env), sisStatusCmd(env), sisMessagesCmd(env), sisMessageCmd(env), sisSkipCmd(env), sisRetryCmd(env), sisWhyCmd(env),
		sisSectionsCmd(env), sisSectionCmd(env), sisLinkCmd(env), sisUnlinkCmd(env), sisRekeysCmd(env), sisRekeyCmd(env),
		sisTermsCmd(env), sisTermCmd(env), sisPersonCmd(env), sisPlanCmd(env), sisPlansCmd(env), sisAttendanceCmd(env),
		sisApproveCmd(env), sisRejectCmd(env), sisUndoCmd(env), sisReleaseCmd(env),
	)
	return group(cmd)
}

// stepWords are what people call the steps of a run.
var stepWords = map[string]string{
	"sis.terms.pull":            "terms",
	"sis.teachers.pull":         "people",
	"sis.sections.pull":         "sections",
	"sis.sections.process":      "links",
	"sis.registrations.pull":    "registrations",
	"sis.plan":                  "plan",
	"sis.registrations.process": "apply",
}

func stepWord(task string) string {
	if word, ok := stepWords[task]; ok {
		return word
	}
	return task
}

// opWord is what people call a kind of effect.
func opWord(op sync.EffectOp) string { return strings.ReplaceAll(string(op), "_", " ") }

// printHeld says which effects of a plan a brake holds, and how to let them
// through.
func (env *Env) printHeld(p client.Plan) {
	for _, h := range p.Held {
		env.say("Held: %s (%s)", h.Message, h.Code)
	}
	drops := 0
	for _, h := range p.Held {
		drops += h.Drops
	}
	if drops > 0 {
		env.say("To let them through: jobctl sis run %s --allow-drops %d", p.Sync, drops)
	}
	if len(p.Waits()) > 0 && !p.State.Ended() && p.State != sync.PlanDraft {
		env.say("To decide: jobctl sis plans %s --state held, then approve or reject", p.Sync)
	}
}

// given prints the job that carries a person's word out, or waits for it.
func (env *Env) given(ctx context.Context, c *client.Client, j client.Job, wait bool) error {
	if wait {
		return env.waitAndPrint(ctx, c, j.ID)
	}
	return env.printStarted(j)
}
