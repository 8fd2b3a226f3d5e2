package chart

import "html/template"

// Bars compare amounts, the oldest on the left. They begin at 0, so that twice
// as tall is twice as much.
type Bars struct {
	ID     string // of the page, and no other chart's
	Title  string
	Desc   string   // what there is to see, in a sentence or two
	Head   []string // of the table
	Points []Point

	Line     float64 // a value that is marked across all bars; 0: none
	Columns  int     // the least number of bars that there is room for: few bars stay slim
	From, To string  // what stands below the first bar and the last
}

// Draw returns the figure; nothing if there is no bar.
func (b Bars) Draw() template.HTML {
	if len(b.Points) == 0 {
		return ""
	}
	most := b.Line
	for _, p := range b.Points {
		most = max(most, p.Value)
	}
	most = max(most, 1e-9) // all are 0
	f := figure{ID: b.ID, Kind: "bars", Title: b.Title, Desc: b.Desc, Head: b.Head, From: b.From, To: b.To, Few: len(b.Points) < b.Columns, Patterns: patterns(b.ID, b.Points)}
	f.Boxes = row(b.ID, b.Points, b.Columns, func(p Point) float64 { return p.Value / most })
	if b.Line > 0 {
		f.Line = share(100 - 100*min(b.Line/most, 1))
	}
	return f.draw()
}
