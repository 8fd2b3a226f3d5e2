package web

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// fewClashes is how many clashes are shown while one types.
const fewClashes = 3

// clashes are what a schedule as typed will have to wait for, or make wait.
type clashes struct {
	Sentence string // empty: nothing is known
	Any      bool
	Rows     []clashRow
	More     int
	Free     *job.FreeTimes
	Next     string // of the free times
	Remarks  []string
}

type clashRow struct{ Due, With, Schedule, Resource, Overlap string }

// clashes asks for the clashes of sch. A schedule that is not complete yet has
// none.
func (s *server) clashes(ctx context.Context, sch job.Schedule) (c clashes, err error) {
	if sch.Task == "" || !sch.Enabled {
		return c, nil
	}
	forecast, err := s.Timetable.Clashes(ctx, sch)
	if kind := fault.KindOf(err); err != nil && (kind == fault.Invalid || kind == fault.NotFound) {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("look for clashes: %w", err)
	}
	now, zone := s.now(), zoneOf(sch.Zone)
	c = clashes{Sentence: clashSentence(forecast), Any: forecast.Count > 0, Free: forecast.Free, Remarks: forecast.Remarks}
	for _, one := range forecast.Clashes[:min(len(forecast.Clashes), fewClashes)] {
		c.Rows = append(c.Rows, clashRow{
			Due: day(one.Due.In(zone), now), With: clockNear(one.With.In(zone), one.Due.In(zone)), Schedule: one.Schedule,
			Resource: sayResource(one.Resource), Overlap: duration(time.Duration(one.Overlap)),
		})
	}
	c.More = forecast.Count - len(c.Rows)
	if c.Free != nil {
		c.Next = day(c.Free.Next.In(zone), now)
	}
	return c, nil
}

func clashSentence(f job.ClashForecast) string {
	within := roughly(f.To.Sub(f.From)) // less than asked for if there is too much to look through
	if f.Count == 0 {
		return "In the next " + within + " it gets in the way of no other schedule."
	}
	return counted(int64(f.Count), "clash", "clashes") + " in the next " + within + ": one job has to wait for the other."
}

// clockNear writes a time beside another one: with its day only if that is
// another day.
func clockNear(t, other time.Time) string {
	if t.YearDay() == other.YearDay() {
		return t.Format("15:04")
	}
	return t.Format("Mon 2 Jan, 15:04")
}

// sayResource names a resource: all that a blocking job keeps waiting is a
// resource too.
func sayResource(name string) string {
	if client, all := strings.CutSuffix(name, "/*"); all {
		return "all resources of " + client
	}
	return name
}

// fillIn puts the free times that a form was sent with into its cron, which is
// what static/preview.js does on the spot.
func fillIn(values url.Values) {
	if cron := values.Get("use"); cron != "" {
		values.Set("cron", cron)
		values.Set("do", "preview")
	}
}
