package web

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
)

// few is how many of anything the overview shows.
const few = 6

// fewGroups is how many groups of errors it shows.
const fewGroups = 5

type overviewPage struct {
	frame
	Light    chip
	Sentence string
	Figures  []figure
	Now      []jobRow
	Queues   []pastQueue
	WaitsOf  string // which jobs say how long one stands in a queue; empty: none do
	Builds   []buildMark
	Next     []job.Firing
	Errors   []job.ErrorGroup // of the last day, most first
	Chart    template.HTML    // of what ended on the last days; empty: that is not known

	SeesChanges bool // today's, from the audit
	Changes     []auditRow
}

// A figure is a number that leads to what it counts.
type figure struct{ Word, Value, URL string }

// home serves GET /: the overview for whoever sees what others do, and their
// jobs for everybody else.
func home(w http.ResponseWriter, r *http.Request) error {
	to := "/jobs"
	if auth.Of(r.Context()).Anywhere(auth.See) {
		to = "/overview"
	}
	http.Redirect(w, r, to, http.StatusFound)
	return nil
}

// overview serves GET /overview: whether all is well, on one screen.
func (s *server) overview(w http.ResponseWriter, r *http.Request) error {
	page, err := s.overviewPage(r.Context())
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "overview", page)
}

func (s *server) overviewPage(ctx context.Context) (page overviewPage, err error) {
	if page.frame, err = s.frame(ctx, "Overview", "overview"); err != nil {
		return page, err
	}
	var queues queuesPage
	if err := s.addQueues(ctx, &queues); err != nil {
		return page, err
	}
	workers, err := s.Workers.Workers(ctx)
	if err != nil {
		return page, fmt.Errorf("list workers: %w", err)
	}
	if page.Queues, page.WaitsOf, err = s.waitsIn(ctx, queues.Queues); err != nil {
		return page, err
	}
	page.Builds = buildMarks(workers)
	page.Figures = figures(page.counts, workers)
	late, missed, err := s.lateness(ctx)
	if err != nil {
		return page, err
	}
	page.Light, page.Sentence = light(s.troubles(page.frame, queues, workers, late, missed))
	if err := s.addLists(ctx, &page); err != nil {
		return page, err
	}
	return page, s.addPast(ctx, &page)
}

// addLists adds what runs, what is next and what goes wrong.
func (s *server) addLists(ctx context.Context, page *overviewPage) error {
	now := s.now()
	running, err := s.Jobs.Jobs(ctx, job.Filter{States: []job.State{job.Running}, Limit: few})
	if err != nil {
		return fmt.Errorf("list jobs: %w", err)
	}
	for _, j := range running {
		page.Now = append(page.Now, rowOf(j, now))
	}
	if page.Next, err = s.Forecast(ctx, "", now, few); err != nil {
		return fmt.Errorf("forecast: %w", err)
	}
	groups, err := s.Errors.ErrorGroups(ctx, job.ErrorFilter{From: now.Add(-24 * time.Hour), Limit: 50})
	if err != nil {
		return fmt.Errorf("list groups of errors: %w", err)
	}
	slices.SortStableFunc(groups, func(x, y job.ErrorGroup) int { return cmp.Compare(y.Errors, x.Errors) })
	page.Errors = groups[:min(len(groups), fewGroups)]
	return nil
}

func figures(counts map[job.State]int64, workers []job.Worker) []figure {
	places, busy := 0, 0
	for _, w := range workers {
		places, busy = places+w.Concurrency, busy+len(w.Running)
	}
	all := make([]figure, 0, 5)
	for _, state := range []job.State{job.Running, job.Queued, job.Waiting, job.Retrying} {
		all = append(all, figure{chipOf(state).Word, number(counts[state]), "/jobs?state=" + string(state)})
	}
	return append(all, figure{"Places in use", fmt.Sprintf("%d of %d", busy, places), "/workers"})
}

// troubles are what keeps jobs from being done, in words, the worst first. bad
// says that nothing goes on as it is.
func (s *server) troubles(of frame, queues queuesPage, workers []job.Worker, late, missed int64) (bad bool, all []string) {
	stuck := 0
	for _, w := range workers {
		stuck += len(w.Stuck)
	}
	if len(workers) == 0 {
		bad, all = true, append(all, "no worker is up")
	}
	if unsafe := len(s.Unsafe()); unsafe > 0 {
		bad, all = true, append(all, "Redis may lose jobs")
	}
	for _, one := range []struct {
		n         int64
		one, many string
	}{
		{int64(stuck), "job is stuck", "jobs are stuck"},
		{missed, "schedule missed its last slot", "schedules missed their last slot"},
		{late, "schedule was late", "schedules were late"},
		{of.counts[job.Held], "job is held", "jobs are held"},
		{of.Plans, "plan is held", "plans are held"},
		{resting(queues.Queues), "queue is paused", "queues are paused"},
		{unstaffed(queues.Queues), "queue has jobs and no worker", "queues have jobs and no worker"},
	} {
		if one.n > 0 {
			all = append(all, counted(one.n, one.one, one.many))
		}
	}
	return bad, all
}

func resting(rows []queueRow) (n int64) {
	for _, q := range rows {
		if q.Pause != nil {
			n++
		}
	}
	return n
}

func unstaffed(rows []queueRow) (n int64) {
	for _, q := range rows {
		if q.Staff == 0 && q.Queued > 0 {
			n++
		}
	}
	return n
}

// light says in one look and one sentence whether all is well.
func light(bad bool, troubles []string) (chip, string) {
	sentence := capital(strings.Join(troubles, ", ")) + "."
	switch {
	case bad:
		return chip{"Stopped", "failed", "failed"}, sentence
	case len(troubles) > 0:
		return chip{"Look here", "alert", "waiting"}, sentence
	}
	return chip{"All is well", "check", "succeeded"}, "Jobs start when they are due, and nothing waits for a person."
}
