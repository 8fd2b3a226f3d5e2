package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/check"
)

// examples is how many findings of each kind are printed.
const examples = 5

// write prints the judgement: a table for people, and a line of JSON.
func write(w io.Writer, s settings, took timing, r check.Report) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\nmust not happen\tcount\n")
	for _, kind := range check.Kinds {
		fmt.Fprintf(t, "  %s\t%d\n", words(string(kind)), r.Counts[kind])
	}
	fmt.Fprintf(t, "may happen\n")
	for _, row := range rows(took, r) {
		fmt.Fprintf(t, "  %s\t%s\n", row[0], row[1])
	}
	if err := t.Flush(); err != nil {
		return err
	}
	list(w, r.Findings)
	return json.NewEncoder(w).Encode(struct {
		Seed uint64        `json:"seed"`
		Jobs int           `json:"jobs"`
		Span time.Duration `json:"span_ns"`
		OK   bool          `json:"ok"`
		timing
		check.Report
	}{s.seed, s.jobs, s.span, r.OK(), took, r})
}

func rows(took timing, r check.Report) [][2]string {
	ended := 0
	for _, n := range r.States {
		ended += n
	}
	all := [][2]string{
		{"faults", counts(r.Faults)},
		{"jobs acknowledged", fmt.Sprint(r.Acknowledged)},
		{"jobs", counts(r.States)},
		{"attempts", counts(r.Outcomes)},
		{"writes accepted, refused", fmt.Sprintf("%d, %d", r.Writes, r.Denied)},
		{"attempts of thawed processes beside their successors", fmt.Sprintf("%d, the last gone %s after its thaw", r.Zombies, round(r.Slowest))},
		{"aborts acknowledged, of running jobs, p99 of those", fmt.Sprintf("%d, %d, %s", r.Aborts, r.Running, round(r.AbortP99))},
		{"processes that ended by themselves", fmt.Sprint(r.Died)},
		{"restarts of Redis that lost something", fmt.Sprint(r.RedisLosses)},
	}
	if took.Total > 0 {
		all = append(all,
			[2]string{"all acknowledged after", round(took.Load).String()},
			[2]string{"work left after the faults", leftFor(took)},
			[2]string{"jobs a second, faults and all", fmt.Sprintf("%.0f", float64(ended)/took.Total.Seconds())})
	}
	return all
}

func leftFor(took timing) string {
	if !took.Drained {
		return "not all ended in " + round(took.Drain).String()
	}
	return "all ended in " + round(took.Drain).String()
}

func round(d time.Duration) time.Duration { return d.Round(time.Millisecond) }

// counts says {killed: 3, frozen: 2} as people write it.
func counts[K ~string](m map[K]int) string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		all = append(all, fmt.Sprintf("%s %d", words(string(k)), m[k]))
	}
	return strings.Join(all, ", ")
}

func words(name string) string { return strings.ReplaceAll(name, "_", " ") }

// list prints the first findings of each kind.
func list(w io.Writer, findings []check.Finding) {
	seen := map[check.Kind]int{}
	for _, f := range findings {
		if seen[f.Kind]++; seen[f.Kind] <= examples {
			fmt.Fprintf(w, "%s: %s\n", words(string(f.Kind)), f.What)
		}
	}
}
