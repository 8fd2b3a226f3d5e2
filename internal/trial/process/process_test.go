package process_test

import (
	"os/exec"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/journal"
	"github.com/beadle-jobs/beadle/internal/trial/process"
)

func TestAProcessThatEndsByItselfIsStartedAgain(t *testing.T) {
	marks := make(chan journal.Fault, 100)
	p := &process.Process{
		Name: "p", Dir: t.TempDir(),
		Command: func(incarnation string) *exec.Cmd {
			if incarnation == "p.1" {
				return exec.Command("true")
			}
			return exec.Command("sleep", "60")
		},
		Mark: func(s journal.Sunk) { marks <- s.Fault },
		Say:  t.Logf,
	}
	if err := p.Begin(); err != nil {
		t.Fatal(err)
	}
	defer p.Kill()
	for _, want := range []journal.Fault{journal.Started, journal.Died, journal.Started} {
		select {
		case got := <-marks:
			if got != want {
				t.Fatalf("mark = %s, want %s", got, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("no mark %s", want)
		}
	}
}
