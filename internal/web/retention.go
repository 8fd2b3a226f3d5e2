package web

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Retention is what the pages read of how long jobs are kept, and change.
type Retention interface {
	// Policy returns the rules in their order, the most general first.
	Policy(ctx context.Context) (job.RetentionPolicy, error)

	// Preview says how many jobs would go if a rule were set, and PreviewWithout
	// how many if the one of that scope were not.
	Preview(ctx context.Context, r job.RetentionRule) (job.Prunable, error)
	PreviewWithout(ctx context.Context, r job.RetentionRule) (job.Prunable, error)
	Put(ctx context.Context, r job.RetentionRule) (before *job.RetentionRule, after job.RetentionRule, err error)
	Delete(ctx context.Context, r job.RetentionRule) (job.RetentionRule, error)

	Holds(ctx context.Context) ([]job.Hold, error)
	Hold(ctx context.Context, name string) (job.Hold, error)
	PutHold(ctx context.Context, h job.Hold) (before *job.Hold, after job.Hold, err error)
	LiftHold(ctx context.Context, name, reason string) (job.Hold, error)

	// History counts those that were removed, too.
	History(ctx context.Context, f job.HistoryFilter) ([]job.HistoryDay, error)
}

// pruneTask removes what is too old; its schedule has the same name.
const pruneTask = "beadle.prune"

type retentionPage struct {
	frame
	Sentence string
	Rules    []keptRow // the most specific first
	Base     job.Retention
	Holds    []job.Hold
	Last     *job.Job  // the last run of the task that removes
	LastSays string    // what became of it
	Next     time.Time // when it runs next; zero: it does not
	Chart    template.HTML
	May      bool
}

// A keptRow is a rule as the page shows it.
type keptRow struct {
	job.RetentionRule
	Edit, Delete string // URLs
}

// Keep is a time, or that the next rule decides.
func (r keptRow) Keep(k *job.Keep) string {
	if k == nil {
		return "–"
	}
	return k.String()
}

// retention serves GET /retention: what is kept, and for how long.
func (s *server) retention(w http.ResponseWriter, r *http.Request) error {
	page, err := s.retentionPage(r.Context())
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "retention", page)
}

func (s *server) retentionPage(ctx context.Context) (page retentionPage, err error) {
	if page.frame, err = s.frame(ctx, "Retention", "system"); err != nil {
		return page, err
	}
	policy, err := s.Retention.Policy(ctx)
	if err != nil {
		return page, fmt.Errorf("read what is kept: %w", err)
	}
	page.Base, page.May = policy.Base, page.Allows(auth.NeedAdmin)
	for _, rule := range slices.Backward(policy.Rules) {
		q := scopeQuery(rule)
		page.Rules = append(page.Rules, keptRow{rule, "/retention/edit?" + q, "/retention/delete?" + q})
	}
	if page.May {
		if page.Holds, err = s.Retention.Holds(ctx); err != nil {
			return page, fmt.Errorf("list holds: %w", err)
		}
	}
	page.Sentence = retentionSentence(page)
	if err := s.addPruning(ctx, &page); err != nil {
		return page, err
	}
	page.Chart, err = s.historyChart(ctx, historyDays)
	return page, err
}

func retentionSentence(page retentionPage) string {
	if page.Base == (job.Retention{}) && len(page.Rules) == 0 {
		return "Nothing is removed until somebody sets how long it is kept, here or in the settings."
	}
	text := "Jobs are kept for ever"
	if page.Base.Jobs > job.Forever {
		text = "Jobs are kept for " + counted(int64(page.Base.Jobs), "day", "days")
	}
	switch n := len(page.Rules); n {
	case 0:
	case 1:
		text += ", unless the rule says otherwise"
	default:
		text += fmt.Sprintf(", unless one of %d rules says otherwise", n)
	}
	return text + "."
}

// addPruning adds when what is too old was removed, and when it will be.
func (s *server) addPruning(ctx context.Context, page *retentionPage) error {
	last, err := s.Jobs.Jobs(ctx, job.Filter{Task: pruneTask, Limit: 1})
	if err != nil {
		return fmt.Errorf("list jobs: %w", err)
	}
	if len(last) > 0 {
		page.Last, page.LastSays = &last[0], capital(last[0].Progress.Stage)
	}
	schedule, err := s.Schedules.Schedule(ctx, pruneTask)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read schedule: %w", err)
	}
	next, err := s.Timetable.NextOf(ctx, []job.Schedule{schedule})
	if err != nil {
		return fmt.Errorf("work out the next run: %w", err)
	}
	page.Next = next[schedule.Name]
	return nil
}

// scopeQuery is the scope of a rule as a URL has it.
func scopeQuery(r job.RetentionRule) string {
	return url.Values{"client": {r.Client}, "tasks": {r.Tasks}}.Encode()
}
