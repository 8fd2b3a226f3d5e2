package cli

import (
	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/cron"
)

// A conversion is an expression in the dialect that was asked for.
type conversion struct {
	Dialect cron.Dialect `json:"dialect"`
	Cron    string       `json:"cron"`
}

func cronConvertCmd(env *Env) *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use:   "convert EXPR",
		Short: "Write an expression in the other dialect of cron",
		Long: `Convert prints the expression that fires at the same times by the same rule. If
there is none it says why; nothing is ever approximated. Converted to its own
dialect, an expression is printed in its plainest form.`,
		Example: `  jobctl cron convert "30 4 * * 1-5" --to quartz
  jobctl cron convert "0 0 9 ? * MON" --to unix
  jobctl cron convert "every weekday at 08:30" --to quartz`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, exprs []string) error {
			switch to {
			case string(cron.Unix), string(cron.Quartz):
			case "":
				return fault.New(fault.Invalid, "--to is required: unix or quartz").In("to")
			default:
				return fault.New(fault.Invalid, "--to must be unix or quartz, not %q", to).In("to")
			}
			trigger, zone, err := readExpression(exprs[0], cron.Dialect(from))
			if err != nil {
				return err
			}
			c, err := convert(exprs[0], trigger, cron.Dialect(to))
			if err != nil {
				return err
			}
			if s, ok := trigger.(cron.Schedule); ok && to == string(cron.Quartz) && !s.Portable() {
				env.hint("It is not portable: Quartz itself refuses it, or fires at other times.")
			}
			if zone != "" {
				env.hint("The zone, %s, is not part of the expression.", zone)
			}
			return env.print(c, func() { env.say("%s", c.Cron) })
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "unix or quartz; required")
	cmd.Flags().StringVar(&from, "from", "", "unix, quartz or english (default: what it looks like)")
	return cmd
}

func convert(expr string, t cron.Trigger, to cron.Dialect) (c conversion, err error) {
	s, ok := t.(cron.Schedule)
	if !ok {
		return c, fault.New(fault.Invalid, "an interval counts from a date, which no cron expression can say").In("expr")
	}
	c.Dialect = to
	if to == cron.Quartz {
		c.Cron, err = s.Quartz()
	} else {
		c.Cron, err = s.Unix()
	}
	if err != nil {
		return c, wrongCron(expr, err)
	}
	return c, nil
}
