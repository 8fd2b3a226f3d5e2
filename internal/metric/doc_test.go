package metric

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestEveryMetricIsExplained(t *testing.T) {
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	var explained []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(beadle_[^`]+)` \\| (counter|gauge|histogram) \\| [^|]+ \\| [^|]*\\| [^|]+ \\|$").FindAllStringSubmatch(string(text), -1) {
		explained = append(explained, row[1])
		if strings.Contains(row[1], "_total") != (row[2] == "counter") {
			t.Errorf("%s is said to be a %s", row[1], row[2])
		}
	}
	there := everyMetric()
	for _, name := range there {
		if !slices.Contains(explained, name) {
			t.Errorf("docs/metrics.md does not explain %s", name)
		}
	}
	for _, name := range explained {
		if !slices.Contains(there, name) {
			t.Errorf("docs/metrics.md explains %s, which there is not", name)
		}
	}
}

// everyMetric returns our metrics of all processes, as name{label,…}.
func everyMetric() (all []string) {
	m := New("v1", Bounds{})
	m.Jobs()
	m.Slots()
	m.HTTP()
	m.Leader()
	m.Watch(nil, nil, nil)
	m.WatchRecorder(nil)
	m.WatchStores(nil, noLedger{})
	m.WatchCampus(nil, nil)
	m.Worker(1, func() int { return 0 })
	m.Sources()
	m.Targets()
	m.Sinks()
	descs := make(chan *prometheus.Desc)
	go func() { m.registry.Describe(descs); close(descs) }()
	shape := regexp.MustCompile(`fqName: "(beadle_[^"]+)".* variableLabels: {([^}]*)}`)
	for d := range descs {
		if found := shape.FindStringSubmatch(d.String()); found != nil {
			name := found[1]
			if found[2] != "" {
				name += "{" + found[2] + "}"
			}
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

type noLedger struct{ Ledger }
