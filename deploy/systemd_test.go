package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

var units = []string{"beadle-scheduler.service", "beadle-worker@.service", "beadle.target"}

// placed returns a folder of the units, with programs that exist.
func placed(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, program := range []string{"scheduler", "worker"} {
		if err := os.WriteFile(filepath.Join(dir, program), []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, unit := range units {
		text := strings.ReplaceAll(read(t, "deploy/systemd/"+unit), "/usr/local/bin/", dir+"/")
		if err := os.WriteFile(filepath.Join(dir, unit), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// analyze runs systemd-analyze, and skips the test where there is none.
func analyze(t *testing.T, args ...string) (string, error) {
	t.Helper()
	program, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed: apt-get install systemd")
	}
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "SYSTEMD_LOG_LEVEL=warning", "LC_ALL=C", "SYSTEMD_PAGER=")
	said, err := cmd.CombinedOutput()
	return string(said), err
}

func TestSystemdTakesTheUnitsAsTheyAre(t *testing.T) {
	dir := placed(t)
	for _, unit := range units {
		said, err := analyze(t, "verify", "--man=no", filepath.Join(dir, unit))
		if err != nil {
			t.Errorf("%s: %v\n%s", unit, err, said)
		}
		for line := range strings.Lines(said) {
			if strings.Contains(line, "beadle") {
				t.Errorf("%s: %s", unit, line)
			}
		}
	}
}

// Of 10, which is a service that may do anything.
const mostExposed = "2.0"

func TestTheServicesMayDoLittle(t *testing.T) {
	dir := placed(t)
	for _, unit := range units[:2] {
		threshold := strconv.Itoa(int(must(t, mostExposed) * 10)) // in tenths
		said, err := analyze(t, "security", "--offline=yes", "--no-pager", "--threshold="+threshold, filepath.Join(dir, unit))
		if err != nil {
			t.Errorf("%s is exposed by more than %s: %v\n%s", unit, mostExposed, err, said)
		}
		level := regexp.MustCompile(`Overall exposure level for \S+: (\S+)`).FindStringSubmatch(said)
		if level == nil {
			t.Fatalf("%s: %s", unit, said)
		}
		t.Logf("%s: exposure %s", unit, level[1])
	}
}

func must(t *testing.T, number string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(number, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// setting returns the value that a unit gives a setting last.
func setting(t *testing.T, unit, name string) string {
	t.Helper()
	all := regexp.MustCompile(`(?m)^`+name+`=(.*)$`).FindAllStringSubmatch(read(t, "deploy/systemd/"+unit), -1)
	if len(all) == 0 {
		t.Fatalf("%s does not say %s", unit, name)
	}
	return all[len(all)-1][1]
}

func TestAWorkerOfSystemdHasTimeToDrain(t *testing.T) {
	drain, err := time.ParseDuration(setting(t, "beadle-worker@.service", "Environment=BEADLE_WORKER_DRAIN"))
	if err != nil {
		t.Fatal(err)
	}
	stop := time.Duration(must(t, setting(t, "beadle-worker@.service", "TimeoutStopSec"))) * time.Second
	if stop <= drain {
		t.Errorf("it is killed after %s, and may need %s", stop, drain)
	}
}

func TestUnitsHaveTheirSecretsFromFiles(t *testing.T) {
	for _, unit := range units[:2] {
		text := read(t, "deploy/systemd/"+unit)
		for _, e := range regexp.MustCompile(`(?m)^Environment=(\w+)=(.*)$`).FindAllStringSubmatch(text, -1) {
			if !namesAFile(e[1], e[2]) {
				t.Errorf("%s has a secret in %s", unit, e[1])
			}
			if file, ok := strings.CutPrefix(e[2], "%d/"); ok && !strings.Contains(text, "LoadCredential="+file+":/etc/beadle/secrets/"+file+"\n") {
				t.Errorf("%s: nobody brings %s", unit, file)
			}
		}
		for _, wrong := range []string{"WatchdogSec", "Type=notify"} {
			if strings.Contains(text, wrong) {
				t.Errorf("%s says %s, and the programs tell systemd nothing", unit, wrong)
			}
		}
	}
}
