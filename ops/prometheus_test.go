package ops_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/beadle-jobs/beadle/internal/trial/journal"
	"github.com/beadle-jobs/beadle/internal/trial/process"
)

// every is how often the Prometheus of the test scrapes and judges.
const every = "2s"

// scrapes is how long some scrapes take.
const scrapes = 6 * time.Second

// A configuration is what is read of Prometheus' own.
type configuration struct {
	Global    map[string]string `yaml:"global"`
	RuleFiles []string          `yaml:"rule_files"`
	Scrape    []scrape          `yaml:"scrape_configs"`
}

type scrape struct {
	Job    string                `yaml:"job_name"`
	Static []map[string][]string `yaml:"static_configs"`
}

// configure writes the configuration that is shipped, with the processes of
// the test in place of those that a name server knows.
func (s *site) configure() string {
	s.t.Helper()
	text, err := os.ReadFile("../deploy/prometheus/prometheus.yml")
	if err != nil {
		s.t.Fatal(err)
	}
	var c configuration
	if err := yaml.Unmarshal(text, &c); err != nil {
		s.t.Fatal(err)
	}
	c.Global["scrape_interval"], c.Global["evaluation_interval"] = every, every
	for i, file := range c.RuleFiles {
		if c.RuleFiles[i], err = filepath.Abs(filepath.Join("../deploy/prometheus", file)); err != nil {
			s.t.Fatal(err)
		}
	}
	targets := map[string][]string{"scheduler": s.schedulers, "worker": s.workers}
	for i, job := range c.Scrape {
		c.Scrape[i].Static = []map[string][]string{{"targets": targets[job.Job]}}
	}
	text, err = yaml.Marshal(c)
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("prometheus.yml", string(text))
	return filepath.Join(s.dir, "prometheus.yml")
}

// watch starts a Prometheus that scrapes all processes.
func (s *site) watch() {
	s.t.Helper()
	file := s.configure()
	promtool(s.t, nil, "check", "config", file)
	s.prometheus = s.address()
	s.run(&process.Process{
		Name: "prometheus", Dir: s.dir, Mark: func(journal.Sunk) {}, Say: func(string, ...any) {},
		Command: func(string) *exec.Cmd {
			return exec.Command("prometheus", "--config.file="+file, "--storage.tsdb.path="+filepath.Join(s.dir, "tsdb"), "--web.listen-address="+s.prometheus)
		},
	})
	s.eventually("scrape of every process", func() bool {
		up, err := s.ask("sum(up)", time.Now().Add(-time.Minute))
		return err == nil && up.last() == float64(len(s.schedulers)+len(s.workers))
	})
}

// A result is what Prometheus says to a query over a time.
type result []struct {
	Values [][2]any // time and value
}

// points counts the values that are numbers.
func (r result) points() (n int) {
	for _, series := range r {
		for _, v := range series.Values {
			if v[1] != "NaN" {
				n++
			}
		}
	}
	return n
}

// last is the newest value of the only series.
func (r result) last() float64 {
	if len(r) != 1 || len(r[0].Values) == 0 {
		return 0
	}
	v, _ := strconv.ParseFloat(r[0].Values[len(r[0].Values)-1][1].(string), 64) // it may be no number
	return v
}

// ask asks Prometheus about the time from then on.
func (s *site) ask(query string, from time.Time) (result, error) {
	var answer struct{ Result result }
	err := s.get("/api/v1/query_range", url.Values{
		"query": {query}, "start": {from.Format(time.RFC3339)}, "end": {time.Now().Format(time.RFC3339)}, "step": {every},
	}, &answer)
	return answer.Result, err
}

// get reads what Prometheus' API answers.
func (s *site) get(path string, query url.Values, data any) error {
	resp, err := http.Get("http://" + s.prometheus + path + "?" + query.Encode())
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer := struct {
		Error string
		Data  any
	}{Data: data}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return err
	}
	if answer.Error != "" {
		return fmt.Errorf("prometheus says: %s", answer.Error)
	}
	return nil
}

// metrics returns what a process serves.
func (s *site) metrics(addr string) string {
	s.t.Helper()
	resp, err := http.Get("http://" + addr + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %s, %v", addr, resp.Status, err)
	}
	return string(body)
}

// promtool runs it and fails the test unless it is content.
func promtool(t *testing.T, in io.Reader, args ...string) {
	t.Helper()
	cmd := exec.Command("promtool", args...)
	cmd.Stdin = in
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
