package main

// A board is one dashboard.
type board struct {
	name  string // of its file and its address in Grafana
	about string // who reads it, and which question it answers
	picks []pick
	pages []page
	rows  []row
}

func (b board) file() string { return b.name + ".json" }

// A pick narrows a board to what its reader chooses.
type pick struct{ label, of string } // the values of a label of a metric

// A page is one of Beadle's own, where more is told and something can be done.
type page struct{ title, path string }

type row struct {
	title  string
	panels []panel
}

// A panel answers one question.
type panel struct {
	title string
	means string
	do    string
	shape shape
	unit  unit
	amber float64 // from this on it is worth a look; 0: never
	red   float64 // from this on it is wrong; 0: never
	page  page
	show  []query
}

// A query is one line of a panel, or one for each value of the labels that the
// legend names.
type query struct{ expr, legend string }

type shape string

const (
	number shape = "stat"
	lines  shape = "timeseries"
	areas  shape = "areas" // lines on top of each other
	table  shape = "table"
)

// A unit is one of Grafana's names of units.
type unit string

const (
	count     unit = "short"
	perSecond unit = "cps"
	seconds   unit = "s"
	share     unit = "percentunit"
	bytes     unit = "bytes"
	yes       unit = "bool_yes_no"
)

// one is a panel with a single query and its legend.
func one(expr, legend string) []query { return []query{{expr, legend}} }

// quantiles are the middle and the slow end of a histogram over the labels, which
// are separated by commas and may be none.
func quantiles(histogram, selector, labels, legend string) []query {
	by := "le"
	if labels != "" {
		by += ", " + labels
	}
	of := func(q string) string {
		return "histogram_quantile(" + q + ", sum by (" + by + ") (rate(" + histogram + "_bucket" + selector + "[$__rate_interval])))"
	}
	return []query{{of("0.5"), legend + "half"}, {of("0.95"), legend + "95 in 100"}}
}
