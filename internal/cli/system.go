package cli

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func systemCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "system",
		Short: "Show what the installation runs on: Redis, the ledger, the schedulers and their clocks",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := env.client().System(cmd.Context())
			if err != nil {
				return err
			}
			return env.print(all, func() { env.printSystem(all) })
		},
	}
}

func (env *Env) printSystem(s client.System) {
	env.facts(
		"version", s.Version+" ("+s.Go+")",
		"redis", answering(s.Redis.Answers, known(s.Redis.Version)+", "+known(s.Redis.Role)),
		"redis memory", size(s.Redis.Memory),
		"redis keys", amount(s.Redis.Keys),
		"redis persistence", known(s.Redis.Persistence),
		"redis eviction", known(s.Redis.Eviction),
		"ledger", answering(s.Ledger.Answers, s.Ledger.Kind+" "+s.Ledger.Version),
		"ledger size", size(s.Ledger.Size),
		"ledger schema", amount(s.Ledger.Migration),
		"recorder", time.Duration(s.Recorder.Behind).Round(time.Millisecond).String()+" behind, "+amount(s.Recorder.Stream)+" events in the stream",
		"time zones", s.Zones.Source+", edition "+known(s.Zones.Edition),
		"viewers", strconv.Itoa(s.Viewers),
	)
	if len(s.Schedulers) > 0 {
		fmt.Fprintln(env.Out)
		env.printSchedulers(s.Schedulers)
	}
	for _, trouble := range s.Troubles {
		env.hint("%s", trouble)
	}
}

func (env *Env) printSchedulers(all []client.Scheduler) {
	t := env.table("scheduler", "leads", "clock", "heard of", "remark")
	for _, one := range all {
		t.row(one.Name, map[bool]string{true: "yes", false: "no"}[one.Leads], clockOf(time.Duration(one.Ahead)), env.ago(one.Seen), one.Remark)
	}
	t.end()
}

// clockOf says how a clock compares with that of Redis.
func clockOf(ahead time.Duration) string {
	switch ahead = ahead.Round(time.Millisecond); {
	case ahead > 0:
		return ahead.String() + " ahead"
	case ahead < 0:
		return (-ahead).String() + " behind"
	}
	return "right"
}

func answering(answers bool, what string) string {
	if !answers {
		return "does not answer"
	}
	return what
}

// known is a text, or that nobody told it.
func known(text string) string {
	if text == "" {
		return "unknown"
	}
	return text
}

func amount(n *int64) string {
	if n == nil {
		return "unknown"
	}
	return strconv.FormatInt(*n, 10)
}

// size is bytes as people read them.
func size(bytes *int64) string {
	if bytes == nil {
		return "unknown"
	}
	if *bytes < 1<<20 {
		return fmt.Sprintf("%.0f KiB", float64(*bytes)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(*bytes)/(1<<20))
}
