package timetable

import (
	"context"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/cron"
)

// Preview says what the rule of s means, with its next n firings. Only the rule
// has to make sense: s need not have a name or a task. Its cron may be English
// if it has no dialect, or if that is "english".
func (b *Book) Preview(ctx context.Context, s job.Schedule, n int) (job.Preview, error) {
	rule, err := spellOut(s.Rule)
	if err != nil {
		return job.Preview{}, err
	}
	if err := checkRule(rule); err != nil {
		return job.Preview{}, err
	}
	if err := b.checkCalendar(ctx, rule.Calendar); err != nil {
		return job.Preview{}, err
	}
	calendars, err := b.calendars(ctx)
	if err != nil {
		return job.Preview{}, err
	}
	s.Rule, s.Problem = rule, ""
	t, err := atlas{}.times(s, calendars)
	if err != nil {
		return job.Preview{}, err
	}
	p, now := inWords(t), b.Now()
	p.Next = firings([]job.Schedule{s}, calendars, now, min(max(n, 1), mostFirings))
	p.Warnings = warnings(t, p.Next, now)
	return p, nil
}

// inWords returns what t is, in each of the languages that can say it.
func inWords(t times) job.Preview {
	p := job.Preview{Text: t.trigger.Describe(), Dialect: t.Dialect, Cron: t.Cron}
	if s, ok := t.trigger.(cron.Schedule); ok {
		p.Unix, _ = s.Unix()
		p.Quartz, _ = s.Quartz()
	}
	return p
}

// warnings say what is allowed, and may still not be what was meant.
func warnings(t times, next []job.Firing, now time.Time) (texts []string) {
	if s, ok := t.trigger.(cron.Schedule); ok {
		texts = s.Warnings(t.zone, now)
	}
	if len(next) == 0 {
		return append(texts, "It never runs: it has no due time from now on.")
	}
	skipped := 0
	for _, f := range next {
		if f.Skipped {
			skipped++
		}
	}
	if skipped == len(next) && t.Enabled {
		texts = append(texts, "None of the next due times will run.")
	}
	return texts
}
