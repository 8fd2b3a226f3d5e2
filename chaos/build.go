package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// clockVariable is how many seconds the clock of a worker is wrong by.
const clockVariable = "CHAOS_CLOCK"

// build builds the programs of the run into dir/bin. The worker gets a time
// package of its own, whose time.Now is shifted: so everything in it is wrong
// about the time, libraries too. What the monotonic clock measures stays right,
// as it does on a machine whose clock is wrong.
func build(ctx context.Context, dir string) error {
	overlay, err := writeOverlay(ctx, dir)
	if err != nil {
		return fmt.Errorf("shift the clock: %w", err)
	}
	bin := filepath.Join(dir, "bin") + string(filepath.Separator)
	if err := goBuild(ctx, "-o", bin, "./cmd/scheduler", "./chaos/sink"); err != nil {
		return err
	}
	return goBuild(ctx, "-o", bin+"chaosworker", "-overlay", overlay, "./chaos/worker")
}

func goBuild(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"build"}, args...)...)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build %s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// writeOverlay writes a time package with a shifted clock and returns the file
// that tells the compiler to use it.
func writeOverlay(ctx context.Context, dir string) (file string, err error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("find the standard library: %w", err)
	}
	original := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	source, err := os.ReadFile(original)
	if err != nil {
		return "", err
	}
	shifted, err := shift(string(source))
	if err != nil {
		return "", err
	}
	replacement := filepath.Join(dir, "time.go")
	if err := os.WriteFile(replacement, []byte(shifted), 0o600); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {original: replacement}})
	if err != nil {
		return "", err
	}
	file = filepath.Join(dir, "overlay.json")
	return file, os.WriteFile(file, overlay, 0o600)
}

// shift changes the source of time.Now.
func shift(source string) (string, error) {
	for _, change := range [][2]string{
		{"import (\n", "import (\n\t\"syscall\"\n"},
		{"\tsec, nsec, mono := runtimeNow()\n\tif mono == 0 {", "\tsec, nsec, mono := runtimeNow()\n\tsec += clockShift\n\tif mono == 0 {"},
	} {
		if strings.Count(source, change[0]) != 1 {
			return "", fmt.Errorf("time.go of this Go is not as expected: it does not have %q once", change[0])
		}
		source = strings.Replace(source, change[0], change[1], 1)
	}
	return source + clockSource, nil
}

const clockSource = `
var clockShift = readClockShift()

func readClockShift() (seconds int64) {
	v, _ := syscall.Getenv("` + clockVariable + `")
	negative := v != "" && v[0] == '-'
	if negative {
		v = v[1:]
	}
	for i := range len(v) {
		seconds = 10*seconds + int64(v[i]-'0')
	}
	if negative {
		return -seconds
	}
	return seconds
}
`
