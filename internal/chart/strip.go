package chart

import (
	"html/template"
	"math"
)

// A Strip shows what became of things in a row, the oldest on the left: the kind
// by its look, an amount by its height. Amounts may differ a thousandfold, so
// the height grows with their logarithm; it is the table that gives figures.
type Strip struct {
	ID     string // of the page, and no other chart's
	Title  string
	Desc   string   // what there is to see, in a sentence or two
	Head   []string // of the table
	Points []Point  // a Value below 0 is no amount, and drawn over the whole height

	Columns  int     // the least number of points that there is room for
	Top      float64 // the least amount that is drawn over the whole height
	From, To string  // what stands below the first point and the last
}

// Draw returns the figure with a key of its looks; nothing if there is no point.
func (s Strip) Draw() template.HTML {
	if len(s.Points) == 0 {
		return ""
	}
	top := max(s.Top, 1)
	for _, p := range s.Points {
		top = max(top, p.Value)
	}
	f := figure{ID: s.ID, Kind: "strip", Title: s.Title, Desc: s.Desc, Head: s.Head, From: s.From, To: s.To, Few: len(s.Points) < s.Columns, Key: key(s.ID, s.Points), Patterns: patterns(s.ID, s.Points)}
	f.Boxes = row(s.ID, s.Points, s.Columns, func(p Point) float64 { return stripHeight(p.Value, top) })
	return f.draw()
}

// shortest is the height of no amount at all: its look has to be seen.
const shortest = .18

func stripHeight(value, top float64) float64 {
	if value < 0 {
		return 1
	}
	return shortest + (1-shortest)*math.Log1p(value)/math.Log1p(top)
}

// key explains the looks of points and counts them, in the order in which they
// come.
func key(id string, points []Point) (all []entry) {
	at := map[Look]int{}
	for _, p := range points {
		if p.Look.Word == "" {
			continue
		}
		i, known := at[p.Look]
		if !known {
			i = len(all)
			at[p.Look] = i
			all = append(all, entry{Look: p.Look, Paint: paint(id, p.Look)})
		}
		all[i].Count++
	}
	return all
}
