package cli

import "github.com/spf13/cobra"

func notifyCmd(env *Env) *cobra.Command {
	cmd := &cobra.Command{Use: "notify", Short: "Say who is told what became of jobs"}
	cmd.AddCommand(notifyMeCmd(env), notifyUnmeCmd(env), notifyFollowsCmd(env), notifyRulesCmd(env), notifyAddCmd(env), notifyEditCmd(env), notifyDeleteCmd(env), notifyTestCmd(env), deliveriesCmd(env))
	return group(cmd)
}

func notifyMeCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "me JOB", Short: "Send me an e-mail when a job has ended", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := env.client().NotifyMe(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return env.print(f, func() { env.say("You are told when it has ended.") })
		},
	}
}

func notifyUnmeCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "unme JOB", Short: "Do not send me an e-mail when a job has ended", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := env.client().NotNotifyMe(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return env.print(f, func() { env.say("You are not told when it has ended.") })
		},
	}
}

func notifyFollowsCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "follows", Short: "List the jobs of which you are told", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := env.client().Follows(cmd.Context())
			if err != nil {
				return err
			}
			return env.print(all, func() {
				if len(all) == 0 {
					env.hint("You follow no job; jobctl notify me JOB does.")
					return
				}
				t := env.table("job", "told")
				for _, f := range all {
					told := "not yet"
					if f.Told != nil {
						told = env.ago(*f.Told)
					}
					t.row(f.Job, told)
				}
				t.end()
			})
		},
	}
}

func notifyDeleteCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "delete NAME", Short: "Delete a rule", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := env.client().DeleteNoticeRule(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return env.print(r, func() { env.say("Rule %s is deleted.", r.Name) })
		},
	}
}

func notifyTestCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "test NAME", Short: "Send a message by a rule that says that nothing happened", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := env.client().TestNoticeRule(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return env.print(d, func() { env.say("It is on its way to %s; jobctl notify deliveries tells how it went.", d.To) })
		},
	}
}
