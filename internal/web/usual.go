package web

import (
	"context"
	"fmt"
	"html/template"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/chart"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A usualView is how long jobs like one take, and how it compares.
type usualView struct {
	Text  string // empty: no job like it has succeeded
	Chart template.HTML
	usual job.Usual
}

var (
	lookOther = chart.Look{Colour: "queued"}
	looksOwn  = map[bool]chart.Look{false: {Colour: "running"}, true: {Colour: "failed", Fill: chart.Slanted}}
)

// usual compares j with the jobs of its schedule, or else of its task.
func (s *server) usual(ctx context.Context, j job.Job) (usualView, error) {
	recent, err := s.Jobs.RecentDurations(ctx, j.Schedule, j.Task, j.Client, job.UsualJobs+1)
	if err != nil {
		return usualView{}, fmt.Errorf("read how long jobs like %s took: %w", j.ID, err)
	}
	others, usual := job.Beside(j.ID, recent)
	view := usualView{Text: usual.Compare(j, s.now()), usual: usual}
	if usual.Of > 0 {
		view.Chart = s.usualChart(j, others, usual)
	}
	return view, nil
}

func (s *server) usualChart(j job.Job, others []job.Lasted, usual job.Usual) template.HTML {
	all := withOwn(j, others, s.now())
	bars := chart.Bars{
		ID: "took", Title: "How long the last jobs like this one took", Head: []string{"Started", "Took", "Which"},
		Line: usual.Median.Seconds(), Columns: job.UsualJobs + 1,
		From: s.short(all[0].Started), To: s.short(all[len(all)-1].Started),
	}
	bars.Desc = fmt.Sprintf("%s, the oldest first; the line across is what is usual, %s. %s", capital(counted(int64(len(all)), "bar", "bars")), job.Around(usual.Median), usual.Compare(j, s.now()))
	for _, one := range all {
		bars.Points = append(bars.Points, s.durationBar(one, j.ID, usual))
	}
	return bars.Draw()
}

func (s *server) durationBar(one job.Lasted, own string, usual job.Usual) chart.Point {
	p := chart.Point{Value: one.Took.Seconds(), Cells: []string{s.short(one.Started), job.Around(one.Took), ""}, URL: jobPath(one.JobID), Look: lookOther}
	if one.JobID == own {
		p.Now, p.Cells[2], p.Look = true, "this one", looksOwn[one.Took > 2*usual.Median && one.Took > usual.Long+time.Second]
	}
	return p
}

// withOwn returns the others and j, if it has begun, by when they started.
func withOwn(j job.Job, others []job.Lasted, now time.Time) []job.Lasted {
	all := slices.Clone(others)
	if j.Started != nil {
		all = append(all, job.Lasted{JobID: j.ID, Started: *j.Started, Took: max(span(j.Started, j.Ended, now), 0)})
	}
	slices.SortStableFunc(all, func(a, b job.Lasted) int { return a.Started.Compare(b.Started) })
	return all
}

// short is a time in a chart: to the minute, in the zone of the dashboard.
func (s *server) short(t time.Time) string { return t.In(s.Zone).Format("2 Jan, 15:04") }

// leftAsUsual adds to a meter how long the job will take if it is like the
// others. It is asked only where the job's own progress does not tell.
func leftAsUsual(m meter, j job.Job, usual job.Usual, now time.Time) meter {
	if j.State != job.Running || j.Progress.Done > 0 && j.Progress.Total > 0 {
		return m
	}
	if left, ok := usual.Left(span(j.Started, nil, now)); ok && j.Started != nil {
		m.Text = capital(join(" · ", m.Text, "about "+job.Around(left)+" left, if it is as usual"))
	}
	return m
}
