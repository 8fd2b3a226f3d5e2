package ops_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A shown is one query of a dashboard, as Grafana sends it.
type shown struct {
	board string // "operator"
	panel string // its title; of a mark or a variable: its name
	expr  string
}

func (s shown) String() string { return s.board + ": " + s.panel }

// A board is what is read of a dashboard's file.
type board struct {
	UID    string
	Links  []struct{ URL string }
	Panels []struct {
		Type, Title string
		Targets     []struct{ Expr string }
		Links       []struct{ URL string }
	}
	Annotations struct{ List []struct{ Name, Expr string } }
	Templating  struct {
		List []struct{ Name, Type, Query string }
	}
}

// variable is one of Grafana's own, or a board's, in a query.
var variable = regexp.MustCompile(`\$\w+`)

// asPicked puts in place of variables what a reader gets who chooses nothing.
func asPicked(expr string) string {
	return variable.ReplaceAllStringFunc(expr, func(name string) string {
		if name == "$__rate_interval" {
			return "1m"
		}
		return ".*"
	})
}

// labelValues asks for the values of a label of a metric.
var labelValues = regexp.MustCompile(`^label_values\((\w+), (\w+)\)$`)

// queries returns all that a board asks of Prometheus: its panels, its marks
// and the values of its variables.
func (b board) queries(t *testing.T, name string) (all []shown) {
	t.Helper()
	for _, p := range b.Panels {
		for _, target := range p.Targets {
			all = append(all, shown{name, p.Title, asPicked(target.Expr)})
		}
	}
	for _, mark := range b.Annotations.List {
		all = append(all, shown{name, mark.Name, asPicked(mark.Expr)})
	}
	for _, v := range b.Templating.List {
		if v.Type != "query" {
			continue
		}
		parts := labelValues.FindStringSubmatch(v.Query)
		if parts == nil {
			t.Fatalf("%s: the variable %s has a query of another kind: %s", name, v.Name, v.Query)
		}
		all = append(all, shown{name, v.Name, "count by (" + parts[2] + ") (" + parts[1] + ")"})
	}
	return all
}

// pages returns the paths of Beadle's pages that a board leads to.
func (b board) pages() []string {
	links := slices.Clone(b.Links)
	for _, p := range b.Panels {
		links = append(links, p.Links...)
	}
	found := map[string]bool{}
	for _, link := range links {
		if path, ours := strings.CutPrefix(link.URL, "${beadle}"); ours {
			found[path] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// readBoards returns the dashboards by name.
func readBoards(t *testing.T) map[string]board {
	t.Helper()
	files, err := filepath.Glob("../deploy/grafana/dashboards/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dashboards: %v", err)
	}
	all := map[string]board{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var b board
		if err := json.Unmarshal(text, &b); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".json")] = b
	}
	return all
}

func TestQueriesAreAskedAsGrafanaDoes(t *testing.T) {
	got := asPicked(`sum(rate(a_total{queue=~"$queue"}[$__rate_interval]))`)
	if want := `sum(rate(a_total{queue=~".*"}[1m]))`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestEachReaderHasABoard(t *testing.T) {
	boards := readBoards(t)
	for _, name := range []string{"operator", "administrator", "campus"} {
		if b := boards[name]; b.UID != "beadle-"+name || len(b.queries(t, name)) < 20 {
			t.Errorf("the board %s is missing, or asks for little: %+v", name, b.UID)
		}
	}
}
