package cli

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/cron"
)

func cronCmd(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cron",
		Short: "Explain, translate and try cron expressions; needs no server",
	}
	cmd.AddCommand(cronExplainCmd(env), cronParseCmd(env), cronConvertCmd(env), cronNextCmd(env))
	return group(cmd)
}

// A lookout is which firings of an expression are asked for: so many, in a
// zone, from a time on.
type lookout struct {
	zone, from string
	n          int
}

// maxFirings bounds how many firings of one expression are listed.
const maxFirings = 1000

func (l *lookout) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&l.zone, "zone", "", "time zone, such as Europe/Berlin (default UTC)")
	flags.StringVar(&l.from, "from", "", "list firings after this time: 2026-09-01T08:00:00Z, or “2026-09-01 08:00” in the zone (default now)")
	flags.IntVarP(&l.n, "count", "n", 5, "how many firings to list, at most 1000")
}

// place returns the zone and the time to look from. The zone that was named in
// the text itself, if any, must be the one that the flag names.
func (l *lookout) place(env *Env, named string) (*time.Location, time.Time, error) {
	switch {
	case l.zone == "" && named == "":
		l.zone = "UTC"
	case l.zone == "":
		l.zone = named
	case named != "" && named != l.zone:
		return nil, time.Time{}, fault.New(fault.Invalid, "the text says in %s and --zone says %s; leave one of them out", named, l.zone).In("zone")
	}
	if err := checkCount(l.n); err != nil {
		return nil, time.Time{}, err
	}
	zone, err := cron.Zone(l.zone)
	if err != nil {
		return nil, time.Time{}, fault.New(fault.Invalid, "%v", err).In("zone")
	}
	from, err := env.timeFlag("from", l.from, zone)
	return zone, from, err
}

// checkCount refuses to list so many firings.
func checkCount(n int) error {
	if n < 1 || n > maxFirings {
		return fault.New(fault.Invalid, "-n must be from 1 to %d, not %d", maxFirings, n).In("count")
	}
	return nil
}

// timeFlag reads a flag's time in that zone; it is now if the flag is empty.
func (env *Env) timeFlag(name, text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return env.Now(), nil
	}
	if t, ok := timeIn(text, zone); ok {
		return t, nil
	}
	return time.Time{}, fault.New(fault.Invalid, "--%s must be a time such as 2026-09-01T08:00:00Z or “2026-09-01 08:00”, not %q", name, text).In(name)
}

// timeIn reads a time as programs write it, or as people do in that zone.
func timeIn(text string, zone *time.Location) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// firings returns the next n firings after from; fewer if there are no more.
func firings(t cron.Trigger, from time.Time, zone *time.Location, n int) []time.Time {
	all := make([]time.Time, 0, min(n, maxFirings))
	for len(all) < n {
		next, ok := t.Next(from, zone)
		if !ok {
			break
		}
		all = append(all, next)
		from = next
	}
	return all
}
