package ops_test

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/testservers"
)

func TestMain(m *testing.M) { testservers.Main(m) }

var realRun = flag.Bool("real", false, "scrape a real run with a real Prometheus: some minutes")

// TestEveryQueryShowsARealRun takes some minutes; `make ops-test` runs it.
func TestEveryQueryShowsARealRun(t *testing.T) {
	if !*realRun {
		t.Skip("this takes minutes; -real runs it")
	}
	if _, err := exec.LookPath("prometheus"); err != nil {
		t.Fatal("prometheus is not installed: make ops-test installs it")
	}
	began := time.Now()
	s := open(t)
	s.watch()
	s.settle()
	s.give()
	s.trouble()
	s.depose()
	s.term()
	s.give()
	s.eventually("how the sync stands, which is read now and then", func() bool {
		found, err := s.ask("beadle_sync_last_success_timestamp_seconds", began)
		return err == nil && found.points() > 0
	})
	time.Sleep(scrapes)
	s.judgeMetrics()
	s.judgeRules()
	s.judgePages()
	s.judgeQueries(began)
}

// judgeMetrics has promtool look at what each kind of process serves.
func (s *site) judgeMetrics() {
	s.t.Helper()
	for _, addr := range []string{s.schedulers[0], s.workers[0], s.workers[1]} {
		promtool(s.t, strings.NewReader(s.metrics(addr)), "check", "metrics")
	}
}

// judgePages follows the links of the boards to the pages.
func (s *site) judgePages() {
	s.t.Helper()
	for name, b := range readBoards(s.t) {
		for _, path := range b.pages() {
			resp, err := http.Get("http://" + s.schedulers[0] + path)
			if err != nil {
				s.t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				s.t.Errorf("%s leads to %s, which answers %s", name, path, resp.Status)
			}
		}
	}
}

// judgeRules wants Prometheus to be able to judge every alert by real data, and
// says which of them went off.
func (s *site) judgeRules() {
	s.t.Helper()
	var answer struct {
		Groups []struct {
			Rules []struct{ Name, Health, State, LastError string }
		}
	}
	if err := s.get("/api/v1/rules", nil, &answer); err != nil {
		s.t.Fatal(err)
	}
	judged := 0
	for _, g := range answer.Groups {
		for _, r := range g.Rules {
			judged++
			if r.Health != "ok" {
				s.t.Errorf("Prometheus cannot judge %s: %s %s", r.Name, r.Health, r.LastError)
			}
			if r.State != "inactive" {
				s.t.Logf("%s is %s at the end", r.Name, r.State)
			}
		}
	}
	if want := len(readAlerts(s.t)); judged != want {
		s.t.Errorf("Prometheus judges %d alerts, want %d", judged, want)
	}
}

// judgeQueries asks Prometheus all that the dashboards ask, and prints what
// came of it.
func (s *site) judgeQueries(began time.Time) {
	s.t.Helper()
	boards, unseen := readBoards(s.t), maps.Clone(eventOnly)
	panels, asked, withData, only := 0, 0, 0, 0
	for _, name := range slices.Sorted(maps.Keys(boards)) {
		for _, p := range boards[name].Panels {
			if p.Type != "row" {
				panels++
			}
		}
		for _, q := range boards[name].queries(s.t, name) {
			asked++
			delete(unseen, q.String())
			switch found, err := s.ask(q.expr, began); {
			case err != nil:
				s.t.Errorf("%s: %v\n\t%s", q, err, q.expr)
			case found.points() > 0:
				withData++
			case eventOnly[q.String()] != "":
				only++
			default:
				s.t.Errorf("%s returned nothing\n\t%s", q, q.expr)
			}
		}
	}
	for _, q := range slices.Sorted(maps.Keys(unseen)) {
		s.t.Errorf("%s is listed as event-only, and no dashboard asks for it", q)
	}
	s.summary(len(boards), panels, asked, withData, only)
}

func (s *site) summary(boards, panels, asked, withData, only int) {
	alerts, tested := readAlerts(s.t), readCases(s.t)
	fmt.Printf("\n%-42s %5s\n", "WHAT", "COUNT")
	for _, line := range []struct {
		what  string
		count int
	}{
		{"dashboards", boards},
		{"panels", panels},
		{"queries of panels, marks and variables", asked},
		{"  with data in this run", withData},
		{"  only an event makes them (listed)", only},
		{"  without data", asked - withData - only},
		{"alerts", len(alerts)},
		{"  tested to fire and to stay silent", len(tested)},
	} {
		fmt.Printf("%-42s %5d\n", line.what, line.count)
	}
}
