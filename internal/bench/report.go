package bench

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
)

// A Report is what a benchmark found.
type Report struct {
	Bench       string       `json:"bench"`
	Setting     string       `json:"setting"` // what was measured, in one line
	Machine     Machine      `json:"machine"`
	Sides       []string     `json:"sides"` // the columns
	Figures     []Figure     `json:"figures"`
	Comparisons []Comparison `json:"comparisons"`
}

// A Machine is where it was measured.
type Machine struct {
	CPUs  int    `json:"cpus"`
	Go    string `json:"go"`
	Redis string `json:"redis"` // version and persistence

	// Others is the percentage of the processor time that went to others while
	// it was measured.
	Others float64 `json:"others_percent"`
}

// A Figure is one thing that was measured, for each side that it was measured
// for.
type Figure struct {
	Name   string               `json:"name"`
	Unit   string               `json:"unit"`
	Values map[string]float64   `json:"values"`           // by side
	Rounds map[string][]float64 `json:"rounds,omitempty"` // what the values are the medians of
}

// A Comparison is one ratio of two figures and the sentence that says it.
type Comparison struct {
	Text  string  `json:"text"`
	Ratio float64 `json:"ratio"`
}

// measured makes the report of a benchmark: it tells where it was measured, and
// what measure adds.
func (b *Bed) measured(ctx context.Context, bench, setting string, sides []string, measure func(*Report) error) (Report, error) {
	r, err := b.newReport(ctx, bench, setting, sides)
	if err != nil {
		return r, err
	}
	if err := b.fresh(ctx); err != nil {
		return r, err
	}
	since, err := b.listen(ctx)
	if err != nil {
		return r, err
	}
	if err := measure(&r); err != nil {
		return r, err
	}
	r.trimSides()
	r.Machine.Others, err = b.share(ctx, since)
	return r, err
}

func (b *Bed) newReport(ctx context.Context, bench, setting string, sides []string) (Report, error) {
	r := Report{Bench: bench, Setting: setting, Sides: sides, Figures: []Figure{}, Comparisons: []Comparison{}}
	r.Machine = Machine{CPUs: runtime.NumCPU(), Go: runtime.Version()}
	server, err := b.info(ctx, "server")
	if err != nil {
		return r, err
	}
	persistence, err := b.info(ctx, "persistence")
	r.Machine.Redis = server["redis_version"] + ", " + persists(persistence)
	return r, err
}

func persists(persistence map[string]string) string {
	if persistence["aof_enabled"] == "1" {
		return "AOF on"
	}
	return "AOF off"
}

// add adds a figure that was measured once.
func (r *Report) add(name, unit, side string, value float64) {
	if i := slices.IndexFunc(r.Figures, func(f Figure) bool { return f.Name == name }); i >= 0 {
		r.Figures[i].Values[side] = value
		return
	}
	r.Figures = append(r.Figures, Figure{Name: name, Unit: unit, Values: map[string]float64{side: value}})
}

// addRounds adds the medians of a figure for the sides that have it.
func (r *Report) addRounds(name, unit string, all results) {
	f := Figure{Name: name, Unit: unit, Values: map[string]float64{}, Rounds: map[string][]float64{}}
	for _, side := range r.Sides {
		if rounds := all.of(side, name); len(rounds) > 0 {
			f.Values[side], f.Rounds[side] = median(rounds), rounds
		}
	}
	if len(f.Values) > 0 {
		r.Figures = append(r.Figures, f)
	}
}

// value returns a figure of a side, if both are there.
func (r *Report) value(name, side string) (float64, bool) {
	for _, f := range r.Figures {
		if f.Name == name {
			v, ok := f.Values[side]
			return v, ok
		}
	}
	return 0, false
}

// compare adds the ratio of a figure between two sides, said by a sentence with
// one %.2f for it. Where either is missing there is nothing to compare.
func (r *Report) compare(name, side, to, format string) {
	a, ok := r.value(name, side)
	b, also := r.value(name, to)
	if ok && also && b > 0 {
		r.say(a/b, format)
	}
}

// compareCost is [Report.compare] for figures of which less is better.
func (r *Report) compareCost(name, side, to, format string) { r.compare(name, to, side, format) }

func (r *Report) say(ratio float64, format string) {
	text := format
	if strings.Contains(format, "%") {
		text = fmt.Sprintf(format, ratio)
	}
	r.Comparisons = append(r.Comparisons, Comparison{text, ratio})
}

// trimSides drops the columns that hold nothing.
func (r *Report) trimSides() {
	r.Sides = slices.DeleteFunc(r.Sides, func(side string) bool {
		return !slices.ContainsFunc(r.Figures, func(f Figure) bool { _, ok := f.Values[side]; return ok })
	})
}
