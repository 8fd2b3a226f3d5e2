package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func deliveriesCmd(env *Env) *cobra.Command {
	var retry, before string
	var limit int
	cmd := &cobra.Command{
		Use: "deliveries", Short: "List what was sent and how it went, or try one again",
		Example: `  jobctl notify deliveries
  jobctl notify deliveries --retry 0198c9f0-0000-7000-8000-000000000001`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if retry != "" {
				return env.retryDelivery(cmd, retry)
			}
			page, err := env.client().Deliveries(cmd.Context(), before, limit)
			if err != nil {
				return err
			}
			return env.print(page.Deliveries, func() { env.printDeliveries(page) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&retry, "retry", "", "id of a delivery that failed, which begins again")
	f.StringVar(&before, "before", "", "only deliveries older than this one")
	f.IntVar(&limit, "limit", 0, "how many (default 50)")
	return cmd
}

func (env *Env) retryDelivery(cmd *cobra.Command, id string) error {
	d, err := env.client().RetryDelivery(cmd.Context(), id)
	if err != nil {
		return err
	}
	return env.print(d, func() { env.say("It is on its way to %s again.", d.To) })
}

func (env *Env) printDeliveries(page client.DeliveryList) {
	if len(page.Deliveries) == 0 {
		env.hint("Nothing was sent in the last 30 days.")
		return
	}
	t := env.table("delivery", "state", "to", "subject", "attempts", "next try", "answer")
	for _, d := range page.Deliveries {
		next := ""
		if d.Next != nil {
			next = env.ago(*d.Next)
		}
		t.row(d.ID, string(d.State), string(d.Channel)+" "+d.To, d.Subject, fmt.Sprint(d.Attempts), next, d.Answer)
	}
	t.end()
	if page.Next != "" {
		env.hint("There are more: jobctl notify deliveries --before %s", page.Next)
	}
}
