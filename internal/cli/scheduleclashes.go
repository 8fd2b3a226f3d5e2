package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func scheduleClashesCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "clashes NAME",
		Short: "List what a schedule will have to wait for, or make wait, in the next days",
		Long: `Clashes lists at which due times a schedule's job will want a resource that a job
of another schedule has then, or has when that one wants it, if jobs take as long
as they did lately; and other times at which nothing is in its way.`,
		ValidArgsFunction: env.complete(scheduleNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			s, err := env.client().Schedule(cmd.Context(), names[0])
			if err != nil {
				return err
			}
			f, err := env.clashes(cmd.Context(), s)
			if err != nil {
				return err
			}
			return env.print(f, func() { env.printClashes(s.Name, f) })
		},
	}
}

// clashes returns the clashes of a schedule as it is saved, in its zone.
func (env *Env) clashes(ctx context.Context, s client.Schedule) (client.ClashForecast, error) {
	f, err := env.client().ScheduleClashes(ctx, client.NewSchedule{Name: s.Name, From: s.Name})
	for i, c := range f.Clashes {
		f.Clashes[i].Due, f.Clashes[i].With = inZone(c.Due, s.Zone), inZone(c.With, s.Zone)
	}
	return f, err
}

func (env *Env) printClashes(name string, f client.ClashForecast) {
	defer func() {
		for _, r := range f.Remarks {
			env.hint("Not known: %s.", oneLine(r))
		}
	}()
	if f.Count == 0 {
		env.hint("Schedule %s clashes with no other in the next %s.", name, spanOf(f))
		return
	}
	t := env.table("due", "with", "its slot", "resource", "both run")
	for _, c := range f.Clashes {
		t.row(clock(c.Due), c.Schedule, clock(c.With), c.Resource, span(time.Duration(c.Overlap)))
	}
	t.end()
	if more := f.Count - len(f.Clashes); more > 0 {
		env.say("… and %d more", more)
	}
	if f.Free != nil {
		env.say("Free: %s", freeText(*f.Free))
	}
}

// fewClashes is how many clashes the warning tells one by one.
const fewClashes = 3

// warnOfClashes says beside the answer what a schedule that was just saved will
// clash with. It is saved in any case.
func (env *Env) warnOfClashes(ctx context.Context, s client.Schedule) {
	f, err := env.clashes(ctx, s)
	switch {
	case err != nil:
		env.hint("What it clashes with is not known: %s", env.sentence(err))
	case f.Count > 0:
		env.hint("%s", oneLine(clashText(f)))
	}
}

// clashText says in a line how often a schedule clashes, with what, and when it
// would not.
func clashText(f client.ClashForecast) string {
	var some []string
	for _, c := range f.Clashes[:min(len(f.Clashes), fewClashes)] {
		some = append(some, fmt.Sprintf("%s with %s of %s for %s (%s)",
			c.Due.Format("Mon 15:04"), c.Schedule, otherDue(c), c.Resource, span(time.Duration(c.Overlap))))
	}
	end := "."
	if f.Count > len(some) {
		end = " …"
	}
	text := fmt.Sprintf("It clashes %s in the next %s: %s%s", times(f.Count), spanOf(f), strings.Join(some, ", "), end)
	if f.Free != nil {
		text += " Free: " + freeText(*f.Free) + "."
	}
	return text
}

// otherDue is when the other slot of a clash is due, with its day if that is
// another one.
func otherDue(c client.Clash) string {
	if c.With.YearDay() == c.Due.YearDay() {
		return c.With.Format("15:04")
	}
	return c.With.Format("Mon 15:04")
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// spanOf says how far a forecast looks.
func spanOf(f client.ClashForecast) string { return span(f.To.Sub(f.From)) }

func freeText(f client.FreeTimes) string { return fmt.Sprintf("%s (%s)", f.Cron, f.Text) }
