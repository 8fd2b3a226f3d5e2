package chart_test

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/chart"
)

// A tag is a start tag of a drawing, with the text directly after it.
type tag struct {
	name  string
	attrs map[string]string
	text  string
}

// parse reads a drawing, which must be well formed.
func parse(t *testing.T, drawing string) (all []tag) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(drawing))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("not well formed: %v\n%s", err, drawing)
		}
		switch token := token.(type) {
		case xml.StartElement:
			one := tag{name: token.Name.Local, attrs: map[string]string{}}
			for _, a := range token.Attr {
				one.attrs[a.Name.Local] = a.Value
			}
			all = append(all, one)
		case xml.CharData:
			if len(all) > 0 {
				all[len(all)-1].text += string(token)
			}
		}
	}
}

// values returns that attribute, or the text if it is empty, of each tag of
// that name whose class begins like that.
func values(tags []tag, name, class, attr string) (all []string) {
	for _, one := range tags {
		if one.name != name || !strings.HasPrefix(one.attrs["class"], class) {
			continue
		}
		if attr == "" {
			all = append(all, strings.TrimSpace(one.text))
		} else if v, ok := one.attrs[attr]; ok {
			all = append(all, v)
		}
	}
	return all
}

func minutes(n ...float64) (points []chart.Point) {
	for _, m := range n {
		points = append(points, chart.Point{Value: m, Cells: []string{"3 Sep", "some min", ""}, URL: "/jobs/1", Look: chart.Look{Colour: "queued"}})
	}
	return points
}

func TestTwiceAsTallIsTwiceAsMuch(t *testing.T) {
	tags := parse(t, string(chart.Bars{ID: "b", Points: minutes(2, 4, 8, 0), Line: 4, Columns: 10}.Draw()))
	if diff := cmp.Diff([]string{"25.00%", "50.00%", "100.00%", "4.00%"}, values(tags, "rect", "box", "height")); diff != "" {
		t.Errorf("heights (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"0.00%", "10.00%", "20.00%", "30.00%"}, values(tags, "rect", "reach", "x")); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
	if got := values(tags, "line", "", "y1"); !slices.Equal(got, []string{"50.00%"}) {
		t.Errorf("the line is at %s", got)
	}
}

func TestAllBarsAreDrawnThoughAllAreNothing(t *testing.T) {
	tags := parse(t, string(chart.Bars{ID: "b", Points: minutes(0, 0)}.Draw()))
	if got := values(tags, "rect", "box", "height"); !slices.Equal(got, []string{"4.00%", "4.00%"}) {
		t.Errorf("heights are %s", got)
	}
}

func TestAStripShowsSecondsBesideHours(t *testing.T) {
	tags := parse(t, string(chart.Strip{ID: "s", Points: minutes(0, 60, 3600, -1), Top: 3600}.Draw()))
	if diff := cmp.Diff([]string{"18.00%", "59.16%", "100.00%", "100.00%"}, values(tags, "rect", "box", "height")); diff != "" {
		t.Errorf("heights (-want +got):\n%s", diff)
	}
}

func TestWithoutPointsThereIsNoChart(t *testing.T) {
	if got := (chart.Bars{}).Draw() + (chart.Strip{}).Draw(); got != "" {
		t.Errorf("got %s", got)
	}
}

func TestAChartIsReadAloud(t *testing.T) {
	points := minutes(2, 4)
	points[1].Now, points[1].Cells[2] = true, "this one"
	tags := parse(t, string(chart.Bars{ID: "b", Title: "How long", Desc: "Two bars.", Head: []string{"Started", "Took", "Which"}, Points: points}.Draw()))

	byID := map[string]string{}
	for _, one := range tags {
		byID[one.attrs["id"]] = strings.TrimSpace(one.text)
	}
	for _, svg := range tags {
		if svg.name != "svg" {
			continue
		}
		var said []string
		for id := range strings.FieldsSeq(svg.attrs["aria-labelledby"]) {
			said = append(said, byID[id])
		}
		if svg.attrs["role"] != "img" || !slices.Equal(said, []string{"How long", "Two bars."}) {
			t.Errorf("a %s says %q", svg.attrs["role"], said)
		}
	}
	if diff := cmp.Diff([]string{"3 Sep, some min, this one", "3 Sep, some min"}, []string{values(tags, "title", "", "")[2], values(tags, "title", "", "")[1]}); diff != "" {
		t.Errorf("tooltips, the newest first (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Started", "Took", "Which"}, values(tags, "th", "", "")); diff != "" {
		t.Errorf("head of the table (-want +got):\n%s", diff)
	}
	if got := values(tags, "tr", "", "aria-current"); !slices.Equal(got, []string{"true"}) {
		t.Errorf("marked rows: %q", got)
	}
	if got := values(tags, "a", "", "href"); !slices.Equal(got, []string{"/jobs/1", "/jobs/1"}) {
		t.Errorf("links of the table: %q", got)
	}
}

func TestLooksAreToldApartWithoutColour(t *testing.T) {
	late, missed, skipped := chart.Look{"Late", "waiting", chart.Slanted}, chart.Look{"Missed", "failed", chart.Crossed}, chart.Look{"Skipped", "aborted", chart.Hollow}
	points := minutes(1, 1, 1, 1)
	points[0].Look, points[1].Look, points[2].Look, points[3].Look = late, missed, late, skipped
	tags := parse(t, string(chart.Strip{ID: "s", Points: points}.Draw()))

	patterns := values(tags, "pattern", "", "id")
	if diff := cmp.Diff([]string{"s-waiting-slanted", "s-failed-crossed"}, patterns); diff != "" {
		t.Errorf("patterns (-want +got):\n%s", diff)
	}
	for _, paint := range values(tags, "rect", "box", "fill") {
		if id := strings.TrimSuffix(strings.TrimPrefix(paint, "url(#"), ")"); !slices.Contains(patterns, id) {
			t.Errorf("there is no pattern %s", paint)
		}
	}
	if diff := cmp.Diff([]string{"2", "1", "1"}, values(tags, "span", "count", "")); diff != "" {
		t.Errorf("the key counts (-want +got):\n%s", diff)
	}
}

func TestHostileTextStaysText(t *testing.T) {
	for _, evil := range []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `javascript:alert(1)`, "{{.}}"} {
		points := minutes(1)
		points[0].Cells, points[0].URL, points[0].Look.Word = []string{evil, evil}, evil, evil
		for _, one := range parse(t, string(chart.Strip{ID: "s", Title: evil, Desc: evil, From: evil, Head: []string{evil}, Points: points}.Draw())) {
			if one.name == "script" || one.name == "img" || strings.HasPrefix(one.attrs["href"], "javascript:") {
				t.Errorf("%q became <%s %v>", evil, one.name, one.attrs)
			}
		}
	}
}
