package config_test

import (
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

func TestNothingIsRemovedUntilSomebodySaysSo(t *testing.T) {
	if got := config.Default().Retention.Base(); got != (job.Retention{Jobs: job.Forever, Errors: job.Forever, Logs: job.Forever}) {
		t.Errorf("without settings things are kept for %+v", got)
	}
}

func TestReadsHowLongThingsAreKept(t *testing.T) {
	c, err := load(t, "retention: {jobs: forever, logs: 7d}", "BEADLE_RETENTION_ERRORS=90d")
	if want := (config.Retention{Jobs: job.Forever, Errors: 90, Logs: 7}); err != nil || c.Retention != want {
		t.Errorf("retention = %+v, %v", c.Retention, err)
	}
	_, err = load(t, "retention: {jobs: 12h}")
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.Message(err), "days such as 400d") {
		t.Errorf("half a day: %v", err)
	}
}
