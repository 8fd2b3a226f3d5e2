package cli

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/cron"
)

func cronExplainCmd(env *Env) *cobra.Command {
	var look lookout
	var dialect string
	cmd := &cobra.Command{
		Use:   "explain EXPR",
		Short: "Say in words when an expression fires, and list the next times",
		Long: `Explain says what an expression means: in words, in both dialects of cron where
that is possible, when it fires next, and what is odd about it. Five fields are
unix cron, six or seven Quartz; English and intervals are understood, too.`,
		Example: `  jobctl cron explain "0 15 10 ? * 6L" --zone Europe/Berlin
  jobctl cron explain "*/5 9-17 * * mon-fri"
  jobctl cron explain "90 minutes from 2026-01-05 08:00"`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, exprs []string) error {
			return env.explain(exprs[0], cron.Dialect(dialect), look)
		},
	}
	look.flags(cmd)
	cmd.Flags().StringVar(&dialect, "dialect", "", "unix, quartz, every or english (default: what it looks like)")
	return cmd
}

func cronParseCmd(env *Env) *cobra.Command {
	var look lookout
	cmd := &cobra.Command{
		Use:   "parse TEXT",
		Short: "Turn plain English into cron",
		Long: `Parse reads English and prints it as cron, in both dialects where that is
possible. Every word counts: what it does not understand, or what may be meant
in two ways, is refused with what to write instead.`,
		Example: `  jobctl cron parse "the last friday of every month at 10:15"
  jobctl cron parse "weekdays at 8:30 in Europe/Berlin" -o json`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, texts []string) error {
			return env.explain(texts[0], english, look)
		},
	}
	look.flags(cmd)
	return cmd
}

// An explanation is all that there is to say about an expression.
type explanation struct {
	Text     string       `json:"text"` // in words, canonical
	Dialect  cron.Dialect `json:"dialect"`
	Cron     string       `json:"cron"` // as it was written; of English, its cron
	Unix     string       `json:"unix,omitempty"`
	Quartz   string       `json:"quartz,omitempty"`
	WhyNot   string       `json:"why_not,omitempty"` // there is no such expression in the other dialect
	Zone     string       `json:"zone"`
	Next     []firing     `json:"next"`
	Warnings []string     `json:"warnings,omitempty"`
}

// A firing is a time as clocks of a zone show it, and for programs.
type firing struct {
	Local time.Time `json:"local"`
	UTC   time.Time `json:"utc"`
}

func (env *Env) explain(text string, dialect cron.Dialect, look lookout) error {
	trigger, named, err := readExpression(text, dialect)
	if err != nil {
		return err
	}
	zone, from, err := look.place(env, named)
	if err != nil {
		return err
	}
	e := explanationOf(trigger, zone, from)
	for _, at := range firings(trigger, from, zone, look.n) {
		e.Next = append(e.Next, firing{at.In(zone), at.UTC()})
	}
	return env.print(e, func() { env.printExplanation(e) })
}

// explanationOf says everything about a trigger but when it fires next.
func explanationOf(t cron.Trigger, zone *time.Location, from time.Time) explanation {
	e := explanation{Text: t.Describe(), Dialect: dialectOf(t), Cron: t.String(), Zone: zone.String(), Next: []firing{}}
	s, ok := t.(cron.Schedule)
	if !ok {
		return e
	}
	var noUnix, noQuartz error
	e.Warnings = s.Warnings(zone, from)
	e.Unix, noUnix = s.Unix()
	e.Quartz, noQuartz = s.Quartz()
	if wrong, ok := errors.AsType[*cron.Error](errors.Join(noUnix, noQuartz)); ok {
		e.WhyNot = reason(wrong)
	}
	return e
}

func (env *Env) printExplanation(e explanation) {
	t := &table{out: env.Out}
	t.row("words", e.Text)
	if e.Dialect == cron.Intervals {
		t.row("every", e.Cron)
	} else {
		t.row(sides(e.Dialect, e)...)
		t.row(sides(otherDialect(e.Dialect), e)...)
	}
	t.row("zone", e.Zone)
	for _, w := range e.Warnings {
		t.row("warning", w)
	}
	t.end()
	env.say("")
	env.printFirings(e.Next)
}

// sides is the row of one dialect.
func sides(d cron.Dialect, e explanation) []string {
	text := e.Unix
	if d == cron.Quartz {
		text = e.Quartz
	}
	if text == "" {
		text = "cannot say it: " + e.WhyNot
	}
	return []string{string(d), text}
}

func otherDialect(d cron.Dialect) cron.Dialect {
	if d == cron.Quartz {
		return cron.Unix
	}
	return cron.Quartz
}

func (env *Env) printFirings(all []firing) {
	if len(all) == 0 {
		env.say("It never fires after that time.")
		return
	}
	t := env.table("next", "utc")
	for _, f := range all {
		t.row(clock(f.Local), f.UTC.Format(time.RFC3339))
	}
	t.end()
}

// clock writes a time as a calendar and a clock on the wall show it.
func clock(t time.Time) string {
	layout := "Mon 2006-01-02 15:04 MST"
	if t.Second() != 0 {
		layout = "Mon 2006-01-02 15:04:05 MST"
	}
	return t.Format(layout)
}

// inZone is t with the name of its zone, of which JSON keeps the offset only.
func inZone(t time.Time, name string) time.Time {
	if zone, err := cron.Zone(name); err == nil {
		return t.In(zone)
	}
	return t
}
