package cli

import (
	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func sisWhyCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "why SYNC PERSON SECTION",
		Short: "Say why a person is not in the course of a section",
		Long: `Why answers in one sentence, and lists what that follows from. The person is an id
of the SIS, or part of a username for those who administer the sync's client; the
section is an id or a class code.`,
		Example:           `  jobctl sis why main 100234 BIO-101-01`,
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.ExactArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := env.client().Why(cmd.Context(), args[0], args[1], args[2])
			if err != nil {
				return err
			}
			return env.print(a, func() { env.printAnswer(a) })
		},
	}
}

func (env *Env) printAnswer(a client.Answer) {
	if a.Code != "" {
		env.say("%s (%s)", a.Sentence, a.Code)
	} else {
		env.say("%s", a.Sentence)
	}
	env.say("")
	t := env.table("", "about", "fact")
	for _, f := range a.Chain {
		mark := "stop"
		if f.OK {
			mark = "ok"
		}
		t.row(mark, f.About, f.Says)
	}
	t.end()
	if a.Message != "" {
		env.hint("The message: jobctl sis message SYNC %s", a.Message)
	}
	if a.Plan != "" {
		env.hint("The plan: jobctl sis plan SYNC --id %s", a.Plan)
	}
}
