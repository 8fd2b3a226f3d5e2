package timetable

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/cron"
)

// english is the dialect of words. It is never stored: what they mean is.
const english = "english"

// spellOut returns r as it is stored: what it leaves empty as in the default
// rule, and words as the cron that they mean.
func spellOut(r job.Rule) (job.Rule, error) {
	r, err := inCron(r)
	def := job.DefaultRule()
	r.Zone, r.JitterBy = cmp.Or(r.Zone, def.Zone), cmp.Or(r.JitterBy, def.JitterBy)
	r.Overlap, r.CatchUp = cmp.Or(r.Overlap, def.Overlap), cmp.Or(r.CatchUp, def.CatchUp)
	if isNull(r.Args) {
		r.Args = def.Args
	}
	return r, err
}

// inCron returns r with its dialect, which is worked out if it is empty, and
// with words as the cron that they mean. Words may name the zone too, if r does
// not name another.
func inCron(r job.Rule) (job.Rule, error) {
	r.Cron = strings.TrimSpace(r.Cron)
	if r.Dialect == "" {
		r.Dialect = dialectOf(r.Cron)
	}
	if r.Dialect != english || r.Cron == "" {
		return r, nil
	}
	return fromEnglish(r)
}

// interval is how an interval begins, and how one with an anchor goes on. Only
// the words "every 45 minutes" alone could be both, and are English.
var interval = regexp.MustCompile(`(?i)^\s*\d+\s*(second|minute|hour|day|week)s?\b|^.*\bfrom\s+\d{4}-`)

// dialectOf returns what somebody who does not say it writes in.
func dialectOf(text string) string {
	switch {
	case interval.MatchString(text):
		return string(cron.Intervals)
	case looksLikeCron(text):
		return string(cron.Detect(text))
	}
	return english
}

// looksLikeCron reports whether text begins as only cron does: with a field or
// two without letters, or with an @.
func looksLikeCron(text string) bool {
	fields := strings.Fields(text)
	if len(fields) == 0 || fields[0][0] == '@' {
		return true
	}
	for _, f := range fields[:min(2, len(fields))] {
		if strings.Trim(f, "0123456789*/,-?") != "" {
			return false
		}
	}
	return true
}

func fromEnglish(r job.Rule) (job.Rule, error) {
	s, zone, err := cron.ParseEnglish(r.Cron)
	if err != nil {
		return r, refusal(err).In("cron")
	}
	if zone != "" && r.Zone != "" && zone != r.Zone {
		return r, fault.New(fault.Invalid, "The words say in %s, and the zone is %s; write the same zone in both, or leave it out of the words.", zone, shorten(r.Zone)).In("cron")
	}
	r.Dialect, r.Cron, r.Zone = string(s.Dialect()), s.String(), cmp.Or(r.Zone, zone)
	return r, nil
}
