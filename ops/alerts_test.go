package ops_test

import (
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const (
	rulesFile   = "../deploy/prometheus/alerts.yml"
	casesFile   = "../deploy/prometheus/alerts_test.yml"
	runbookPage = "https://github.com/beadle-jobs/beadle/blob/main/docs/runbooks.md#"
)

// An alert is what Prometheus judges.
type alert struct {
	Alert, Expr string
	Labels      map[string]string
	Annotations map[string]string
}

func readAlerts(t *testing.T) (all []alert) {
	t.Helper()
	var file struct {
		Groups []struct{ Rules []alert }
	}
	read(t, rulesFile, &file)
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

func read(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// The cases of promtool.
type cases struct {
	Tests []struct {
		Name        string
		InputSeries []struct{ Series string } `yaml:"input_series"`
		Alerts      []struct {
			Name string           `yaml:"alertname"`
			Want []map[string]any `yaml:"exp_alerts"`
		} `yaml:"alert_rule_test"`
	}
}

// allIsWell is the name of the case in which every alert is silent.
const allIsWell = "all is well"

// readCases returns the alerts that have a case in which they go off and that
// are silent while all is well.
func readCases(t *testing.T) (tested []string) {
	t.Helper()
	var c cases
	read(t, casesFile, &c)
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, test := range c.Tests {
		for _, a := range test.Alerts {
			fires[a.Name] = fires[a.Name] || len(a.Want) > 0
			silent[a.Name] = silent[a.Name] || test.Name == allIsWell && len(a.Want) == 0
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fires)) {
		if fires[name] && silent[name] {
			tested = append(tested, name)
		}
	}
	return tested
}

func TestEveryAlertIsTestedToGoOffAndToBeSilent(t *testing.T) {
	tested := readCases(t)
	for _, a := range readAlerts(t) {
		if !slices.Contains(tested, a.Alert) {
			t.Errorf("%s lacks a case in which %s goes off, or in which all is well and it is silent", casesFile, a.Alert)
		}
	}
}

// metricName finds the metrics of an expression or of a series.
var metricName = regexp.MustCompile(`\b(beadle_[a-z_]+|up)\b`)

// An alert that is silent for want of data proves nothing.
func TestTheCaseInWhichAllIsWellHasEveryMetricOfTheAlerts(t *testing.T) {
	var c cases
	read(t, casesFile, &c)
	var has []string
	for _, s := range c.Tests[0].InputSeries {
		has = append(has, metricName.FindString(s.Series))
	}
	for _, a := range readAlerts(t) {
		for _, name := range metricName.FindAllString(a.Expr, -1) {
			if !slices.Contains(has, name) {
				t.Errorf("the case %q lacks %s, which %s looks at", c.Tests[0].Name, name, a.Alert)
			}
		}
	}
}

func TestEveryAlertSaysHowBadItIsAndWhereToRead(t *testing.T) {
	for _, a := range readAlerts(t) {
		if s := a.Labels["severity"]; s != "critical" && s != "warning" && s != "info" {
			t.Errorf("%s has the severity %q", a.Alert, s)
		}
		if a.Annotations["summary"] == "" || a.Annotations["description"] == "" {
			t.Errorf("%s lacks a summary or a description", a.Alert)
		}
		if got, want := a.Annotations["runbook_url"], runbookPage+strings.ToLower(a.Alert); got != want {
			t.Errorf("%s has the runbook %s, want %s", a.Alert, got, want)
		}
	}
}

func TestPromtoolIsContent(t *testing.T) {
	if _, err := exec.LookPath("promtool"); err != nil {
		t.Skip("promtool is not installed; make ops-test installs it")
	}
	promtool(t, nil, "check", "rules", rulesFile)
	promtool(t, nil, "test", "rules", casesFile)
	// The token and the name server are those of the installation.
	promtool(t, nil, "check", "config", "--syntax-only", "../deploy/prometheus/prometheus.yml")
}
