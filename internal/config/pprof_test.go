package config_test

import (
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/config"
)

func TestWhatAsksNobodyWhoTheyAreIsOnLoopbackOnly(t *testing.T) {
	for addr, ok := range map[string]bool{
		"127.0.0.1:9090": true, "localhost:9090": true, "[::1]:9090": true, ":9090": false, "0.0.0.0:9090": false, "10.0.0.1:9090": false, "": false,
	} {
		c := config.Default()
		c.Worker.Metrics, c.Worker.Pprof = addr, true
		err := c.Validate()
		if ok && err != nil || !ok && (err == nil || !strings.Contains(err.Error(), "worker.pprof")) {
			t.Errorf("worker.pprof at %q: %v", addr, err)
		}
	}
}

func TestTracesGoToAnAddress(t *testing.T) {
	for _, traces := range []config.Traces{{Endpoint: "collector:4318", Ratio: 1}, {Endpoint: "http://collector:4318", Ratio: 1.5}, {Ratio: -1}} {
		c := config.Default()
		c.Traces = traces
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "traces.") {
			t.Errorf("%+v: %v", traces, err)
		}
	}
}
