package web

import (
	"context"
	"fmt"
	"html/template"
	"time"

	"github.com/beadle-jobs/beadle/internal/chart"
	"github.com/beadle-jobs/beadle/internal/job"
)

// historyDays is how many days the chart of the history has.
const historyDays = 30

// A dayCount is what ended on one day.
type dayCount struct {
	jobs, pruned int64
	of           map[job.State]int64
}

// historyChart draws how many jobs ended on each of the last days.
func (s *server) historyChart(ctx context.Context, days int) (template.HTML, error) {
	today := s.Now().UTC().Truncate(job.Day)
	first := today.AddDate(0, 0, 1-days)
	all, err := s.Retention.History(ctx, job.HistoryFilter{From: first})
	if err != nil {
		return "", fmt.Errorf("read the history of jobs: %w", err)
	}
	counts := map[time.Time]dayCount{}
	var sum int64
	for _, d := range all {
		c := counts[d.Day]
		if c.of == nil {
			c.of = map[job.State]int64{}
		}
		c.jobs, c.pruned, sum = c.jobs+d.Jobs, c.pruned+d.Pruned, sum+d.Jobs
		c.of[d.State] += d.Jobs
		counts[d.Day] = c
	}
	bars := chart.Bars{
		ID: "history", Title: "Jobs that ended on each day", Desc: fmt.Sprintf("%s in %d days, by days in UTC.", counted(sum, "job", "jobs"), days),
		Head: []string{"Day", "Ended", "Succeeded", "Failed", "Aborted", "Expired", "Removed since"}, From: first.Format("2 Jan"), To: "today",
	}
	for day := first; !day.After(today); day = day.AddDate(0, 0, 1) {
		bars.Points = append(bars.Points, dayPoint(day, counts[day]))
	}
	return bars.Draw(), nil
}

// dayPoint is a day of the chart: one on which jobs failed looks different.
func dayPoint(day time.Time, c dayCount) chart.Point {
	look := chart.Look{Colour: "succeeded"}
	switch {
	case c.jobs == 0:
		look.Colour = "queued"
	case c.of[job.Failed] > 0:
		look = chart.Look{Colour: "failed", Fill: chart.Slanted}
	}
	cells := []string{day.Format("2 Jan 2006"), number(c.jobs)}
	for _, state := range []job.State{job.Succeeded, job.Failed, job.Aborted, job.Expired} {
		cells = append(cells, number(c.of[state]))
	}
	return chart.Point{Value: float64(c.jobs), Cells: append(cells, number(c.pruned)), Look: look}
}
