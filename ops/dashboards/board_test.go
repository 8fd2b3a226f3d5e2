package main

import (
	"os"
	"strings"
	"testing"
)

func TestTheFilesAreUpToDate(t *testing.T) {
	for _, b := range boards() {
		file, err := os.ReadFile("../../deploy/grafana/dashboards/" + b.file())
		if err != nil {
			t.Fatal(err)
		}
		if string(file) != string(b.render()) {
			t.Errorf("%s is not what is described here: run go generate ./ops/dashboards", b.file())
		}
	}
}

func TestEveryPanelSaysWhatItMeansAndWhatToDo(t *testing.T) {
	for _, b := range boards() {
		seen := map[string]bool{}
		for _, r := range b.rows {
			for _, p := range r.panels {
				if p.title == "" || p.means == "" || p.do == "" || p.unit == "" || len(p.show) == 0 || seen[p.title] {
					t.Errorf("%s, %s: the panel %q lacks its meaning, what to do, its unit or a query, or is there twice", b.name, r.title, p.title)
				}
				seen[p.title] = true
			}
		}
	}
}

func TestPanelsStandBesideEachOther(t *testing.T) {
	for _, b := range boards() {
		taken := map[[2]int]any{}
		for _, p := range b.layout() {
			at := p["gridPos"].(object)
			for x := at["x"].(int); x < at["x"].(int)+at["w"].(int); x++ {
				for y := at["y"].(int); y < at["y"].(int)+at["h"].(int); y++ {
					if other := taken[[2]int{x, y}]; other != nil || x >= columns {
						t.Fatalf("%s: %q stands where %q is, or outside", b.name, p["title"], other)
					}
					taken[[2]int{x, y}] = p["title"]
				}
			}
		}
	}
}

func TestQuantilesReadTheBucketsOfAHistogram(t *testing.T) {
	got := quantiles("a_seconds", `{x="y"}`, "task", "{{task}} ")
	want := `histogram_quantile(0.95, sum by (le, task) (rate(a_seconds_bucket{x="y"}[$__rate_interval])))`
	if got[1].expr != want || !strings.HasSuffix(got[1].legend, "95 in 100") {
		t.Errorf("%+v, want %s", got[1], want)
	}
}
