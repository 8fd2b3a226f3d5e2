package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/errand"
	"github.com/beadle-jobs/beadle/internal/trial/journal"
)

// A regular is a schedule of a run: every so often an errand.
type regular struct {
	name    string // behind that of its task
	every   time.Duration
	catchUp string
	errand  errand.Errand
}

// regulars are the schedules of a run. One of them runs all that nobody saw
// coming, the other the latest.
var regulars = []regular{
	{"second", time.Second, "all", errand.Errand{Name: "each second", Steps: 1, StepMS: 5}},
	{"fives", 5 * time.Second, "latest", errand.Errand{Name: "each five seconds", Steps: 2, StepMS: 20}},
}

func (r regular) schedule() string { return errand.Plain + ":" + r.name }

func (r regular) path() string { return "/api/v1/schedules/" + url.PathEscape(r.schedule()) }

// interval is what the API is told: "every second" of the clock, so that its
// due times are known to everybody.
func (r regular) interval() string {
	return fmt.Sprintf("%d seconds from 2026-01-01 00:00", int(r.every.Seconds()))
}

// timetable adds the schedules.
func (a *api) timetable(ctx context.Context) error {
	for _, r := range regulars {
		body := fmt.Appendf(nil, `{"name":%q,"task":%q,"client":%q,"reason":"A proof.","rule":{"dialect":"every","cron":%q,"overlap":"allow","catch_up":%q,"args":%s}}`,
			r.schedule(), errand.Plain, clients[0], r.interval(), r.catchUp, encode(r.errand))
		if _, err := a.insist(ctx, http.MethodPost, "/api/v1/schedules", plainJSON, body); err != nil {
			return fmt.Errorf("add schedule %s: %w", r.schedule(), err)
		}
	}
	return nil
}

func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

// rest pauses the schedules, so that the work can come to its end. Their due
// times go on to have outcomes.
func (a *api) rest(ctx context.Context) error {
	for _, r := range regulars {
		body := fmt.Appendf(nil, `{"until":%q,"note":"The proof is over."}`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
		if _, err := a.insist(ctx, http.MethodPost, r.path()+"/pause", plainJSON, body); err != nil {
			return fmt.Errorf("pause schedule %s: %w", r.schedule(), err)
		}
	}
	return nil
}

// dumpSlots writes down what became of the due times from one time up to
// another.
func (a *api) dumpSlots(ctx context.Context, dir string, from, to time.Time) error {
	log, err := journal.Open(filepath.Join(dir, journal.Slots))
	if err != nil {
		return err
	}
	defer log.Close()
	for _, r := range regulars {
		due := journal.Due{Schedule: r.schedule(), Every: r.every, From: from, To: to}
		for at := from; at.Before(to); at = at.Add(window) {
			var page struct{ Slots []journal.Slot }
			query := url.Values{"from": {stamp(at)}, "to": {stamp(minTime(at.Add(window), to))}, "limit": {"500"}}
			if err := a.read(ctx, r.path()+"/slots?"+query.Encode(), &page); err != nil {
				return err
			}
			due.Slots = append(due.Slots, page.Slots...)
		}
		if err := log.Add(due); err != nil {
			return err
		}
	}
	return nil
}

// window is how long a time one page of slots covers.
const window = 4 * time.Minute

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
