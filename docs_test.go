package beadle_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
)

// goCode finds the blocks of Go in a page.
var goCode = regexp.MustCompile("(?s)```go\n(.*?)```")

func TestTheCodeOfTheManualCompiles(t *testing.T) {
	page, err := os.ReadFile("docs/writing-tasks.md")
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := os.ReadFile("pkg/tasks/manual_test.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := goCode.FindAllSubmatch(page, -1)
	if len(blocks) == 0 {
		t.Fatal("the page has no code")
	}
	for _, block := range blocks {
		code := string(block[1])
		if strings.HasPrefix(code, "package main\n") {
			builds(t, code)
		} else if !strings.Contains(string(compiled), code) {
			t.Errorf("pkg/tasks/manual_test.go does not have this code of docs/writing-tasks.md:\n%s", code)
		}
	}
}

// builds builds a program of one file.
func builds(t *testing.T, code string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	vet := append(append([]string{"vet"}, builtWith()...), file)
	if out, err := exec.Command("go", vet...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, out, code)
	}
}

// builtWith returns the flags that this test was built with: with others,
// every package that the program needs would be compiled anew.
func builtWith() (flags []string) {
	build, _ := debug.ReadBuildInfo()
	for _, setting := range build.Settings {
		switch setting.Key {
		case "-race", "-gcflags":
			flags = append(flags, setting.Key+"="+setting.Value)
		}
	}
	return flags
}
