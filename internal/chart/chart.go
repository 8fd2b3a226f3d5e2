// Package chart draws the dashboard's charts: SVG made in Go, which needs no
// script and no library, and which a browser shows as soon as it has the page.
//
// A chart is a value. Fill in [Bars] or a [Strip] and call Draw; what comes out
// is one <figure> to be put into a page:
//
//	chart.Bars{
//		ID: "usual", Title: "How long the last jobs took",
//		Desc: "Three jobs, of 2 to 5 minutes.",
//		Head: []string{"Started", "Took"},
//		Points: []chart.Point{{Value: 120, Cells: []string{"3 Sep, 09:00", "2 min"}}, …},
//	}.Draw()
//
// It says everything three times. Those who see it read heights, colours and
// patterns. A screen reader hears one image with a title and a description. And
// below it is a table in words, folded away, with a row for each point and the
// links, which would be too small to hit in the drawing. So every point needs
// its cells, and a chart never is the only place of a fact.
//
// The drawing has no colours of its own. A [Look] names a class of the
// dashboard's stylesheet, which sets --c for the light and the dark theme, and a
// [Fill], so that two looks can be told apart by who sees no colours. Lengths
// across are shares of the figure, which is as wide as its place; lengths down
// are too. Nothing is stretched, and no text is in the drawing, so it reads well
// at any width.
//
// Texts may come from anywhere: they are escaped.
package chart

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
)

// A Fill is how an area is filled. Each can be told from the others without
// colour.
type Fill string

// The fills. All but the first are patterns in the colour of the look.
const (
	Solid   Fill = ""
	Slanted Fill = "slanted" // lines that rise
	Falling Fill = "falling" // lines that fall
	Level   Fill = "level"   // lines across
	Upright Fill = "upright" // lines down
	Crossed Fill = "crossed" // lines both ways
	Dotted  Fill = "dotted"
	Hollow  Fill = "hollow" // an edge only
)

// tiles are what a pattern repeats, as paths on six by six pixels.
var tiles = map[Fill]string{
	Slanted: "M-1 1l2-2M0 6l6-6M5 7l2-2",
	Falling: "M-1 5l2 2M0 0l6 6M5-1l2 2",
	Level:   "M0 1h6M0 4h6",
	Upright: "M1 0v6M4 0v6",
	Crossed: "M0 6l6-6M0 0l6 6",
	Dotted:  "M1 1h1M4 4h1",
}

// A Look is how points of one kind are drawn.
type Look struct {
	Word   string // of the key; empty: it has none
	Colour string // a class of the stylesheet that sets --c
	Fill   Fill
}

// A Point is one thing that is drawn, and what is said of it.
type Point struct {
	Value float64  // how tall it is, from 0; what counts is how it compares
	Cells []string // its row of the table
	URL   string   // where the first cell leads; empty: nowhere
	Look  Look
	Now   bool // the one that the page is about
}

// Says is the point in one text.
func (p Point) Says() string {
	var said []string
	for _, cell := range p.Cells {
		if cell != "" {
			said = append(said, cell)
		}
	}
	return strings.Join(said, ", ")
}

// least is the share of the height that the smallest point has, so that it can
// be seen.
const least = .04

// A box is a point with its place, in shares of the figure.
type box struct {
	Point
	Left, Wide, Top, Tall string
	ReachLeft, ReachWide  string // of the area whose tooltip it is
	Paint                 string // of a pattern; empty: that of its class
}

// row places points beside each other, each in one of at least so many columns.
// A height of 1 is as tall as it gets.
func row(id string, points []Point, columns int, height func(Point) float64) []box {
	wide := 100 / float64(max(columns, len(points), 1))
	boxes := make([]box, len(points))
	for i, p := range points {
		tall := 100 * min(max(height(p), least), 1)
		boxes[i] = box{
			Point: p, Left: share((float64(i) + .14) * wide), Wide: share(.72 * wide), Top: share(100 - tall), Tall: share(tall),
			ReachLeft: share(float64(i) * wide), ReachWide: share(wide), Paint: paint(id, p.Look),
		}
	}
	return boxes
}

func share(percent float64) string { return fmt.Sprintf("%.2f%%", percent) }

// paint is the pattern of a look in the chart of that id.
func paint(id string, l Look) string {
	if tiles[l.Fill] == "" {
		return ""
	}
	return "url(#" + patternID(id, l) + ")"
}

func patternID(id string, l Look) string { return id + "-" + l.Colour + "-" + string(l.Fill) }

// A pattern is one look's fill.
type pattern struct{ ID, Colour, Tile string }

// patterns returns the fills that points need, each once.
func patterns(id string, points []Point) (all []pattern) {
	seen := map[string]bool{}
	for _, p := range points {
		if name := patternID(id, p.Look); tiles[p.Look.Fill] != "" && !seen[name] {
			seen[name] = true
			all = append(all, pattern{name, p.Look.Colour, tiles[p.Look.Fill]})
		}
	}
	return all
}

// A figure is what the template draws.
type figure struct {
	ID, Kind, Title, Desc string
	Boxes                 []box
	Patterns              []pattern
	Line                  string // how far down a line across is; empty: none
	From, To              string
	Few                   bool // there are fewer points than columns
	Key                   []entry
	Head                  []string
}

// An entry explains one look.
type entry struct {
	Look
	Paint string
	Count int
}

func (f figure) draw() template.HTML {
	var b strings.Builder
	if err := drawing.Execute(&b, f); err != nil {
		return template.HTML(template.HTMLEscapeString("The chart cannot be drawn: " + err.Error()))
	}
	return template.HTML(b.String()) // the template has escaped what is in it
}

// Reversed returns the boxes from the last on, as a table has them: what is
// newest is on top.
func (f figure) Reversed() []box {
	last := make([]box, 0, len(f.Boxes))
	for _, b := range slices.Backward(f.Boxes) {
		last = append(last, b)
	}
	return last
}

var drawing = template.Must(template.New("figure").Parse(`<figure class="chart {{.Kind}}">
<svg role="img" aria-labelledby="{{.ID}}-title {{.ID}}-desc"><title id="{{.ID}}-title">{{.Title}}</title><desc id="{{.ID}}-desc">{{.Desc}}</desc>
{{with .Patterns}}<defs>{{range .}}<pattern id="{{.ID}}" width="6" height="6" patternUnits="userSpaceOnUse" class="{{.Colour}}"><path d="{{.Tile}}"></path></pattern>{{end}}</defs>
{{end}}{{range .Boxes}}<g class="{{.Look.Colour}}{{if .Now}} now{{end}}"><title>{{.Says}}</title><rect class="reach" x="{{.ReachLeft}}" y="0" width="{{.ReachWide}}" height="100%"></rect><rect class="box {{.Look.Fill}}" x="{{.Left}}" y="{{.Top}}" width="{{.Wide}}" height="{{.Tall}}" rx="1.5"{{with .Paint}} fill="{{.}}"{{end}}></rect></g>
{{end}}{{with .Line}}<line class="mark" x1="0" x2="100%" y1="{{.}}" y2="{{.}}"></line>
{{end}}</svg>
{{if .From}}{{if .Few}}<p class="ends few">{{.From}}{{if ne .From .To}} to {{.To}}{{end}}</p>{{else}}<p class="ends"><span>{{.From}}</span> <span>{{.To}}</span></p>{{end}}
{{end}}{{with .Key}}<ul class="key">{{range .}}<li><svg class="swatch {{.Colour}}" aria-hidden="true"><rect class="box {{.Fill}}" x="1" y="1" width="12" height="12" rx="1.5"{{with .Paint}} fill="{{.}}"{{end}}></rect></svg>{{.Word}} <span class="count">{{.Count}}</span></li>{{end}}</ul>
{{end}}<details><summary>In words<span class="hidden">: {{.Title}}</span></summary><table class="list"><thead><tr>{{range .Head}}<th scope="col">{{.}}</th>{{end}}</tr></thead><tbody>
{{range .Reversed}}<tr{{if .Now}} aria-current="true"{{end}}>{{$url := .URL}}{{range $i, $cell := .Cells}}<td>{{if and $url (eq $i 0)}}<a href="{{$url}}">{{$cell}}</a>{{else}}{{$cell}}{{end}}</td>{{end}}</tr>
{{end}}</tbody></table></details>
</figure>`))
