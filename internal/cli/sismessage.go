package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func sisMessageCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "message SYNC ID",
		Short: "Show a message of the SIS, what it says, and what became of it",
		Long: `Message shows one record that the SIS sent: what it says and what it said before,
its way through the states, and the change of the LMS that it was planned as.
Names and e-mails are shown to those who administer the sync's client.`,
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := env.client().Message(cmd.Context(), args[0], args[1])
			if err != nil {
				return err
			}
			return env.print(d, func() { env.printMessage(d) })
		},
	}
}

func (env *Env) printMessage(d client.MessageDetail) {
	env.facts(
		"message", d.ID,
		"record", d.Key,
		"stream", string(d.Stream),
		"says", string(d.Op),
		"where", d.Where,
		"state", string(d.State),
		"code", d.Code,
		"reason", d.Reason,
		"run", d.Run,
		"plan", d.Plan,
		"change", effectWords(d),
		"acknowledged", env.ago(d.Acked),
	)
	if len(d.Fields) > 0 {
		fmt.Fprintln(env.Out)
		t := env.table("field", "value", "before")
		for _, f := range d.Fields {
			t.row(f.Name, f.Value, changedFrom(f.Changed, f.Was))
		}
		t.end()
	}
	if len(d.History) > 0 {
		fmt.Fprintln(env.Out)
		t := env.table("when", "state", "code", "by")
		for _, e := range d.History {
			t.row(env.ago(e.At), string(e.State), e.Code, e.By)
		}
		t.end()
	}
}

func changedFrom(changed bool, was string) string {
	if changed && was == "" {
		return "(nothing)"
	}
	return was
}

// effectWords says what the plan does because of a message.
func effectWords(d client.MessageDetail) string {
	if d.Effect == nil {
		return ""
	}
	return strings.TrimSpace(opWord(d.Effect.Op) + ", " + string(d.Effect.State) + " " + d.Effect.Code)
}
