package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/beadle-jobs/beadle/internal/trial/check"
)

// write prints what came of a rolling run: tables for people, and a line of
// JSON.
func (r rolled) write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\nrestart\tended\tgone after\tworks again after\n")
	for _, s := range r.Restarts {
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", s.Process, howEnded(s), round(s.Drain), round(s.Ready))
	}
	fmt.Fprintf(t, "wait for the first attempt\tjobs\tp50\tp99\tmax\n")
	for _, p := range r.Phases {
		fmt.Fprintf(t, "  %s\t%d\t%s\t%s\t%s\n", p.Name, p.Jobs, round(p.P50), round(p.P99), round(p.Max))
	}
	fmt.Fprintf(t, "must not happen\tcount\n")
	for _, row := range faulty(r.Report) {
		fmt.Fprintf(t, "  %s\t%d\n", row.what, row.n)
	}
	fmt.Fprintf(t, "  attempts lost\t%d\n", r.Outcomes["lost"])
	fmt.Fprintf(t, "  answers broken off, or not in time\t%d\n", r.Rebuffs[broken]+r.Rebuffs[silent])
	fmt.Fprintf(t, "may happen\n")
	for _, row := range append(common(r.Report), [2]string{"questions that another scheduler had to answer", counts(r.Rebuffs)}) {
		fmt.Fprintf(t, "  %s\t%s\n", row[0], row[1])
	}
	fmt.Fprintf(t, "  jobs a second\t%.0f\n", r.Rate)
	if err := t.Flush(); err != nil {
		return err
	}
	list(w, r.Findings)
	return json.NewEncoder(w).Encode(struct {
		OK bool `json:"ok"`
		rolled
	}{r.ok(), r})
}

func howEnded(s restart) string {
	if s.Well {
		return "well"
	}
	return "badly"
}

// A count is how often something happened.
type count struct {
	what string
	n    int
}

// faulty are the counts that must be 0 in a run where every job can end well.
func faulty(r check.Report) (all []count) {
	for _, kind := range check.Kinds {
		all = append(all, count{words(string(kind)), r.Counts[kind]})
	}
	return append(all, count{"jobs failed", r.States["failed"]}, count{"attempts used", r.Failures})
}

// common are what may happen in every run.
func common(r check.Report) [][2]string {
	return [][2]string{
		{"jobs acknowledged", fmt.Sprint(r.Acknowledged)},
		{"jobs", counts(r.States)},
		{"attempts", counts(r.Outcomes)},
		{"slots", fmt.Sprintf("%s; the latest %.1f s after it was due", counts(r.Timetable), r.Lag)},
		{"writes accepted, refused", fmt.Sprintf("%d, %d", r.Writes, r.Denied)},
	}
}

// writeSevered prints what came of the cuts: a column for each host, and a line
// of JSON for each.
func writeSevered(w io.Writer, all []severed) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(what string, of func(severed) any) {
		fmt.Fprint(t, what)
		for _, s := range all {
			fmt.Fprintf(t, "\t%v", of(s))
		}
		fmt.Fprintln(t)
	}
	fmt.Fprintln(t)
	row("cut off", func(s severed) any { return s.Host })
	row("  for", func(s severed) any { return s.Cut })
	fmt.Fprintln(t, "must not happen")
	for i, c := range faulty(check.Report{}) {
		row("  "+c.what, func(s severed) any { return faulty(s.Report)[i].n })
	}
	fmt.Fprintln(t, "may happen")
	row("  jobs acknowledged", func(s severed) any { return s.Acknowledged })
	row("  ended during the cut", func(s severed) any { return s.During })
	row("  attempts lost", func(s severed) any { return s.Outcomes["lost"] })
	row("  attempts given back", func(s severed) any { return s.Outcomes["interrupted"] })
	row("  slots", func(s severed) any { return sum(s.Timetable) })
	for _, outcome := range []string{"ran", "ran_late", "caught_up", "skipped", "missed", "paused"} {
		row("    "+words(outcome), func(s severed) any { return s.Timetable[outcome] })
	}
	row("  writes accepted", func(s severed) any { return s.Writes })
	row("  writes refused", func(s severed) any { return s.Denied })
	row("  longest from acceptance to end", func(s severed) any { return round(s.Longest) })
	row("  first job ended after the cut", func(s severed) any { return round(s.First) })
	row("  all from before its end had begun", func(s severed) any { return round(s.Left) })
	if err := t.Flush(); err != nil {
		return err
	}
	for _, s := range all {
		if err := json.NewEncoder(w).Encode(struct {
			OK bool `json:"ok"`
			severed
		}{s.ok(), s}); err != nil {
			return err
		}
	}
	return nil
}

func sum(m map[string]int) (n int) {
	for _, v := range m {
		n += v
	}
	return n
}
